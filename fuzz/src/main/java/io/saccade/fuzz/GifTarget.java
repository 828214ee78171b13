package io.saccade.fuzz;

/** A file that begins as a GIF. */
public final class GifTarget {
    private GifTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        Pictures.check(Pictures.behind(new int[] {'G', 'I', 'F', '8', '9', 'a'}, data));
    }
}
