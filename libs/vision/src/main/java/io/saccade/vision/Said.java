package io.saccade.vision;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the metadata of a file say about its orientation, by Pillow's order: EXIF, and XMP where EXIF is silent. Of both
 * nothing else is read, and nothing is unpacked. For one file.
 */
final class Said {
    /** XMP beyond this is not looked into: cameras write a few kilobytes. */
    private static final int LONGEST_XMP = 1 << 20;

    private static final byte[] XMP_TAG = "tiff:Orientation".getBytes(StandardCharsets.US_ASCII);

    private @Nullable Orientation exif;
    private @Nullable Orientation xmp;

    /** An EXIF block; the first that says anything counts. */
    void exif(byte[] file, int from, int length) {
        if (exif == null) {
            exif = Exif.orientation(file, from, length);
        }
    }

    /** An XMP packet; the last one counts. */
    void xmp(byte[] file, int from, int length) {
        xmp = inXmp(file, from, from + Math.min(length, LONGEST_XMP));
    }

    Orientation orientation() {
        return exif != null ? exif : xmp != null ? xmp : Orientation.NORMAL;
    }

    /** The first match of Pillow's {@code tiff:Orientation(="|>)([0-9])}. */
    private static @Nullable Orientation inXmp(byte[] file, int from, int end) {
        for (int at = from; at + XMP_TAG.length + 2 <= end; at++) {
            if (file[at] != XMP_TAG[0] || !starts(file, at, end, XMP_TAG)) {
                continue;
            }
            int value = at + XMP_TAG.length;
            if (file[value] == '>') {
                value++;
            } else if (file[value] == '=' && file[value + 1] == '"') {
                value += 2;
            } else {
                continue;
            }
            if (value < end && file[value] >= '0' && file[value] <= '9') {
                return Orientation.ofTag(file[value] - '0');
            }
        }
        return null;
    }

    /** Whether {@code text} stands at a place, all of it before {@code end}. */
    static boolean starts(byte[] file, int at, int end, byte[] text) {
        if (at + text.length > end) {
            return false;
        }
        for (int i = 0; i < text.length; i++) {
            if (file[at + i] != text[i]) {
                return false;
            }
        }
        return true;
    }
}
