package io.saccade.fuzz;

/** A file that begins as a TIFF, in the order of bytes that its first byte says. */
public final class TiffTarget {
    private TiffTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        boolean big = data.length > 0 && data[0] == 'M';
        Pictures.check(Pictures.behind(big ? new int[] {'M', 'M', 0, 42} : new int[] {'I', 'I', 42, 0}, data));
    }
}
