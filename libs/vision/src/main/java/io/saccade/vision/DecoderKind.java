package io.saccade.vision;

/** What read a picture. */
public enum DecoderKind {
    /** The JVM: our own code and the JDK's, including the libjpeg the JDK brings. */
    JAVA,
    /** A library of the machine: libjpeg-turbo or libwebp. */
    NATIVE
}
