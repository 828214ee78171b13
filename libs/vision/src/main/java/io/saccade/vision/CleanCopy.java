package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * A picture made anew before it is stored anywhere: its pixels as a PNG, and nothing else of what the file held. No place,
 * serial number, name, profile, thumbnail, comment or appended file can survive, for nothing is copied: the bytes are
 * written from the decoded samples alone.
 *
 * <p>Pixels keep their values, with two exceptions: CMYK becomes RGB as Pillow's {@code convert} makes it, and 16 bits are 8
 * as everywhere here. Orientation is metadata too, so it is lost: apply it, or a picture of a phone will lie on its side.
 */
public final class CleanCopy {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int UP = 2;

    private CleanCopy() {}

    /** What becomes of a file. */
    public sealed interface Copy {}

    /**
     * The copy.
     *
     * @param bytes a PNG file; whoever receives it owns it
     */
    @SuppressWarnings("ArrayRecordComponent") // one owner, never compared
    public record Png(byte[] bytes) implements Copy {

        public Png {
            requireNonNull(bytes, "bytes");
        }
    }

    /**
     * There is no picture to copy.
     *
     * @param refusal why
     */
    public record Refused(Refusal refusal) implements Copy {

        public Refused {
            requireNonNull(refusal, "refusal");
        }
    }

    /**
     * Copies one file on the calling thread.
     *
     * @param file        of any {@link ImageFormat}; only read
     * @param decoder     reads it, within its limits
     * @param orientation whether the copy is turned as the file says
     */
    public static Copy of(byte[] file, PictureDecoder decoder, OrientationRule orientation) {
        return decoder.decode(file, decoded -> switch (decoded) {
            case Decoded.Refused(Refusal refusal) -> new Refused(refusal);
            case Decoded.Picture(Bitmap bitmap, ImageFormat _, Orientation turn, DecoderKind _) ->
                new Png(png(orientation == OrientationRule.APPLY ? turn.apply(bitmap) : bitmap));
        });
    }

    private static byte[] png(Bitmap bitmap) {
        int colours =
                switch (bitmap.mode()) {
                    case BILEVEL, GREY -> 0;
                    case RGB, CMYK -> 2;
                    case PALETTE -> 3;
                    case GREY_ALPHA -> 4;
                    case RGBA -> 6;
                };
        int bands = bitmap.mode() == PixelMode.CMYK ? 3 : bitmap.mode().bands();
        var out = new Growing(64 + bitmap.width() * bitmap.height() * bands / 2);
        out.put(SIGNATURE, SIGNATURE.length);
        chunk(
                out,
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(bitmap.width())
                        .putInt(bitmap.height())
                        .put((byte) 8)
                        .put((byte) colours)
                        .array(),
                13);
        byte[] palette = bitmap.palette();
        if (palette != null) {
            chunk(out, "PLTE", palette, palette.length);
        }
        pixels(out, bitmap, bands);
        chunk(out, "IEND", new byte[0], 0);
        return out.bytes();
    }

    /** Each row as its difference to the one above, which is quick and fits photographs and drawings alike. */
    private static void pixels(Growing out, Bitmap bitmap, int bands) {
        int length = bitmap.width() * bands;
        var above = new byte[length];
        var here = new byte[length];
        var row = new byte[length + 1];
        var packed = new byte[1 << 16];
        boolean names = !bitmap.mode().averages();
        var deflater = new Deflater();
        try {
            for (int y = 0; y < bitmap.height(); y++) {
                int from = y * bitmap.width() * bitmap.mode().bands();
                if (bitmap.mode() == PixelMode.CMYK) {
                    Colours.toRgb(bitmap.mode(), null, bitmap.samples(), from, here, 0, bitmap.width());
                } else {
                    System.arraycopy(bitmap.samples(), from, here, 0, length);
                }
                row[0] = (byte) (names ? 0 : UP);
                for (int i = 0; i < length; i++) {
                    row[i + 1] = (byte) (here[i] - (names ? 0 : above[i]));
                }
                byte[] spare = above;
                above = here;
                here = spare;
                deflater.setInput(row);
                while (!deflater.needsInput()) {
                    chunk(out, "IDAT", packed, deflater.deflate(packed));
                }
            }
            deflater.finish();
            while (!deflater.finished()) {
                chunk(out, "IDAT", packed, deflater.deflate(packed));
            }
        } finally {
            deflater.end();
        }
    }

    private static void chunk(Growing out, String name, byte[] body, int length) {
        if (length == 0 && name.equals("IDAT")) {
            return;
        }
        byte[] type = name.getBytes(StandardCharsets.US_ASCII);
        var crc = new CRC32();
        crc.update(type);
        crc.update(body, 0, length);
        out.put(ByteBuffer.allocate(4).putInt(length).array(), 4);
        out.put(type, 4);
        out.put(body, length);
        out.put(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array(), 4);
    }

    /** Bytes whose number is not known before. */
    private static final class Growing {
        private byte[] bytes;
        private int size;

        Growing(int guess) {
            bytes = new byte[guess];
        }

        void put(byte[] more, int length) {
            if (size + length > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, length), bytes.length + bytes.length / 2));
            }
            System.arraycopy(more, 0, bytes, size, length);
            size += length;
        }

        byte[] bytes() {
            return Arrays.copyOf(bytes, size);
        }
    }
}
