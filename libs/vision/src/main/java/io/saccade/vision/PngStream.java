package io.saccade.vision;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/**
 * A PNG file reduced to header, palette and compressed pixels. Texts and profiles, which may unpack to gigabytes, are
 * never unpacked; gamma and transparency, which the reference ignores, and the frames of an animation are passed over.
 *
 * @param pixels      the bodies of the IDAT chunks, in a row; the last as far as the file goes
 * @param width       pixels
 * @param height      pixels
 * @param depth       bits a sample: 1, 2, 4, 8 or 16
 * @param samples     samples a pixel in the file, 1 to 4
 * @param interlaced  whether the pixels come in the seven passes of Adam7
 * @param mode        what the samples mean once they are unpacked
 * @param palette     256 RGB triples where the mode is {@link PixelMode#PALETTE}, else null
 * @param orientation by the eXIf chunk, or by XMP
 */
@SuppressWarnings("ArrayRecordComponent") // lives within one decode, never compared
record PngStream(
        Pieces pixels,
        int width,
        int height,
        int depth,
        int samples,
        boolean interlaced,
        PixelMode mode,
        byte @Nullable [] palette,
        Orientation orientation) {

    /** A reduced file, or why there is none. */
    sealed interface Parsed {

        record Readable(PngStream stream) implements Parsed {}

        record Refused(Refusal refusal) implements Parsed {}
    }

    private static final int SIGNATURE = 8;
    private static final int HEADER_LENGTH = 13;
    private static final int PALETTE_ENTRIES = 256;
    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504C5445;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454E44;
    private static final int EXIF = 0x65584966;
    private static final int TEXT = 0x74455874;
    private static final int LONG_TEXT = 0x69545874;
    private static final byte[] XMP_KEY = "XML:com.adobe.xmp\0".getBytes(StandardCharsets.US_ASCII);

    /** Chunks after the pixels that are looked at. */
    private static final int MOST_AFTER = 1_000;

    /** An eXIf chunk longer than this is not looked into: cameras write a few hundred bytes before the thumbnail. */
    private static final int LONGEST_EXIF = 1 << 16;

    static Parsed parse(byte[] file, ImageLimits limits) {
        return new Parser(file, limits).parse();
    }

    private static final class Parser {
        private final byte[] file;
        private final ImageLimits limits;
        private final CRC32 crc = new CRC32();
        private int at = SIGNATURE;
        private int width;
        private int height;
        private int depth;
        private int samples;
        private boolean interlaced;
        private @Nullable PixelMode mode;
        private byte @Nullable [] palette;
        private final Said said = new Said();

        Parser(byte[] file, ImageLimits limits) {
            this.file = file;
            this.limits = limits;
        }

        Parsed parse() {
            while (at + 8 <= file.length) {
                long length = number(at);
                int type = (int) number(at + 4);
                int body = at + 8;
                if (type == IDAT) {
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

        private @Nullable Refusal take(int type, int body, int length) {
            if (crc(body - 4, length + 4) != number(body + length)) {
                return new Refusal(
                        RefusalCode.BROKEN, "the checksum of the PNG chunk at byte " + (body - 8) + " is wrong");
            }
            return switch (type) {
                case IHDR -> takeHeader(body, length);
                case PLTE -> takePalette(body, length);
                case IEND -> new Refusal(RefusalCode.BROKEN, "the PNG file holds no pixels");
                case EXIF -> {
                    takeText(type, body, length);
                    yield null;
                }
                case TEXT, LONG_TEXT -> {
                    takeText(type, body, length);
                    yield null;
                }
                default -> null;
            };
        }

        /** What may hold an orientation. Packed texts are left alone, whatever they hold. */
        private void takeText(int type, int body, int length) {
            int end = body + length;
            if (type == EXIF) {
                if (length <= LONGEST_EXIF) {
                    said.exif(file, body, length);
                }
            } else if (Said.starts(file, body, end, XMP_KEY)) {
                int text = body + XMP_KEY.length;
                if (type == TEXT || (text < end && file[text] == 0)) {
                    said.xmp(file, text, end - text);
                }
            }
        }

        /** Metadata behind the pixels counts too, as far as chunks are whole. */
        private void rest() {
            for (int chunk = 0; chunk < MOST_AFTER && at + 8 <= file.length; chunk++) {
                long length = number(at);
                int type = (int) number(at + 4);
                int body = at + 8;
                if (type == IEND || length > file.length - body - 4L) {
                    return;
                }
                if (type == EXIF || type == TEXT || type == LONG_TEXT) {
                    takeText(type, body, (int) length);
                }
                at = body + (int) length + 4;
            }
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
            mode = mode(colours, depth);
            samples = switch (colours) {
                case 2 -> 3;
                case 4 -> 2;
                case 6 -> 4;
                default -> 1;
            };
            interlaced = file[body + 12] == 1;
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
            boolean whole = depth == 8 || depth == 16;
            return switch (colours) {
                case 0 -> depth == 1 ? PixelMode.BILEVEL : few || whole ? PixelMode.GREY : null;
                case 2 -> whole ? PixelMode.RGB : null;
                case 3 -> few ? PixelMode.PALETTE : null;
                // Pillow has no rule for grey and alpha of 16 bits and makes RGBA of it.
                case 4 -> depth == 8 ? PixelMode.GREY_ALPHA : depth == 16 ? PixelMode.RGBA : null;
                case 6 -> whole ? PixelMode.RGBA : null;
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
            try {
                Pieces pixels = pixels();
                if (pixels.size() * Hollow.DEFLATE < (long) height * ((long) width * samples * depth / 8)) {
                    return refused(RefusalCode.TRUNCATED, Hollow.message("PNG", width, height, pixels.size()));
                }
                rest();
                return new Parsed.Readable(new PngStream(
                        pixels, width, height, depth, samples, interlaced, known, palette, said.orientation()));
            } catch (DataFormatException e) {
                return refused(RefusalCode.TOO_COMPLEX, "the PNG file is too fine: " + e.getMessage());
            }
        }

        /** The IDAT chunks in a row, the last as far as it goes: whether that is enough, the decoder finds out. */
        private Pieces pixels() throws DataFormatException {
            var pixels = new Pieces();
            while (at + 8 <= file.length && (int) number(at + 4) == IDAT) {
                int body = at + 8;
                int length = (int) Math.min(number(at), file.length - body);
                pixels.addBounded(file, body, length);
                at = (int) Math.min((long) body + length + 4, file.length);
            }
            return pixels;
        }

        private long crc(int from, int length) {
            crc.reset();
            crc.update(file, from, length);
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
