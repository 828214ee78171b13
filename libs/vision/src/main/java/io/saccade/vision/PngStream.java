package io.saccade.vision;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A PNG file reduced to header, palette and pixels. Texts and profiles, which may unpack to gigabytes, gamma and
 * transparency, which the reference ignores, and the frames of an animation are cut out.
 *
 * @param bytes      the reduced file
 * @param width      pixels
 * @param height     pixels
 * @param depth      bits a sample: 1, 2, 4 or 8
 * @param mode       what the samples mean
 * @param palette    256 RGB triples where the mode is {@link PixelMode#PALETTE}, else null
 */
@SuppressWarnings("ArrayRecordComponent") // lives within one decode, never compared
record PngStream(byte[] bytes, int width, int height, int depth, PixelMode mode, byte @Nullable [] palette) {

    /** A reduced file, or why there is none. */
    sealed interface Parsed {

        record Readable(PngStream stream) implements Parsed {}

        record Refused(Refusal refusal) implements Parsed {}
    }

    private static final int SIGNATURE = 8;
    private static final int HEADER_LENGTH = 13;
    private static final int PALETTE_ENTRIES = 256;

    static Parsed parse(byte[] file, ImageLimits limits) {
        return new Parser(file, limits).parse();
    }

    private static final class Parser {
        private final byte[] file;
        private final ImageLimits limits;
        private final ByteArrayOutputStream pixels;
        private int at = SIGNATURE;
        private int width;
        private int height;
        private int depth;
        private @Nullable PixelMode mode;
        private byte @Nullable [] palette;

        Parser(byte[] file, ImageLimits limits) {
            this.file = file;
            this.limits = limits;
            this.pixels = new ByteArrayOutputStream(file.length);
        }

        Parsed parse() {
            while (at + 8 <= file.length) {
                long length = number(at);
                String type = new String(file, at + 4, 4, StandardCharsets.ISO_8859_1);
                int body = at + 8;
                if (type.equals("IDAT")) {
                    return mode == null
                            ? refused(RefusalCode.BROKEN, "the PNG file does not begin with its header")
                            : reduced(mode);
                }
                if (length > file.length - body - 4L) {
                    return refused(RefusalCode.TRUNCATED, "the PNG file ends before its pixels begin");
                }
                Refusal refusal = take(type, body, (int) length);
                if (refusal != null) {
                    return new Parsed.Refused(refusal);
                }
                at = body + (int) length + 4;
            }
            return refused(RefusalCode.TRUNCATED, "the PNG file ends before its pixels begin");
        }

        private @Nullable Refusal take(String type, int body, int length) {
            if (crc(file, body - 4, length + 4) != number(body + length)) {
                return new Refusal(
                        RefusalCode.BROKEN, "the checksum of the PNG chunk at byte " + (body - 8) + " is wrong");
            }
            return switch (type) {
                case "IHDR" -> takeHeader(body, length);
                case "PLTE" -> takePalette(body, length);
                case "IEND" -> new Refusal(RefusalCode.BROKEN, "the PNG file holds no pixels");
                default -> null;
            };
        }

        private @Nullable Refusal takeHeader(int body, int length) {
            if (body != SIGNATURE + 8 || length != HEADER_LENGTH) {
                return new Refusal(RefusalCode.BROKEN, "the PNG header must come first and have 13 bytes");
            }
            Optional<Refusal> size = limits.refuseSize(number(body), number(body + 4));
            if (size.isPresent()) {
                return size.get();
            }
            width = (int) number(body);
            height = (int) number(body + 4);
            depth = file[body + 8];
            int colours = file[body + 9];
            if (depth == 16) {
                return new Refusal(
                        RefusalCode.UNSUPPORTED_DEPTH, "expected at most 8 bits a sample, the PNG picture has 16");
            }
            mode = mode(colours, depth);
            if (mode == null || file[body + 10] != 0 || file[body + 11] != 0 || (file[body + 12] & 0xFE) != 0) {
                return new Refusal(
                        RefusalCode.BROKEN,
                        "the PNG header says colour type " + colours + " with " + depth
                                + " bits, compression, filter and interlace " + file[body + 10] + ", " + file[body + 11]
                                + ", " + file[body + 12] + ": there is no such PNG");
            }
            return null;
        }

        private static @Nullable PixelMode mode(int colours, int depth) {
            boolean few = depth == 1 || depth == 2 || depth == 4 || depth == 8;
            return switch (colours) {
                case 0 -> depth == 1 ? PixelMode.BILEVEL : few ? PixelMode.GREY : null;
                case 2 -> depth == 8 ? PixelMode.RGB : null;
                case 3 -> few ? PixelMode.PALETTE : null;
                case 4 -> depth == 8 ? PixelMode.GREY_ALPHA : null;
                case 6 -> depth == 8 ? PixelMode.RGBA : null;
                default -> null;
            };
        }

        private @Nullable Refusal takePalette(int body, int length) {
            if (length % 3 != 0 || length > PALETTE_ENTRIES * 3) {
                return new Refusal(
                        RefusalCode.BROKEN, "a PNG palette must have 1 to 256 colours, got " + length + " bytes");
            }
            if (mode == PixelMode.PALETTE) {
                palette = new byte[PALETTE_ENTRIES * 3];
                System.arraycopy(file, body, palette, 0, length);
            }
            return null;
        }

        private Parsed reduced(PixelMode known) {
            if (known == PixelMode.PALETTE && palette == null) {
                return refused(RefusalCode.BROKEN, "the PNG picture has no palette");
            }
            collectPixels();
            var out = new ByteArrayOutputStream(pixels.size() + 1024);
            out.write(file, 0, SIGNATURE);
            write(out, "IHDR", header());
            if (palette != null) {
                // All the entries this depth can name: the colours an index has beyond the file's palette are black.
                byte[] colours = new byte[3 << depth];
                System.arraycopy(palette, 0, colours, 0, colours.length);
                write(out, "PLTE", colours);
            }
            write(out, "IDAT", pixels.toByteArray());
            write(out, "IEND", new byte[0]);
            return new Parsed.Readable(new PngStream(out.toByteArray(), width, height, depth, known, palette));
        }

        /** The IDAT chunks in a row, the last as far as it goes: whether that is enough, the decoder finds out. */
        private void collectPixels() {
            while (at + 8 <= file.length
                    && file[at + 4] == 'I'
                    && file[at + 5] == 'D'
                    && file[at + 6] == 'A'
                    && file[at + 7] == 'T') {
                int body = at + 8;
                int length = (int) Math.min(number(at), file.length - body);
                pixels.write(file, body, length);
                at = (int) Math.min((long) body + length + 4, file.length);
            }
        }

        private byte[] header() {
            byte[] header = new byte[HEADER_LENGTH];
            System.arraycopy(file, SIGNATURE + 8, header, 0, HEADER_LENGTH);
            return header;
        }

        private static void write(ByteArrayOutputStream out, String type, byte[] body) {
            byte[] chunk = new byte[4 + body.length];
            System.arraycopy(type.getBytes(StandardCharsets.ISO_8859_1), 0, chunk, 0, 4);
            System.arraycopy(body, 0, chunk, 4, body.length);
            writeNumber(out, body.length);
            out.writeBytes(chunk);
            writeNumber(out, (int) crc(chunk, 0, chunk.length));
        }

        private static void writeNumber(ByteArrayOutputStream out, int number) {
            for (int shift = 24; shift >= 0; shift -= 8) {
                out.write(number >> shift);
            }
        }

        private static long crc(byte[] bytes, int from, int length) {
            var crc = new CRC32();
            crc.update(bytes, from, length);
            return crc.getValue();
        }

        private long number(int from) {
            return (file[from] & 0xFFL) << 24
                    | (file[from + 1] & 0xFFL) << 16
                    | (file[from + 2] & 0xFFL) << 8
                    | (file[from + 3] & 0xFFL);
        }

        private static Parsed refused(RefusalCode code, String message) {
            return new Parsed.Refused(new Refusal(code, message));
        }
    }
}
