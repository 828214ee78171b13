package io.saccade.vision;

/**
 * A colour that fills what a picture leaves empty.
 *
 * @param red   0 to 255
 * @param green 0 to 255
 * @param blue  0 to 255
 */
public record Colour(int red, int green, int blue) {
    /** 0, 0, 0. */
    public static final Colour BLACK = new Colour(0, 0, 0);

    public Colour {
        if (((red | green | blue) & ~0xFF) != 0) {
            throw new IllegalArgumentException(
                    "a colour's parts must be between 0 and 255, got " + red + "," + green + "," + blue);
        }
    }

    /** Writes {@code pixels} RGB triples. */
    void write(byte[] out, int to, int pixels) {
        for (int at = to; at < to + pixels * 3; at += 3) {
            out[at] = (byte) red;
            out[at + 1] = (byte) green;
            out[at + 2] = (byte) blue;
        }
    }
}
