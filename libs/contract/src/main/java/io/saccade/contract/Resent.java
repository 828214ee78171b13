package io.saccade.contract;

/** Headers of a request that is sent again: key, value and the other headers are those of the original. */
public final class Resent {

    /** Where the original lies, as {@code topic/partition/offset}; a copy of a copy names the original. */
    public static final String COPY_OF = "saccade-copy-of";
    /** The id of the dead letter that was sent back. */
    public static final String REDRIVEN = "saccade-redriven";
    /** Present when the stages are to answer even what they have just answered. */
    public static final String AGAIN = "saccade-again";

    private Resent() {}

    /** What {@link #COPY_OF} says of a record. */
    public static String origin(String topic, int partition, long offset) {
        return topic + "/" + partition + "/" + offset;
    }
}
