package io.saccade.vision;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A JPEG file reduced to what its pixels depend on. Profiles, EXIF, thumbnails and comments are cut out, and the one
 * marker is written that makes any libjpeg choose the colours libjpeg-turbo chooses: the JDK's own guesses (from ICC
 * profiles, from sampling factors) differ from Pillow's by up to 36 grey levels.
 *
 * @param file        the reduced file
 * @param width       pixels
 * @param height      pixels
 * @param scans       times the entropy-coded data runs over the picture, 1 to {@link #MOST_SCANS}
 * @param colours     how the components are coded
 * @param tallChroma  whether chroma has half the rows and all the columns (4:4:0), which the JDK does not smooth
 * @param orientation by the EXIF segment, or by XMP
 */
record JpegStream(
        Pieces file, int width, int height, int scans, Colours colours, boolean tallChroma, Orientation orientation) {

    /** How the components of a JPEG are coded, by the rules of {@code default_decompress_parms} in libjpeg. */
    enum Colours {
        GREY,
        YCBCR,
        RGB,
        CMYK,
        YCCK
    }

    /** A reduced file, or why there is none. */
    sealed interface Parsed {

        record Readable(JpegStream stream) implements Parsed {}

        record Refused(Refusal refusal) implements Parsed {}
    }

    /**
     * Every scan visits every block of the picture, so a small file of thousands of scans would occupy a core for hours.
     * Encoders use about 10.
     */
    private static final int MOST_SCANS = 100;

    /** Pixels times scans: 20 scans of the largest picture that {@link ImageLimits#DEFAULT} allows. */
    private static final long MOST_WORK = 1_000_000_000;

    private static final int SOF0 = 0xC0;
    private static final int SOF1 = 0xC1;
    private static final int SOF2 = 0xC2;
    private static final int DHT = 0xC4;
    private static final int JPG = 0xC8;
    private static final int DAC = 0xCC;
    private static final int SOF15 = 0xCF;
    private static final int RST0 = 0xD0;
    private static final int RST7 = 0xD7;
    private static final int SOI = 0xD8;
    private static final int EOI = 0xD9;
    private static final int SOS = 0xDA;
    private static final int APP0 = 0xE0;
    private static final int APP1 = 0xE1;
    private static final int APP14 = 0xEE;
    private static final int APP15 = 0xEF;
    private static final int COM = 0xFE;
    private static final int TEM = 0x01;

    private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

    private static final byte[] START = {(byte) 0xFF, (byte) SOI};
    private static final byte[] END = {(byte) 0xFF, (byte) EOI};
    private static final byte[] JFIF = {
        (byte) 0xFF, (byte) APP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
    };

    static Parsed parse(byte[] file, ImageLimits limits) {
        return new Parser(file, limits).parse();
    }

    private static byte[] adobe(int transform) {
        return new byte[] {
            (byte) 0xFF, (byte) APP14, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, (byte) transform
        };
    }

    private static final class Parser {
        private final byte[] file;
        private final ImageLimits limits;
        private final Pieces tables = new Pieces();
        private final Said said = new Said();
        private boolean jfif;
        private int adobeTransform = -1;
        private int frame = -1;
        private int scans;
        private int end = -1;

        Parser(byte[] file, ImageLimits limits) {
            this.file = file;
            this.limits = limits;
        }

        Parsed parse() {
            int at = 2;
            while (true) {
                at = nextMarker(at);
                if (at < 0) {
                    return refused(RefusalCode.TRUNCATED, "the JPEG file ends inside its header");
                }
                int marker = file[at - 1] & 0xFF;
                if (marker == SOI || marker == EOI) {
                    return refused(RefusalCode.BROKEN, "the JPEG header holds a misplaced marker");
                }
                if (marker == TEM || (marker >= RST0 && marker <= RST7)) {
                    continue;
                }
                int length = segment(at);
                if (length < 0) {
                    return refused(RefusalCode.TRUNCATED, "the JPEG file ends inside its header");
                }
                if (length < 2) {
                    return refused(RefusalCode.BROKEN, "a JPEG segment must have 2 bytes or more, got " + length);
                }
                Refusal refusal = take(marker, at, length);
                if (refusal != null) {
                    return new Parsed.Refused(refusal);
                }
                if (marker == SOS) {
                    return frame < 0
                            ? refused(RefusalCode.BROKEN, "the JPEG picture has no frame header")
                            : reduced(at - 2, at, length);
                }
                if (tables.count() == Pieces.MOST) {
                    return refused(RefusalCode.TOO_COMPLEX, "the JPEG header has more than " + Pieces.MOST + " parts");
                }
                at += length;
            }
        }

        /** The place after the next marker's two bytes, or -1. Junk between segments is skipped, as Pillow does. */
        private int nextMarker(int from) {
            for (int at = from; at + 1 < file.length; at++) {
                if (file[at] == (byte) 0xFF && file[at + 1] != (byte) 0xFF && file[at + 1] != 0) {
                    return at + 2;
                }
            }
            return -1;
        }

        /** The length of the segment whose length field is at {@code at}, or -1 where the file ends before it does. */
        private int segment(int at) {
            if (at + 2 > file.length) {
                return -1;
            }
            int length = word(at);
            return at + length > file.length ? -1 : length;
        }

        private @Nullable Refusal take(int marker, int at, int length) {
            if (marker == APP0) {
                jfif |= length >= 16 && holds(at + 2, "JFIF\0");
            } else if (marker == APP1) {
                if (length >= 8 && holds(at + 2, "Exif\0\0")) {
                    said.exif(file, at + 2, length - 2);
                } else if (length >= 2 + XMP.length() && holds(at + 2, XMP)) {
                    said.xmp(file, at + 2 + XMP.length(), length - 2 - XMP.length());
                }
            } else if (marker == APP14) {
                if (length >= 14 && holds(at + 2, "Adobe")) {
                    adobeTransform = file[at + 2 + 11] & 0xFF;
                }
            } else if (marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC) {
                return takeFrame(marker, at, length);
            } else if (marker != SOS && (marker < APP0 || marker > APP15) && marker != COM) {
                tables.add(file, at - 2, length + 2);
            }
            return null;
        }

        private @Nullable Refusal takeFrame(int marker, int at, int length) {
            if (frame >= 0) {
                return new Refusal(RefusalCode.BROKEN, "the JPEG picture has two frame headers");
            }
            if (length < 8 || length != 8 + 3 * (file[at + 7] & 0xFF)) {
                return new Refusal(RefusalCode.BROKEN, "the JPEG frame header has a wrong length");
            }
            Optional<Refusal> size = limits.refuseSize(word(at + 5), word(at + 3));
            if (size.isPresent()) {
                return size.get();
            }
            if (marker != SOF0 && marker != SOF1 && marker != SOF2) {
                return new Refusal(
                        RefusalCode.UNSUPPORTED_FORMAT,
                        "expected a baseline or progressive Huffman JPEG, got frame type SOF" + (marker - SOF0));
            }
            int bits = file[at + 2] & 0xFF;
            if (bits != 8) {
                return new Refusal(
                        RefusalCode.UNSUPPORTED_DEPTH, "expected 8 bits a sample, the JPEG picture has " + bits);
            }
            int components = file[at + 7] & 0xFF;
            if (components != 1 && components != 3 && components != 4) {
                return new Refusal(
                        RefusalCode.BROKEN, "expected 1, 3 or 4 components, the JPEG picture has " + components);
            }
            frame = at;
            tables.add(file, at - 2, length + 2);
            return null;
        }

        /** {@code start} is where the first scan's marker is, {@code at} its length field. */
        private Parsed reduced(int start, int at, int length) {
            scans = 1;
            walk(at + length);
            long work = (long) scans * word(frame + 3) * word(frame + 5);
            if (scans > MOST_SCANS || (scans > 1 && work > MOST_WORK)) {
                return refused(
                        RefusalCode.TOO_COMPLEX,
                        "at most " + MOST_SCANS + " scans and " + MOST_WORK + " pixels times scans are allowed, got "
                                + scans + " scans or more");
            }
            if (end < 0) {
                return refused(RefusalCode.TRUNCATED, "the JPEG file ends before its end marker");
            }
            // Of the component with the most samples each block of 8x8 takes a bit at least.
            long blocks = ((word(frame + 5) + 7L) / 8) * ((word(frame + 3) + 7L) / 8);
            if ((end - start) * 8L < blocks) {
                return refused(
                        RefusalCode.TRUNCATED, Hollow.message("JPEG", word(frame + 5), word(frame + 3), end - start));
            }
            Colours colours = colours();
            var reduced = new Pieces()
                    .add(START)
                    .add(
                            switch (colours) {
                                case GREY, YCBCR -> JFIF;
                                case RGB, CMYK -> adobe(0);
                                case YCCK -> adobe(2);
                            });
            for (int piece = 0; piece < tables.count(); piece++) {
                reduced.add(tables.array(piece), tables.offset(piece), tables.length(piece));
            }
            reduced.add(file, start, end - start).add(END);
            return new Parsed.Readable(new JpegStream(
                    reduced,
                    word(frame + 5),
                    word(frame + 3),
                    scans,
                    colours,
                    colours == Colours.YCBCR && tallChroma(),
                    said.orientation()));
        }

        /** Counts scans and finds the end marker; stops early where there are too many. */
        private void walk(int from) {
            int at = from;
            while (scans <= MOST_SCANS) {
                at = nextMarker(at);
                if (at < 0) {
                    return;
                }
                int marker = file[at - 1] & 0xFF;
                if (marker == EOI) {
                    end = at - 2;
                    return;
                }
                if (marker == SOS) {
                    scans++;
                }
                if (marker != TEM && (marker < RST0 || marker > SOI)) {
                    int length = segment(at);
                    at += Math.max(length, 0);
                }
            }
        }

        private Colours colours() {
            return switch (components()) {
                case 1 -> Colours.GREY;
                case 3 -> {
                    boolean letters = id(0) == 'R' && id(1) == 'G' && id(2) == 'B';
                    yield !jfif && (adobeTransform == 0 || (adobeTransform < 0 && letters))
                            ? Colours.RGB
                            : Colours.YCBCR;
                }
                default -> adobeTransform <= 0 ? Colours.CMYK : Colours.YCCK;
            };
        }

        private boolean tallChroma() {
            int luma = sampling(0);
            int chroma = sampling(1);
            return chroma == sampling(2) && luma >> 4 == chroma >> 4 && (luma & 15) == 2 * (chroma & 15);
        }

        private int components() {
            return file[frame + 7] & 0xFF;
        }

        private int id(int component) {
            return file[frame + 8 + 3 * component];
        }

        private int sampling(int component) {
            return file[frame + 9 + 3 * component] & 0xFF;
        }

        private int word(int at) {
            return (file[at] & 0xFF) << 8 | (file[at + 1] & 0xFF);
        }

        private boolean holds(int at, String text) {
            for (int i = 0; i < text.length(); i++) {
                if (file[at + i] != text.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        private static Parsed refused(RefusalCode code, String message) {
            return new Parsed.Refused(new Refusal(code, message));
        }
    }
}
