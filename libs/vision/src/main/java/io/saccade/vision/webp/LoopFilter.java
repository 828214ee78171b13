package io.saccade.vision.webp;

/**
 * The loop filters (RFC 6386, section 15), which smooth the edges between and within macroblocks. All work in place on rows
 * of pixels: an edge runs from {@code at} in steps of {@code along}, and is crossed in steps of {@code across}.
 */
final class LoopFilter {
    private LoopFilter() {}

    /** Section 15.2. */
    static void simple(byte[] pixels, int at, int across, int along, int length, int limit) {
        int bound = 2 * limit + 1;
        for (int i = 0, p = at; i < length; i++, p += along) {
            int p1 = pixels[p - 2 * across] & 0xFF;
            int p0 = pixels[p - across] & 0xFF;
            int q0 = pixels[p] & 0xFF;
            int q1 = pixels[p + across] & 0xFF;
            if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) <= bound) {
                common(pixels, p, across, p0, q0, clip(p1 - q1));
            }
        }
    }

    /** Section 15.3: edges of macroblocks, smoothed three pixels deep. */
    static void macroblock(byte[] pixels, int at, int across, int along, int length, FrameHeader.Smoothing smoothing) {
        int bound = 2 * (smoothing.limit() + 4) + 1;
        int interior = smoothing.interior();
        int variance = smoothing.variance();
        for (int i = 0, p = at; i < length; i++, p += along) {
            int p1 = pixels[p - 2 * across] & 0xFF;
            int p0 = pixels[p - across] & 0xFF;
            int q0 = pixels[p] & 0xFF;
            int q1 = pixels[p + across] & 0xFF;
            if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) > bound
                    || isUneven(pixels, p, across, interior, p1, p0, q0, q1)) {
                continue;
            }
            int outer = clip(p1 - q1);
            if (Math.abs(p1 - p0) > variance || Math.abs(q1 - q0) > variance) {
                common(pixels, p, across, p0, q0, outer);
            } else {
                int w = clip(outer + 3 * (q0 - p0));
                int a = (27 * w + 63) >> 7;
                pixels[p - across] = Transform.clip(p0 + a);
                pixels[p] = Transform.clip(q0 - a);
                a = (18 * w + 63) >> 7;
                pixels[p - 2 * across] = Transform.clip(p1 + a);
                pixels[p + across] = Transform.clip(q1 - a);
                a = (9 * w + 63) >> 7;
                pixels[p - 3 * across] = Transform.clip((pixels[p - 3 * across] & 0xFF) + a);
                pixels[p + 2 * across] = Transform.clip((pixels[p + 2 * across] & 0xFF) - a);
            }
        }
    }

    /** Section 15.3: edges of 4x4 blocks within a macroblock, smoothed two pixels deep. */
    static void block(byte[] pixels, int at, int across, int along, int length, FrameHeader.Smoothing smoothing) {
        int bound = 2 * smoothing.limit() + 1;
        int interior = smoothing.interior();
        int variance = smoothing.variance();
        for (int i = 0, p = at; i < length; i++, p += along) {
            int p1 = pixels[p - 2 * across] & 0xFF;
            int p0 = pixels[p - across] & 0xFF;
            int q0 = pixels[p] & 0xFF;
            int q1 = pixels[p + across] & 0xFF;
            if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) > bound
                    || isUneven(pixels, p, across, interior, p1, p0, q0, q1)) {
                continue;
            }
            if (Math.abs(p1 - p0) > variance || Math.abs(q1 - q0) > variance) {
                common(pixels, p, across, p0, q0, clip(p1 - q1));
            } else {
                int a = (common(pixels, p, across, p0, q0, 0) + 1) >> 1;
                pixels[p - 2 * across] = Transform.clip(p1 + a);
                pixels[p + across] = Transform.clip(q1 - a);
            }
        }
    }

    /** Whether pixels on one side differ by more than they may. */
    private static boolean isUneven(byte[] pixels, int p, int across, int interior, int p1, int p0, int q0, int q1) {
        int p2 = pixels[p - 3 * across] & 0xFF;
        int q2 = pixels[p + 2 * across] & 0xFF;
        return Math.abs(p1 - p0) > interior
                || Math.abs(q1 - q0) > interior
                || Math.abs(p2 - p1) > interior
                || Math.abs(q2 - q1) > interior
                || Math.abs((pixels[p - 4 * across] & 0xFF) - p2) > interior
                || Math.abs((pixels[p + 3 * across] & 0xFF) - q2) > interior;
    }

    /** Moves the two pixels at the edge towards each other and says by how much the right one moved. */
    private static int common(byte[] pixels, int p, int across, int p0, int q0, int outer) {
        int a = clip(outer + 3 * (q0 - p0));
        int right = Math.min(a + 4, 127) >> 3;
        int left = Math.min(a + 3, 127) >> 3;
        pixels[p - across] = Transform.clip(p0 + left);
        pixels[p] = Transform.clip(q0 - right);
        return right;
    }

    private static int clip(int value) {
        return Math.max(-128, Math.min(127, value));
    }
}
