package io.saccade.fuzz;

/** A file that begins as a PNG. */
public final class PngTarget {
    private PngTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        Pictures.check(Pictures.behind(new int[] {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'}, data));
    }
}
