package io.saccade.fuzz;

/** A file that begins as a JPEG. */
public final class JpegTarget {
    private JpegTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        Pictures.check(Pictures.behind(new int[] {0xFF, 0xD8, 0xFF}, data));
    }
}
