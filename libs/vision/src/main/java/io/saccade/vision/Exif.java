package io.saccade.vision;

import org.jspecify.annotations.Nullable;

/**
 * Reads one number of an EXIF block, the orientation, and nothing else: places, owners and serial numbers are walked past.
 * Hostile blocks cost at most a few hundred steps; what is wrong with one says nothing.
 */
final class Exif {
    private static final int ORIENTATION = 0x0112;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int MOST_ENTRIES = 512;

    private Exif() {}

    /** The orientation in a block that starts with a TIFF header, with or without {@code Exif\0\0} before it; null for none. */
    static @Nullable Orientation orientation(byte[] file, int from, int length) {
        int start = from;
        int end = from + length;
        if (length >= 6
                && file[from] == 'E'
                && file[from + 1] == 'x'
                && file[from + 2] == 'i'
                && file[from + 3] == 'f') {
            start += 6;
        }
        if (end - start < 8) {
            return null;
        }
        boolean little = file[start] == 'I' && file[start + 1] == 'I';
        boolean big = file[start] == 'M' && file[start + 1] == 'M';
        if (little == big || word(file, start + 2, little) != 42) {
            return null;
        }
        long directory = number(file, start + 4, little);
        if (directory > end - start - 2L) {
            return null;
        }
        int at = start + (int) directory;
        int entries = Math.min(word(file, at, little), MOST_ENTRIES);
        at += 2;
        for (int entry = 0; entry < entries && at + 12 <= end; entry++, at += 12) {
            if (word(file, at, little) == ORIENTATION) {
                int type = word(file, at + 2, little);
                return type == SHORT
                        ? Orientation.ofTag(word(file, at + 8, little))
                        : type == LONG
                                ? Orientation.ofTag((int) Math.min(number(file, at + 8, little), 9))
                                : Orientation.NORMAL;
            }
        }
        return null;
    }

    private static int word(byte[] file, int at, boolean little) {
        int first = file[at] & 0xFF;
        int second = file[at + 1] & 0xFF;
        return little ? second << 8 | first : first << 8 | second;
    }

    private static long number(byte[] file, int at, boolean little) {
        long first = word(file, at, little);
        long second = word(file, at + 2, little);
        return little ? second << 16 | first : first << 16 | second;
    }
}
