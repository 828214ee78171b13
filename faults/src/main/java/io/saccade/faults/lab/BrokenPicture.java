package io.saccade.faults.lab;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * A file that comes as a picture and is none, or a broken one.
 *
 * @param bytes     the file
 * @param mayBeRead whether a decoder may see a picture in it all the same: not every byte of a file is under a checksum
 */
@SuppressWarnings("ArrayRecordComponent") // made once, sent once
record BrokenPicture(byte[] bytes, boolean mayBeRead) {

    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int LONGEST_NOISE = 20_000;

    /** One by chance: the same seed makes the same file. */
    static BrokenPicture make(Material material, SplittableRandom random) {
        var png = material.pictures()
                .get(random.nextInt(material.pictures().size()))
                .png();
        return switch (random.nextInt(8)) {
            case 0 ->
                new BrokenPicture(Arrays.copyOf(png, between(random, png.length / 10, png.length * 9 / 10)), false);
            case 1 -> new BrokenPicture(anotherBeginning(png), false);
            case 2 -> new BrokenPicture(bomb(30_000 + random.nextInt(100_000), 30_000), false);
            case 3 -> new BrokenPicture(flipped(png, random), true);
            case 4 -> new BrokenPicture(noise(1 + random.nextInt(LONGEST_NOISE), random), false);
            case 5 ->
                new BrokenPicture(
                        material.broken().get(random.nextInt(material.broken().size())), false);
            case 6 -> {
                var other = material.pictures()
                        .get(random.nextInt(material.pictures().size()))
                        .png();
                yield new BrokenPicture(halves(png, other), true);
            }
            default -> new BrokenPicture(withAHole(png, random), true);
        };
    }

    /** Little data behind a header that promises an edge after edge of white. */
    static byte[] bomb(int width, int height) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(PNG);
        var header = ByteBuffer.allocate(13).putInt(width).putInt(height);
        header.put(new byte[] {1, 0, 0, 0, 0}); // one bit of grey
        chunk(out, "IHDR", header.array());
        chunk(out, "IDAT", new byte[] {0x78, (byte) 0x9c, 0x63, 0, 0, 0, 1, 0, 1});
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String name, byte[] data) {
        var type = name.getBytes(StandardCharsets.US_ASCII);
        var crc = new CRC32();
        crc.update(type);
        crc.update(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        out.writeBytes(type);
        out.writeBytes(data);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    private static byte[] anotherBeginning(byte[] png) {
        var bytes = png.clone();
        for (int i = 0; i < PNG.length; i++) {
            bytes[i] ^= 0x5a;
        }
        return bytes;
    }

    private static byte[] flipped(byte[] png, SplittableRandom random) {
        var bytes = png.clone();
        for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }

    private static byte[] noise(int length, SplittableRandom random) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        bytes[0] = 0; // no format that is read begins so
        return bytes;
    }

    private static byte[] halves(byte[] one, byte[] other) {
        var bytes = new ByteArrayOutputStream();
        bytes.write(one, 0, one.length / 2);
        bytes.write(other, other.length / 2, other.length - other.length / 2);
        return bytes.toByteArray();
    }

    private static byte[] withAHole(byte[] png, SplittableRandom random) {
        var bytes = png.clone();
        int from = random.nextInt(bytes.length);
        Arrays.fill(bytes, from, Math.min(bytes.length, from + 1 + random.nextInt(1_000)), (byte) 0);
        return bytes;
    }

    private static int between(SplittableRandom random, int from, int to) {
        return from + random.nextInt(to - from);
    }
}
