package io.saccade.vision;

import java.util.Arrays;

/**
 * Pillow's {@code Image.resize} followed by a crop, equal to the bit. Two passes, horizontal first, with the picture
 * between them rounded to 8 bits; a pass that changes nothing is left out; what the crop throws away is never computed,
 * which changes no pixel that stays.
 */
final class Resampler {
    /** Pillow does the vertical pass first for pictures this many times taller than wide, if their height shrinks. */
    private static final int TALL = 100;

    private static final int HALF = 1 << (Kernel.PRECISION - 1);

    /**
     * Part of a picture after resizing.
     *
     * @param fullWidth  width of the whole resized picture
     * @param fullHeight height of the whole resized picture
     * @param left       first column kept
     * @param top        first row kept
     * @param width      columns kept
     * @param height     rows kept
     */
    record Target(int fullWidth, int fullHeight, int left, int top, int width, int height) {}

    private Resampler() {}

    /** The part {@code target} of the resized picture. The samples of {@code source} are spent. */
    static Bitmap resize(Bitmap source, Target target, Filter filter) {
        boolean wider = source.width() != target.fullWidth;
        boolean higher = source.height() != target.fullHeight;
        if (!wider && !higher) {
            return crop(source, target);
        }
        if (!source.mode().averages()) {
            return nearest(source, target);
        }
        int bands = source.mode().bands();
        boolean weighed = source.mode().hasAlpha();
        if (weighed) {
            Alpha.premultiply(source.samples(), bands);
        }
        Kernel columns = Kernel.of(filter, source.width(), target.fullWidth, target.left, target.width);
        Kernel rows = Kernel.of(filter, source.height(), target.fullHeight, target.top, target.height);
        boolean tall = source.height() > (long) source.width() * TALL && target.fullHeight < source.height();
        byte[] samples = source.samples();
        if (!wider) {
            samples = crop(vertical(samples, source.width() * bands, rows), source.width(), bands, target.left, target);
        } else if (!higher) {
            samples = horizontal(samples, source.width(), bands, columns, target.top, target.top + target.height);
        } else if (tall) {
            samples = vertical(samples, source.width() * bands, rows);
            samples = horizontal(samples, source.width(), bands, columns, 0, target.height);
        } else {
            int top = rows.first(0);
            samples = horizontal(samples, source.width(), bands, columns, top, rows.end());
            samples = vertical(samples, target.width * bands, rows, top);
        }
        if (weighed) {
            Alpha.unpremultiply(samples, bands);
        }
        return source.like(target.width, target.height, samples);
    }

    private static Bitmap crop(Bitmap source, Target target) {
        int bands = source.mode().bands();
        byte[] kept = new byte[target.width * target.height * bands];
        for (int y = 0; y < target.height; y++) {
            System.arraycopy(
                    source.samples(),
                    ((target.top + y) * source.width() + target.left) * bands,
                    kept,
                    y * target.width * bands,
                    target.width * bands);
        }
        return source.like(target.width, target.height, kept);
    }

    private static byte[] crop(byte[] rows, int width, int bands, int left, Target target) {
        byte[] kept = new byte[target.width * target.height * bands];
        for (int y = 0; y < target.height; y++) {
            System.arraycopy(rows, (y * width + left) * bands, kept, y * target.width * bands, target.width * bands);
        }
        return kept;
    }

    /**
     * {@code ImagingScaleAffine} of Pillow's {@code Geometry.c}: positions are summed up step by step, not multiplied, so
     * that they round as they do there.
     */
    private static Bitmap nearest(Bitmap source, Target target) {
        int[] columns = positions(source.width(), target.fullWidth, target.left, target.width);
        int[] rows = positions(source.height(), target.fullHeight, target.top, target.height);
        byte[] samples = source.samples();
        byte[] out = new byte[target.width * target.height];
        for (int y = 0, to = 0; y < target.height; y++) {
            int row = rows[y] * source.width();
            for (int x = 0; x < target.width; x++) {
                out[to++] = samples[row + columns[x]];
            }
        }
        return source.like(target.width, target.height, out);
    }

    private static int[] positions(int in, int full, int from, int outputs) {
        double step = (double) in / full;
        double at = step * 0.5;
        int[] positions = new int[outputs];
        for (int i = 0; i < from + outputs; i++, at += step) {
            if (i >= from) {
                positions[i - from] = Math.min((int) at, in - 1);
            }
        }
        return positions;
    }

    /** Rows {@code top} up to {@code bottom} of the source, each made as wide as the kernel. */
    private static byte[] horizontal(byte[] in, int width, int bands, Kernel kernel, int top, int bottom) {
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(bottom - top, kernel.outputs()), bands)];
        int stride = width * bands;
        int to = 0;
        for (int y = top; y < bottom; y++) {
            switch (bands) {
                case 1 -> row1(in, y * stride, out, to, kernel);
                case 3 -> row3(in, y * stride, out, to, kernel);
                case 4 -> row4(in, y * stride, out, to, kernel);
                default -> rowAny(in, y * stride, out, to, kernel, bands);
            }
            to += kernel.outputs() * bands;
        }
        return out;
    }

    private static void row1(byte[] in, int row, byte[] out, int start, Kernel kernel) {
        int[] weights = kernel.weights();
        for (int x = 0, to = start; x < kernel.outputs(); x++, to++) {
            int w = kernel.offset(x);
            int from = row + kernel.first(x);
            int end = from + kernel.count(x);
            int sum = HALF;
            while (from < end) {
                sum += (in[from++] & 0xFF) * weights[w++];
            }
            out[to] = clip(sum);
        }
    }

    private static void row3(byte[] in, int row, byte[] out, int start, Kernel kernel) {
        int[] weights = kernel.weights();
        for (int x = 0, to = start; x < kernel.outputs(); x++, to += 3) {
            int w = kernel.offset(x);
            int from = row + kernel.first(x) * 3;
            int end = from + kernel.count(x) * 3;
            int red = HALF;
            int green = HALF;
            int blue = HALF;
            for (; from < end; from += 3) {
                int weight = weights[w++];
                red += (in[from] & 0xFF) * weight;
                green += (in[from + 1] & 0xFF) * weight;
                blue += (in[from + 2] & 0xFF) * weight;
            }
            out[to] = clip(red);
            out[to + 1] = clip(green);
            out[to + 2] = clip(blue);
        }
    }

    private static void row4(byte[] in, int row, byte[] out, int start, Kernel kernel) {
        int[] weights = kernel.weights();
        for (int x = 0, to = start; x < kernel.outputs(); x++, to += 4) {
            int w = kernel.offset(x);
            int from = row + kernel.first(x) * 4;
            int end = from + kernel.count(x) * 4;
            int a = HALF;
            int b = HALF;
            int c = HALF;
            int d = HALF;
            for (; from < end; from += 4) {
                int weight = weights[w++];
                a += (in[from] & 0xFF) * weight;
                b += (in[from + 1] & 0xFF) * weight;
                c += (in[from + 2] & 0xFF) * weight;
                d += (in[from + 3] & 0xFF) * weight;
            }
            out[to] = clip(a);
            out[to + 1] = clip(b);
            out[to + 2] = clip(c);
            out[to + 3] = clip(d);
        }
    }

    private static void rowAny(byte[] in, int row, byte[] out, int start, Kernel kernel, int bands) {
        int[] weights = kernel.weights();
        for (int x = 0, to = start; x < kernel.outputs(); x++) {
            for (int band = 0; band < bands; band++, to++) {
                int w = kernel.offset(x);
                int from = row + kernel.first(x) * bands + band;
                int sum = HALF;
                for (int n = kernel.count(x); n > 0; n--, from += bands) {
                    sum += (in[from] & 0xFF) * weights[w++];
                }
                out[to] = clip(sum);
            }
        }
    }

    private static byte[] vertical(byte[] in, int stride, Kernel kernel) {
        return vertical(in, stride, kernel, 0);
    }

    /** All samples of a row at once, so that the inner loop runs over neighbours and is compiled to vectors. */
    private static byte[] vertical(byte[] in, int stride, Kernel kernel, int firstRow) {
        byte[] out = new byte[Math.multiplyExact(kernel.outputs(), stride)];
        int[] sums = new int[stride];
        int[] weights = kernel.weights();
        for (int y = 0; y < kernel.outputs(); y++) {
            Arrays.fill(sums, HALF);
            int w = kernel.offset(y);
            int from = (kernel.first(y) - firstRow) * stride;
            for (int n = kernel.count(y); n > 0; n--, from += stride) {
                accumulate(in, from, sums, weights[w++]);
            }
            int to = y * stride;
            for (int i = 0; i < stride; i++) {
                out[to + i] = clip(sums[i]);
            }
        }
        return out;
    }

    private static void accumulate(byte[] in, int from, int[] sums, int weight) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += (in[from + i] & 0xFF) * weight;
        }
    }

    private static byte clip(int sum) {
        return (byte) Math.clamp(sum >> Kernel.PRECISION, 0, 255);
    }
}
