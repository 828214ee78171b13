package io.saccade.vision;

/** Which decoders are used where there is a choice: for JPEG and WebP. */
public enum DecoderChoice {
    /** Native libraries where the machine has them and they pass the check at the start; else {@link #JAVA}. */
    AUTO,
    /** Only the JVM's: no memory of the process is at the mercy of a library's defect. Slower. */
    JAVA,
    /** Native libraries; without them there is no start. */
    NATIVE
}
