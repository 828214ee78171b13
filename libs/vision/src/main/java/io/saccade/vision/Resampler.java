package io.saccade.vision;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Pillow's {@code Image.resize} followed by a crop, equal to the bit. Two passes, horizontal first, with the picture
 * between them rounded to 8 bits; a pass that changes nothing is left out; what the crop throws away is never computed,
 * which changes no pixel that stays.
 *
 * <p>The passes are interleaved: of the picture between them only the rows that the next output row needs exist, in a ring.
 * The horizontal pass, where nearly all of the work is, takes as many rows at once as {@link VectorPass} has lanes; without
 * one it takes two: one {@code long} holds a sample of each, one multiplication weighs both, and as every sum fits 32 bits,
 * the halves come apart again exactly.
 *
 * <p>One thread at a time. Buffers grow to what the largest picture needed and are kept.
 */
final class Resampler {
    /** Pillow does the vertical pass first for pictures this many times taller than wide, if their height shrinks. */
    private static final int TALL = 100;

    static final int HALF = 1 << (Kernel.PRECISION - 1);
    private static final long HALVES = (long) HALF << 32 | HALF;

    private final Kernel columns = new Kernel();
    private final Kernel rows = new Kernel();
    private long[] pairs = new long[0];
    private final @Nullable VectorPass vectors;
    private int[] ring = new int[0];
    private byte[] between = new byte[0];
    private byte[] lineA = new byte[0];
    private byte[] lineB = new byte[0];
    private int[] sums = new int[0];

    Resampler() {
        this(VectorSupport.pass().orElse(null));
    }

    /** With the pass that uses the processor's lanes, or without. */
    Resampler(@Nullable VectorPass vectors) {
        this.vectors = vectors;
    }

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

    /** Rows of samples in an array: where they come from, or go to. */
    private interface Source {
        /** Makes two rows ready; {@code b} may be one row after the last, and is then {@code a} again. */
        void read(int a, int b);

        byte[] samples(boolean second);

        int offset(boolean second);
    }

    /**
     * Writes the part {@code target} of the resized picture, in the mode of {@code source}.
     *
     * @param out    receives {@code target.height()} rows of {@code target.width()} pixels
     * @param at     where the first row begins
     * @param stride from the beginning of a row to that of the next
     */
    void resize(Rows source, Target target, Filter filter, byte[] out, int at, int stride) {
        boolean wider = source.width() != target.fullWidth;
        boolean higher = source.height() != target.fullHeight;
        if (!wider && !higher) {
            crop(source, target, out, at, stride);
            return;
        }
        if (!source.mode().averages()) {
            nearest(source.bitmap(), target, out, at, stride);
            return;
        }
        int bands = source.mode().bands();
        var picture = new Picture(source);
        if (wider) {
            columns.prepare(new Kernel.Question(filter, source.width(), target.fullWidth, target.left, target.width));
        }
        if (higher) {
            rows.prepare(new Kernel.Question(filter, source.height(), target.fullHeight, target.top, target.height));
        }
        if (!higher) {
            horizontal(picture, bands, target.top, target.top + target.height, out, at, stride);
        } else if (!wider) {
            both(picture, bands, false, target.left, target.width, out, at, stride);
        } else if (source.height() > (long) source.width() * TALL && target.fullHeight < source.height()) {
            int line = source.width() * bands;
            between = atLeast(between, target.height * line);
            both(picture, bands, false, 0, source.width(), between, 0, line);
            horizontal(new Lines(between, line), bands, 0, target.height, out, at, stride);
        } else {
            both(picture, bands, true, 0, target.width, out, at, stride);
        }
        if (source.mode().hasAlpha()) {
            for (int y = 0; y < target.height; y++) {
                Alpha.unpremultiply(out, at + y * stride, bands, target.width);
            }
        }
    }

    /** The picture itself, converted line by line where it must be. */
    private final class Picture implements Source {
        private final Rows rows;
        private final boolean converted;
        private int a;
        private int b;

        Picture(Rows rows) {
            this.rows = rows;
            this.converted = rows.isConverted(true);
            if (converted) {
                lineA = atLeast(lineA, rows.width() * rows.mode().bands());
                lineB = atLeast(lineB, rows.width() * rows.mode().bands());
            }
        }

        @Override
        public void read(int first, int second) {
            a = first;
            b = second;
            if (converted) {
                rows.convert(first, lineA, true);
                if (second != first) {
                    rows.convert(second, lineB, true);
                }
            }
        }

        @Override
        public byte[] samples(boolean second) {
            return !converted ? rows.bitmap().samples() : second && b != a ? lineB : lineA;
        }

        @Override
        public int offset(boolean second) {
            return converted ? 0 : rows.offset(second ? b : a);
        }
    }

    /** Rows that lie one after the other. */
    private static final class Lines implements Source {
        private final byte[] samples;
        private final int line;
        private int a;
        private int b;

        Lines(byte[] samples, int line) {
            this.samples = samples;
            this.line = line;
        }

        @Override
        public void read(int first, int second) {
            a = first;
            b = second;
        }

        @Override
        public byte[] samples(boolean second) {
            return samples;
        }

        @Override
        public int offset(boolean second) {
            return (second ? b : a) * line;
        }
    }

    private void crop(Rows source, Target target, byte[] out, int at, int stride) {
        int bands = source.mode().bands();
        boolean converted = source.isConverted(false);
        if (converted) {
            lineA = atLeast(lineA, source.width() * bands);
        }
        for (int y = 0; y < target.height; y++) {
            int row = target.top + y;
            byte[] samples = source.bitmap().samples();
            int from = 0;
            if (converted) {
                source.convert(row, lineA, false);
                samples = lineA;
            } else {
                from = source.offset(row);
            }
            System.arraycopy(samples, from + target.left * bands, out, at + y * stride, target.width * bands);
        }
    }

    /**
     * {@code ImagingScaleAffine} of Pillow's {@code Geometry.c}: positions are summed up step by step, not multiplied, so
     * that they round as they do there.
     */
    private static void nearest(Bitmap source, Target target, byte[] out, int at, int stride) {
        int[] columns = positions(source.width(), target.fullWidth, target.left, target.width);
        int[] rows = positions(source.height(), target.fullHeight, target.top, target.height);
        byte[] samples = source.samples();
        for (int y = 0; y < target.height; y++) {
            int row = rows[y] * source.width();
            int to = at + y * stride;
            for (int x = 0; x < target.width; x++) {
                out[to + x] = samples[row + columns[x]];
            }
        }
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

    /** Rows {@code top} up to {@code bottom} of the source, each made as wide as the kernel {@link #columns}. */
    private void horizontal(Source source, int bands, int top, int bottom, byte[] out, int at, int stride) {
        int line = columns.outputs() * bands;
        int group = group();
        ring = atLeast(ring, group * line);
        for (int y = top; y < bottom; y += group) {
            widen(source, bands, y, bottom, group, line);
            for (int row = y; row < Math.min(y + group, bottom); row++) {
                int from = row % group * line;
                int to = at + (row - top) * stride;
                for (int i = 0; i < line; i++) {
                    out[to + i] = (byte) ring[from + i];
                }
            }
        }
    }

    /**
     * The vertical pass over rows that are, before it, made as wide as the kernel {@link #columns}, or only cut.
     *
     * @param wider whether the rows are resized
     * @param left  first column kept of rows that are not
     * @param width pixels in a row of the result
     */
    private void both(Source source, int bands, boolean wider, int left, int width, byte[] out, int at, int stride) {
        int line = width * bands;
        int group = wider ? group() : 1;
        int capacity = rows.longest() + group - 1; // the last of a group may be early
        ring = atLeast(ring, Math.multiplyExact(capacity, line));
        sums = atLeast(sums, line);
        int last = rows.end();
        int next = rows.first(0);
        for (int y = 0; y < rows.outputs(); y++) {
            int needed = rows.first(y) + rows.count(y);
            for (; next < needed; next += group) {
                if (wider) {
                    widen(source, bands, next, last, capacity, line);
                } else {
                    source.read(next, next);
                    cut(source, left * bands, next % capacity * line, line);
                }
            }
            vertical(y, capacity, line, out, at + y * stride);
        }
    }

    private void cut(Source source, int left, int to, int line) {
        byte[] samples = source.samples(false);
        int from = source.offset(false) + left;
        for (int i = 0; i < line; i++) {
            ring[to + i] = samples[from + i] & 0xFF;
        }
    }

    /** One output row, from the ring. */
    private void vertical(int y, int capacity, int line, byte[] out, int to) {
        int[] weights = rows.weights();
        int w = rows.offset(y);
        int row = rows.first(y);
        int end = row + rows.count(y);
        Arrays.fill(sums, 0, line, HALF);
        for (; row + 4 <= end; row += 4, w += 4) {
            add(
                    ring,
                    row % capacity * line,
                    (row + 1) % capacity * line,
                    (row + 2) % capacity * line,
                    (row + 3) % capacity * line,
                    weights[w],
                    weights[w + 1],
                    weights[w + 2],
                    weights[w + 3],
                    sums,
                    line);
        }
        for (; row < end; row++, w++) {
            add(ring, row % capacity * line, weights[w], sums, line);
        }
        for (int i = 0; i < line; i++) {
            out[to + i] = (byte) clip(sums[i]);
        }
    }

    // The ring holds integers, not bytes, so that the compiler makes vectors of these two loops.

    private static void add(
            int[] in, int a, int b, int c, int d, int wa, int wb, int wc, int wd, int[] sums, int line) {
        for (int i = 0; i < line; i++) {
            sums[i] += in[a + i] * wa + in[b + i] * wb + in[c + i] * wc + in[d + i] * wd;
        }
    }

    private static void add(int[] in, int from, int weight, int[] sums, int line) {
        for (int i = 0; i < line; i++) {
            sums[i] += in[from + i] * weight;
        }
    }

    /** How many rows {@link #widen} takes at once. */
    private int group() {
        return vectors == null ? 2 : vectors.rows();
    }

    /**
     * Puts a group of rows into the ring, each made as wide as the kernel {@link #columns}.
     *
     * @param first    the first of them
     * @param last     one after the last there is: the group may be cut short
     * @param capacity rows in the ring
     */
    private void widen(Source source, int bands, int first, int last, int capacity, int line) {
        int base = columns.first(0);
        int length = (columns.end() - base) * bands;
        if (vectors == null) {
            int second = Math.min(first + 1, last - 1);
            source.read(first, second);
            if (pairs.length < length) {
                pairs = new long[length];
            }
            pair(
                    source.samples(false),
                    source.offset(false) + base * bands,
                    source.samples(true),
                    source.offset(true) + base * bands,
                    pairs,
                    length);
            int toA = first % capacity * line;
            int toB = second % capacity * line;
            switch (bands) {
                case 1 -> rows1(pairs, base, columns, ring, toA, toB);
                case 3 -> rows3(pairs, base, columns, ring, toA, toB);
                case 4 -> rows4(pairs, base, columns, ring, toA, toB);
                default -> rowsAny(pairs, base, columns, bands, ring, toA, toB);
            }
            return;
        }
        vectors.prepare(length);
        int rowsThere = Math.min(vectors.rows(), last - first);
        for (int row = 0; row < rowsThere; row += 2) {
            int a = first + row;
            int b = Math.min(a + 1, last - 1);
            source.read(a, b);
            vectors.put(
                    source.samples(false),
                    source.offset(false) + base * bands,
                    source.samples(true),
                    source.offset(true) + base * bands,
                    row,
                    length);
        }
        vectors.run(columns, base, bands);
        for (int row = 0; row < rowsThere; row++) {
            vectors.take(row, ring, (first + row) % capacity * line, line);
        }
    }

    private static void pair(byte[] a, int fromA, byte[] b, int fromB, long[] pairs, int length) {
        for (int i = 0; i < length; i++) {
            pairs[i] = (a[fromA + i] & 0xFFL) | (b[fromB + i] & 0xFFL) << 32;
        }
    }

    private static void rows1(long[] pairs, int base, Kernel kernel, int[] out, int toA, int toB) {
        int[] weights = kernel.weights();
        for (int x = 0; x < kernel.outputs(); x++) {
            int w = kernel.offset(x);
            int from = kernel.first(x) - base;
            int count = kernel.count(x);
            long sum = HALVES;
            for (int i = 0; i < count; i++) {
                sum += pairs[from + i] * weights[w + i];
            }
            out[toA + x] = lower(sum);
            out[toB + x] = upper(sum);
        }
    }

    private static void rows3(long[] pairs, int base, Kernel kernel, int[] out, int toA, int toB) {
        int[] weights = kernel.weights();
        for (int x = 0; x < kernel.outputs(); x++) {
            int w = kernel.offset(x);
            int from = (kernel.first(x) - base) * 3;
            int count = kernel.count(x);
            long red = HALVES;
            long green = HALVES;
            long blue = HALVES;
            for (int i = 0; i < count; i++) {
                long weight = weights[w + i];
                red += pairs[from + 3 * i] * weight;
                green += pairs[from + 3 * i + 1] * weight;
                blue += pairs[from + 3 * i + 2] * weight;
            }
            int a = toA + x * 3;
            out[a] = lower(red);
            out[a + 1] = lower(green);
            out[a + 2] = lower(blue);
            int b = toB + x * 3;
            out[b] = upper(red);
            out[b + 1] = upper(green);
            out[b + 2] = upper(blue);
        }
    }

    private static void rows4(long[] pairs, int base, Kernel kernel, int[] out, int toA, int toB) {
        int[] weights = kernel.weights();
        for (int x = 0; x < kernel.outputs(); x++) {
            int w = kernel.offset(x);
            int from = (kernel.first(x) - base) * 4;
            int count = kernel.count(x);
            long p = HALVES;
            long q = HALVES;
            long r = HALVES;
            long s = HALVES;
            for (int i = 0; i < count; i++) {
                long weight = weights[w + i];
                p += pairs[from + 4 * i] * weight;
                q += pairs[from + 4 * i + 1] * weight;
                r += pairs[from + 4 * i + 2] * weight;
                s += pairs[from + 4 * i + 3] * weight;
            }
            int a = toA + x * 4;
            out[a] = lower(p);
            out[a + 1] = lower(q);
            out[a + 2] = lower(r);
            out[a + 3] = lower(s);
            int b = toB + x * 4;
            out[b] = upper(p);
            out[b + 1] = upper(q);
            out[b + 2] = upper(r);
            out[b + 3] = upper(s);
        }
    }

    private static void rowsAny(long[] pairs, int base, Kernel kernel, int bands, int[] out, int toA, int toB) {
        int[] weights = kernel.weights();
        for (int x = 0; x < kernel.outputs(); x++) {
            int w = kernel.offset(x);
            int from = (kernel.first(x) - base) * bands;
            int count = kernel.count(x);
            for (int band = 0; band < bands; band++) {
                long sum = HALVES;
                for (int i = 0; i < count; i++) {
                    sum += pairs[from + i * bands + band] * weights[w + i];
                }
                out[toA + x * bands + band] = lower(sum);
                out[toB + x * bands + band] = upper(sum);
            }
        }
    }

    /** The result in the lower half of a sum. */
    private static int lower(long sum) {
        return clip((int) sum);
    }

    /** The result in the upper half, which a negative lower half has borrowed from. */
    private static int upper(long sum) {
        return clip((int) ((sum - (int) sum) >> 32));
    }

    private static int clip(int sum) {
        return Math.max(0, Math.min(255, sum >> Kernel.PRECISION));
    }

    private static byte[] atLeast(byte[] buffer, int length) {
        return buffer.length < length ? new byte[length] : buffer;
    }

    private static int[] atLeast(int[] buffer, int length) {
        return buffer.length < length ? new int[length] : buffer;
    }
}
