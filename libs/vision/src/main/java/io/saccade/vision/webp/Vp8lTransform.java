package io.saccade.vision.webp;

/**
 * What an encoder did to a lossless picture to make it smaller, and how it is undone (RFC 9649, section 3.5), in place and row
 * by row.
 */
sealed interface Vp8lTransform {

    /**
     * Undoes it.
     *
     * @param pixels {@code [height][width]} ARGB at the beginning of an array with room for the whole picture
     * @param pause  called for each row; what it throws ends the work
     */
    void undo(int[] pixels, int height, Runnable pause);

    /** How many tiles an edge takes. */
    private static int tiles(int width, int bits) {
        return (width + (1 << bits) - 1) >> bits;
    }

    /** Pixels are what a prediction from their neighbours lacks; each tile has its own of fourteen predictions. */
    final class Predict implements Vp8lTransform {
        private final int width;
        private final int bits;
        private final int[] modes;

        /**
         * @param width of the picture at this step
         * @param bits  logarithm of the tiles' edge
         * @param modes one for each tile, in its green
         */
        Predict(int width, int bits, int[] modes) {
            this.width = width;
            this.bits = bits;
            this.modes = modes;
        }

        @Override
        public void undo(int[] pixels, int height, Runnable pause) {
            pixels[0] = Argb.add(pixels[0], Argb.BLACK);
            for (int x = 1; x < width; x++) {
                pixels[x] = Argb.add(pixels[x], pixels[x - 1]);
            }
            int tiles = tiles(width, bits);
            for (int y = 1; y < height; y++) {
                pause.run();
                int row = y * width;
                pixels[row] = Argb.add(pixels[row], pixels[row - width]);
                int tile = (y >> bits) * tiles;
                int x = 1;
                while (x < width) {
                    int end = Math.min(width, ((x >> bits) + 1) << bits);
                    run(modes[tile + (x >> bits)] >>> 8 & 0xF, pixels, row + x, row + end, width);
                    x = end;
                }
            }
        }

        private static void run(int mode, int[] p, int from, int end, int width) {
            for (int i = from; i < end; i++) {
                int left = p[i - 1];
                int above = i - width;
                int prediction =
                        switch (mode) {
                            case 1 -> left;
                            case 2 -> p[above];
                            case 3 -> p[above + 1];
                            case 4 -> p[above - 1];
                            case 5 -> Argb.average(Argb.average(left, p[above + 1]), p[above]);
                            case 6 -> Argb.average(left, p[above - 1]);
                            case 7 -> Argb.average(left, p[above]);
                            case 8 -> Argb.average(p[above - 1], p[above]);
                            case 9 -> Argb.average(p[above], p[above + 1]);
                            case 10 ->
                                Argb.average(Argb.average(left, p[above - 1]), Argb.average(p[above], p[above + 1]));
                            case 11 -> Argb.select(left, p[above], p[above - 1]);
                            case 12 -> Argb.gradient(left, p[above], p[above - 1]);
                            case 13 -> Argb.halfGradient(left, p[above], p[above - 1]);
                            default -> Argb.BLACK;
                        };
                p[i] = Argb.add(p[i], prediction);
            }
        }
    }

    /** Red and blue are what a multiple of green, and blue one of red, lacks; each tile has its own factors. */
    final class CrossColour implements Vp8lTransform {
        private final int width;
        private final int bits;
        private final int[] factors;

        /**
         * @param width   of the picture at this step
         * @param bits    logarithm of the tiles' edge
         * @param factors for each tile, green to red in its blue, green to blue in its green, red to blue in its red
         */
        CrossColour(int width, int bits, int[] factors) {
            this.width = width;
            this.bits = bits;
            this.factors = factors;
        }

        @Override
        public void undo(int[] pixels, int height, Runnable pause) {
            int tiles = tiles(width, bits);
            for (int y = 0; y < height; y++) {
                pause.run();
                for (int x = 0; x < width; x++) {
                    int factor = factors[(y >> bits) * tiles + (x >> bits)];
                    int argb = pixels[y * width + x];
                    int green = (byte) (argb >> 8);
                    int red = (argb >> 16) + share(factor, green) & 0xFF;
                    int blue = argb + share(factor >> 8, green) + share(factor >> 16, red) & 0xFF;
                    pixels[y * width + x] = (argb & 0xFF00FF00) | red << 16 | blue;
                }
            }
        }

        private static int share(int factor, int colour) {
            return ((byte) factor * (byte) colour) >> 5;
        }
    }

    /**
     * Green was taken away from red and blue.
     *
     * @param width of the picture at this step
     */
    record AddGreen(int width) implements Vp8lTransform {
        @Override
        public void undo(int[] pixels, int height, Runnable pause) {
            pause.run();
            for (int i = 0; i < width * height; i++) {
                int green = pixels[i] >>> 8 & 0xFF;
                pixels[i] = Argb.add(pixels[i], green << 16 | green);
            }
        }
    }

    /** Pixels are places in a palette, in green; of up to 16 colours two, four or eight lie in one pixel. */
    final class Palette implements Vp8lTransform {
        private final int width;
        private final int bits;
        private final int[] palette;

        /**
         * @param width   of the picture after it is undone
         * @param bits    logarithm of how many lie in one
         * @param palette as many as can be told apart, black and transparent where none is said
         */
        Palette(int width, int bits, int[] palette) {
            this.width = width;
            this.bits = bits;
            this.palette = palette;
        }

        int bits() {
            return bits;
        }

        @Override
        public void undo(int[] pixels, int height, Runnable pause) {
            int packed = tiles(width, bits);
            int length = 8 >> bits;
            int mask = (1 << length) - 1;
            // Backwards, for the picture grows over its own data.
            for (int y = height - 1; y >= 0; y--) {
                pause.run();
                for (int x = width - 1; x >= 0; x--) {
                    int green = pixels[y * packed + (x >> bits)] >>> 8 & 0xFF;
                    pixels[y * width + x] = palette[green >> ((x & (1 << bits) - 1) * length) & mask];
                }
            }
        }
    }
}
