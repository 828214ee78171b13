package io.saccade.fuzz;

/** A file that begins as a WebP: the signature, a size that is whatever the data say, and the format's name. */
public final class WebpTarget {
    private WebpTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        byte[] file = Pictures.behind(new int[] {'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'E', 'B', 'P'}, data);
        if (data.length >= 8) {
            System.arraycopy(data, 4, file, 4, 4);
        }
        Pictures.check(file);
    }
}
