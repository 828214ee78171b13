package io.saccade.fuzz;

/** A file that begins as a BMP. */
public final class BmpTarget {
    private BmpTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        Pictures.check(Pictures.behind(new int[] {'B', 'M'}, data));
    }
}
