package io.saccade.vision;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Files that are small, and would be large or endless if somebody unpacked what they promise. */
final class Bombs {
    private static final int EIGHT_MEGABYTES = 8 << 20;

    private Bombs() {}

    /** Those that must be refused, by name, with the code. */
    static Map<String, Bomb> refused() {
        Map<String, Bomb> all = new LinkedHashMap<>();
        all.put("png-side", new Bomb("image.side_too_long", png(100_000, 100_000, 8, 2, new byte[0])));
        all.put(
                "png-most-there-is",
                new Bomb("image.side_too_long", png(Integer.MAX_VALUE, Integer.MAX_VALUE, 16, 6, new byte[0])));
        all.put("png-negative", new Bomb("image.side_too_long", png(-1, -1, 8, 2, new byte[0])));
        all.put("png-area", new Bomb("image.too_many_pixels", png(16_000, 16_000, 16, 6, deflated(EIGHT_MEGABYTES))));
        all.put("png-narrow", new Bomb("image.too_narrow", png(1, 16_000, 8, 0, deflated(32_000))));
        all.put("png-hollow", new Bomb("image.truncated", png(7_000, 7_000, 8, 2, deflated(100))));
        all.put("png-hollow-interlaced", new Bomb("image.truncated", interlaced(7_000, 7_000, deflated(100))));
        all.put("png-pieces", new Bomb("image.too_complex", pieces()));
        all.put(
                "png-text-and-no-pixels",
                new Bomb("image.broken", join(png(), chunk("IHDR", header(8, 8, 8, 2, 0)), text(), chunk("IEND"))));
        all.put("gif-screen", new Bomb("image.side_too_long", gif(65_535, 65_535, 1, 1)));
        all.put("gif-frame", new Bomb("image.too_many_pixels", gif(1, 1, 16_000, 16_000)));
        all.put("gif-hollow", new Bomb("image.truncated", gif(7_000, 7_000, 7_000, 7_000)));
        all.put("gif-endless-extensions", new Bomb("image.truncated", endlessExtensions()));
        all.put("bmp-side", new Bomb("image.side_too_long", bmp(1_000_000, 1_000_000, 24, 0)));
        all.put("bmp-area", new Bomb("image.too_many_pixels", bmp(16_000, -16_000, 1, 0)));
        all.put("bmp-hollow", new Bomb("image.truncated", bmp(7_000, 7_000, 24, 0)));
        all.put("bmp-run-lengths", new Bomb("image.too_many_pixels", bmp(16_000, 16_000, 8, 1)));
        all.put("bmp-colours", new Bomb("image.broken", colours()));
        all.put("tiff-side", new Bomb("image.side_too_long", tiff(1, 4_000_000, 4_000_000, 4_000_000, 1)));
        all.put("tiff-area", new Bomb("image.too_many_pixels", tiff(8, 16_000, 16_000, 16_000, 1)));
        all.put("tiff-hollow", new Bomb("image.truncated", tiff(1, 7_000, 7_000, 7_000, 1)));
        all.put("tiff-hollow-deflate", new Bomb("image.truncated", tiff(8, 7_000, 7_000, 7_000, 1)));
        all.put("tiff-hollow-runs", new Bomb("image.truncated", tiff(32773, 7_000, 7_000, 7_000, 1)));
        all.put("tiff-strips", new Bomb("image.truncated", tiff(1, 700, 16_000, 1, 16_000)));
        all.put("tiff-tiles", new Bomb("image.too_complex", tiles()));
        all.put("tiff-directory-loop", new Bomb("image.broken", loop()));
        all.put("tiff-entries", new Bomb("image.too_complex", entries()));
        all.put("webp-canvas", new Bomb("image.side_too_long", webp(1 << 24, 1 << 24)));
        all.put("webp-canvas-area", new Bomb("image.too_many_pixels", webp(16_000, 16_000)));
        all.put("webp-lossless", new Bomb("image.too_many_pixels", lossless(16_000, 16_000)));
        all.put("webp-chunks", new Bomb("image.broken", chunks()));
        all.put("jpeg-side", new Bomb("image.side_too_long", jpeg(0xC2, 65_500, 65_500, 100)));
        all.put("jpeg-area", new Bomb("image.too_many_pixels", jpeg(0xC0, 16_000, 16_000, 1)));
        all.put("jpeg-scans", new Bomb("image.too_complex", jpeg(0xC2, 512, 512, 5_000)));
        all.put("jpeg-work", new Bomb("image.too_complex", jpeg(0xC2, 7_000, 7_000, 60)));
        all.put("jpeg-hollow", new Bomb("image.truncated", jpeg(0xC0, 7_000, 7_000, 1)));
        all.put("jpeg-hollow-progressive", new Bomb("image.truncated", jpeg(0xC2, 7_000, 7_000, 10)));
        all.put("jpeg-no-lines", new Bomb("image.broken", jpeg(0xC0, 8, 0, 1)));
        all.put("jpeg-tables", new Bomb("image.too_complex", tables()));
        all.put("nothing-but-zeros", new Bomb("image.unsupported_format", new byte[EIGHT_MEGABYTES]));
        return all;
    }

    /** Those whose pixels are sound and few; what else they hold must stay packed. */
    static Map<String, byte[]> harmless() {
        byte[] rows = new byte[64 * (1 + 64 * 3)];
        byte[] pixels = deflated(rows);
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put("png-more-than-needed", png(64, 64, 8, 2, deflated(256 << 20)));
        all.put(
                "png-texts",
                join(
                        png(),
                        chunk("IHDR", header(64, 64, 8, 2, 0)),
                        text(),
                        text(),
                        text(),
                        chunk("IDAT", pixels),
                        chunk("IEND")));
        all.put(
                "png-profile",
                join(
                        png(),
                        chunk("IHDR", header(64, 64, 8, 2, 0)),
                        chunk("iCCP", join("p\0\0".getBytes(StandardCharsets.US_ASCII), deflated(64 << 20))),
                        chunk("IDAT", pixels),
                        chunk("IEND")));
        all.put("jpeg-comments", withSegments(0xFE, 200));
        all.put("jpeg-profiles", withSegments(0xE2, 200));
        all.put("jpeg-lines-again", withSegments(0xDC, 5_000));
        all.put("gif-frames", frames());
        return all;
    }

    /** A file, and what it is refused with. */
    @SuppressWarnings("ArrayRecordComponent")
    record Bomb(String code, byte[] file) {}

    private static byte[] join(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] deflated(int zeros) {
        var deflater = new Deflater(9);
        var out = new ByteArrayOutputStream();
        var in = new byte[1 << 20];
        var buffer = new byte[1 << 16];
        int left = zeros;
        while (!deflater.finished()) {
            if (deflater.needsInput() && left > 0) {
                deflater.setInput(in, 0, Math.min(left, in.length));
                left -= Math.min(left, in.length);
            }
            if (left == 0) {
                deflater.finish();
            }
            out.write(buffer, 0, deflater.deflate(buffer));
        }
        deflater.end();
        return out.toByteArray();
    }

    private static byte[] deflated(byte[] bytes) {
        var deflater = new Deflater();
        deflater.setInput(bytes);
        deflater.finish();
        var buffer = new byte[bytes.length + 64];
        int length = deflater.deflate(buffer);
        deflater.end();
        return Arrays.copyOf(buffer, length);
    }

    // --- PNG

    private static byte[] png() {
        return new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    }

    static byte[] chunk(String name, byte[]... parts) {
        byte[] body = join(parts);
        byte[] named = join(name.getBytes(StandardCharsets.US_ASCII), body);
        var crc = new CRC32();
        crc.update(named);
        return join(big(body.length), named, big((int) crc.getValue()));
    }

    private static byte[] header(int width, int height, int depth, int colours, int interlace) {
        return join(big(width), big(height), new byte[] {(byte) depth, (byte) colours, 0, 0, (byte) interlace});
    }

    private static byte[] png(int width, int height, int depth, int colours, byte[] pixels) {
        return join(
                png(), chunk("IHDR", header(width, height, depth, colours, 0)), chunk("IDAT", pixels), chunk("IEND"));
    }

    private static byte[] interlaced(int width, int height, byte[] pixels) {
        return join(png(), chunk("IHDR", header(width, height, 8, 2, 1)), chunk("IDAT", pixels), chunk("IEND"));
    }

    private static byte[] pieces() {
        byte[] one = chunk("IDAT", new byte[1]);
        byte[] all = new byte[one.length * 260_000];
        for (int i = 0; i < all.length; i += one.length) {
            System.arraycopy(one, 0, all, i, one.length);
        }
        return join(png(), chunk("IHDR", header(64, 64, 8, 2, 0)), all, chunk("IEND"));
    }

    /** 64 MB of text in 64 KB. */
    private static byte[] text() {
        return chunk("zTXt", "note\0\0".getBytes(StandardCharsets.US_ASCII), deflated(64 << 20));
    }

    private static byte[] big(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    // --- GIF

    private static byte[] gif(int screenWidth, int screenHeight, int width, int height) {
        return join(
                "GIF89a".getBytes(StandardCharsets.US_ASCII),
                little(2, screenWidth, screenHeight),
                new byte[3],
                new byte[] {','},
                little(2, 0, 0, width, height),
                new byte[] {0, 8, 1, 0, 0, ';'});
    }

    private static byte[] endlessExtensions() {
        var file = new byte[1 << 20];
        byte[] start = join("GIF89a".getBytes(StandardCharsets.US_ASCII), little(2, 8, 8), new byte[3]);
        System.arraycopy(start, 0, file, 0, start.length);
        for (int at = start.length; at + 4 <= file.length; at += 4) {
            file[at] = '!';
            file[at + 1] = (byte) 0xFE;
            file[at + 2] = 0;
            file[at + 3] = 0;
        }
        return file;
    }

    /** 20,000 frames of one pixel. */
    private static byte[] frames() {
        byte[] frame = join(new byte[] {','}, little(2, 0, 0, 1, 1), new byte[] {0, 2, 2, 0x44, 1, 0});
        var out = new ByteArrayOutputStream();
        out.writeBytes("GIF89a".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(little(2, 1, 1));
        out.writeBytes(new byte[3]);
        for (int i = 0; i < 20_000; i++) {
            out.writeBytes(frame);
        }
        out.write(';');
        return out.toByteArray();
    }

    private static byte[] little(int size, int... numbers) {
        var buffer = ByteBuffer.allocate(size * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int number : numbers) {
            if (size == 2) {
                buffer.putShort((short) number);
            } else {
                buffer.putInt(number);
            }
        }
        return buffer.array();
    }

    // --- BMP

    private static byte[] bmp(int width, int height, int bits, int compression) {
        return join(
                "BM".getBytes(StandardCharsets.US_ASCII),
                little(4, 100, 0, 54 + (bits <= 8 ? 8 : 0), 40, width, height),
                little(2, 1, bits),
                little(4, compression, 0, 0, 0, bits <= 8 ? 2 : 0, 0),
                new byte[40]);
    }

    private static byte[] colours() {
        return join(
                "BM".getBytes(StandardCharsets.US_ASCII),
                little(4, 100, 0, 54, 40, 8, 8),
                little(2, 1, 8),
                little(4, 0, 0, 0, 0, 1_000_000_000, 0),
                new byte[40]);
    }

    // --- TIFF

    private static byte[] entry(int tag, int count, int value) {
        return join(little(2, tag, 4), little(4, count, value));
    }

    private static byte[] tiff(int compression, int width, int height, int rows, int strips) {
        int lists = 8 + 2 + 9 * 12 + 4;
        byte[] list = little(4, new int[strips]);
        return join(
                "II*\0".getBytes(StandardCharsets.US_ASCII),
                little(4, 8),
                little(2, 9),
                entry(256, 1, width),
                entry(257, 1, height),
                entry(258, 1, 8),
                entry(259, 1, compression),
                entry(262, 1, 1),
                entry(273, strips, strips == 1 ? 8 : lists),
                entry(277, 1, 1),
                entry(278, 1, rows),
                entry(279, strips, strips == 1 ? 40 : lists),
                little(4, 8),
                list,
                new byte[64]);
    }

    private static byte[] tiles() {
        return join(
                "II*\0".getBytes(StandardCharsets.US_ASCII),
                little(4, 8),
                little(2, 8),
                entry(256, 1, 7_000),
                entry(257, 1, 7_000),
                entry(258, 1, 8),
                entry(262, 1, 1),
                entry(322, 1, 1),
                entry(323, 1, 1),
                entry(324, 1, 8),
                entry(325, 1, 1),
                little(4, 0));
    }

    private static byte[] loop() {
        return join(
                "II*\0".getBytes(StandardCharsets.US_ASCII),
                little(4, 8),
                little(2, 1),
                entry(330, 1, 8),
                little(4, 8));
    }

    private static byte[] entries() {
        byte[] one = entry(700, 1, 0);
        var all = new byte[60_000 * one.length];
        for (int i = 0; i < all.length; i += one.length) {
            System.arraycopy(one, 0, all, i, one.length);
        }
        return join("II*\0".getBytes(StandardCharsets.US_ASCII), little(4, 8), little(2, 60_000), all, little(4, 0));
    }

    // --- WebP

    private static byte[] riff(byte[] body) {
        return join(
                "RIFF".getBytes(StandardCharsets.US_ASCII),
                little(4, body.length + 4),
                "WEBP".getBytes(StandardCharsets.US_ASCII),
                body);
    }

    private static byte[] webp(int width, int height) {
        byte[] w = little(4, width - 1);
        byte[] h = little(4, height - 1);
        return riff(join(
                "VP8X".getBytes(StandardCharsets.US_ASCII),
                little(4, 10, 0),
                Arrays.copyOf(w, 3),
                Arrays.copyOf(h, 3),
                losslessChunk(8, 8)));
    }

    private static byte[] losslessChunk(int width, int height) {
        return join(
                "VP8L".getBytes(StandardCharsets.US_ASCII),
                little(4, 6),
                new byte[] {0x2F},
                little(4, width - 1 | height - 1 << 14),
                new byte[1]);
    }

    private static byte[] lossless(int width, int height) {
        return riff(losslessChunk(width, height));
    }

    private static byte[] chunks() {
        byte[] one = join("JUNK".getBytes(StandardCharsets.US_ASCII), little(4, 0));
        var all = new byte[100_000 * one.length];
        for (int i = 0; i < all.length; i += one.length) {
            System.arraycopy(one, 0, all, i, one.length);
        }
        return riff(all);
    }

    // --- JPEG

    private static byte[] segment(int marker, byte[] body) {
        return join(new byte[] {(byte) 0xFF, (byte) marker}, word(body.length + 2), body);
    }

    private static byte[] word(int number) {
        return new byte[] {(byte) (number >> 8), (byte) number};
    }

    /** A grey picture of so many scans, each a few bytes long. */
    private static byte[] jpeg(int frame, int width, int height, int scans) {
        var quantisation = new byte[65];
        Arrays.fill(quantisation, 1, 65, (byte) 1);
        byte[] table = join(new byte[] {0, 1}, new byte[15], new byte[] {0});
        byte[] acTable = table.clone();
        acTable[0] = 0x10;
        byte[] sof = join(new byte[] {8}, word(height), word(width), new byte[] {1, 1, 0x11, 0});
        boolean progressive = frame == 0xC2;
        byte[] scan =
                join(segment(0xDA, new byte[] {1, 1, 0, 0, (byte) (progressive ? 0 : 63), 0}), new byte[] {0, 0, 0, 0});
        var out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xD8});
        out.writeBytes(segment(0xDB, quantisation));
        out.writeBytes(segment(0xC4, table));
        out.writeBytes(segment(0xC4, acTable));
        out.writeBytes(segment(frame, sof));
        for (int i = 0; i < scans; i++) {
            out.writeBytes(scan);
        }
        out.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xD9});
        return out.toByteArray();
    }

    /** More segments than anybody would look at; every second one is taken for a table. */
    private static byte[] tables() {
        byte[] comment = segment(0xFE, new byte[0]);
        byte[] restart = segment(0xDD, new byte[2]);
        byte[] pair = join(comment, restart);
        var all = new byte[260_000 * pair.length];
        for (int i = 0; i < all.length; i += pair.length) {
            System.arraycopy(pair, 0, all, i, pair.length);
        }
        return join(new byte[] {(byte) 0xFF, (byte) 0xD8}, all, new byte[] {(byte) 0xFF, (byte) 0xD9});
    }

    /** A sound picture behind so many segments of one kind. */
    private static byte[] withSegments(int marker, int count) {
        byte[] photo = Goldens.picture("small.jpg");
        byte[] one = segment(marker, new byte[marker == 0xDC ? 2 : 60_000]);
        var out = new ByteArrayOutputStream();
        out.write(photo, 0, 2);
        for (int i = 0; i < count; i++) {
            out.writeBytes(one);
        }
        out.write(photo, 2, photo.length - 2);
        return out.toByteArray();
    }
}
