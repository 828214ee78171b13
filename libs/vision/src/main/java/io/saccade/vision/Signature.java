package io.saccade.vision;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Which format a file has, by its first bytes; never by a name or a content type, which anyone can write. */
sealed interface Signature {

    record Readable(ImageFormat format) implements Signature {}

    /** A format that is not read, in words for the message. */
    record Foreign(String name) implements Signature {}

    static Signature of(byte[] file) {
        for (Map.Entry<String, ImageFormat> magic : READABLE.entrySet()) {
            if (starts(file, 0, magic.getKey())) {
                return new Readable(magic.getValue());
            }
        }
        if (starts(file, 0, "RIFF") && starts(file, 8, "WEBP")) {
            return new Readable(ImageFormat.WEBP);
        }
        return new Foreign(foreign(file));
    }

    private static String foreign(byte[] file) {
        if (starts(file, 4, "ftyp")) {
            String brand = file.length < 12 ? "" : new String(file, 8, 4, StandardCharsets.ISO_8859_1);
            return switch (brand) {
                case "avif", "avis" -> "AVIF";
                case "heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1" -> "HEIC";
                default -> "a video or other ISO media file";
            };
        }
        for (Map.Entry<String, String> magic : MAGIC.entrySet()) {
            if (starts(file, 0, magic.getKey())) {
                return magic.getValue();
            }
        }
        return "an unknown format of " + file.length + " bytes";
    }

    /** How the formats begin that are read; WebP begins with a length. */
    Map<String, ImageFormat> READABLE = Map.of(
            "\u00ff\u00d8\u00ff", ImageFormat.JPEG,
            "\u0089PNG\r\n\u001a\n", ImageFormat.PNG,
            "GIF87a", ImageFormat.GIF,
            "GIF89a", ImageFormat.GIF,
            "BM", ImageFormat.BMP,
            "II*\0", ImageFormat.TIFF,
            "MM\0*", ImageFormat.TIFF);

    /** The formats people send although nobody asked for them. */
    Map<String, String> MAGIC = Map.ofEntries(
            Map.entry("II+\0", "BigTIFF"),
            Map.entry("MM\0+", "BigTIFF"),
            Map.entry("\0\0\1\0", "an icon (ICO)"),
            Map.entry("\0\0\0\fjP  ", "JPEG 2000"),
            Map.entry("\u00ff\u004f\u00ff\u0051", "JPEG 2000"),
            Map.entry("\u00ff\n", "JPEG XL"),
            Map.entry("\0\0\0\fJXL ", "JPEG XL"),
            Map.entry("8BPS", "a Photoshop document"),
            Map.entry("%PDF", "PDF"),
            Map.entry("<svg", "SVG"),
            Map.entry("<?xml", "XML or SVG"),
            Map.entry("<!DOCTYPE", "HTML"),
            Map.entry("<html", "HTML"));

    private static boolean starts(byte[] file, int at, String magic) {
        if (file.length < at + magic.length()) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            if ((file[at + i] & 0xFF) != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
