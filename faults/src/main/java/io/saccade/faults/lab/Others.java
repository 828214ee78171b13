package io.saccade.faults.lab;

/** What can be among good images, or how they come. */
public enum Others {
    /** Nothing. */
    NONE,
    /** Records that are no events, or none that can be processed. */
    POISON,
    /** Pictures that are broken, cut off, huge, or none at all, in events that are well made. */
    BROKEN_PICTURES,
    /** Good images come by address from a host that answers well; others from one that does not. */
    HOSTED
}
