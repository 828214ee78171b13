package io.saccade.fuzz;

/** Any bytes as a picture: what it is, is found from them. */
public final class SniffTarget {
    private SniffTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        Pictures.check(data);
    }
}
