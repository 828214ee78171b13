package io.saccade.fuzz;

/** A file that begins as a WebP, whose size is that of the data. */
public final class WebpTarget {
    private static final int RIFF_HEADER = 12;

    private WebpTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        int size = Math.max(data.length, RIFF_HEADER) - 8;
        Pictures.check(Pictures.behind(
                new int[] {'R', 'I', 'F', 'F', size, size >> 8, size >> 16, size >> 24, 'W', 'E', 'B', 'P'}, data));
    }
}
