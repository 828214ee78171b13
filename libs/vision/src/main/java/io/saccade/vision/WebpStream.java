package io.saccade.vision;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A WebP file (RFC 9649) reduced to the data of its first frame. Profiles, XMP and later frames are cut out before any
 * decoder sees them.
 *
 * @param frame       the chunks VP8, VP8L, or ALPH and VP8, each with its header
 * @param width       pixels of the canvas
 * @param height      pixels of the canvas
 * @param left        first column of the canvas that the frame fills
 * @param top         first row
 * @param frameWidth  pixels of the frame
 * @param frameHeight pixels of the frame
 * @param alpha       whether the picture has alpha
 * @param separate    whether alpha has a chunk of its own
 * @param lossy       whether the colours are VP8, not VP8L
 * @param orientation by the EXIF chunk, or by XMP
 */
record WebpStream(
        Pieces frame,
        int width,
        int height,
        int left,
        int top,
        int frameWidth,
        int frameHeight,
        boolean alpha,
        boolean separate,
        boolean lossy,
        Orientation orientation) {

    /** A reduced file, or why there is none. */
    sealed interface Parsed {

        record Readable(WebpStream stream) implements Parsed {}

        record Refused(Refusal refusal) implements Parsed {}
    }

    private static final int ANMF = 0x464D4E41;
    private static final int EXIF = 0x46495845;
    private static final int XMP = 0x20504D58;
    private static final int VP8 = 0x20385056;
    private static final int VP8L = 0x4C385056;
    private static final int VP8X = 0x58385056;
    private static final int ALPH = 0x48504C41;
    private static final int RIFF_HEADER = 12;
    private static final int CHUNK_HEADER = 8;
    private static final int FRAME_HEADER = 16;

    /** A still picture has about six chunks. Those of an animation beyond this are not looked at for an orientation. */
    private static final int MOST_CHUNKS = 1_000;

    private static final int LONGEST_EXIF = 1 << 16;

    static Parsed parse(byte[] file, ImageLimits limits) {
        return new Parser(file, limits).parse();
    }

    /** The frame as a file of its own, for readers that want one. */
    Pieces asFile() {
        var header = new byte[RIFF_HEADER + (separate ? CHUNK_HEADER + 10 : 0)];
        write(header, 0, 0x46464952, header.length - 8 + frame.size());
        write(header, 8, 0x50424557, 0);
        if (separate) {
            write(header, 12, VP8X, 10);
            header[20] = 0x10;
            for (int i = 0; i < 3; i++) {
                header[24 + i] = (byte) (frameWidth - 1 >> 8 * i);
                header[27 + i] = (byte) (frameHeight - 1 >> 8 * i);
            }
        }
        var file = new Pieces().add(header);
        for (int piece = 0; piece < frame.count(); piece++) {
            file.add(frame.array(piece), frame.offset(piece), frame.length(piece));
        }
        return file;
    }

    private static void write(byte[] into, int at, int name, int size) {
        for (int i = 0; i < 8 && at + i < into.length; i++) {
            into[at + i] = (byte) (i < 4 ? name >> 8 * i : size >> 8 * (i - 4));
        }
    }

    private static final class Parser {
        private final byte[] file;
        private final ImageLimits limits;
        private int end;
        private int canvasWidth;
        private int canvasHeight;
        private boolean extended;
        private boolean alphaFlag;
        private @Nullable Refusal refusal;
        private final Said said = new Said();

        Parser(byte[] file, ImageLimits limits) {
            this.file = file;
            this.limits = limits;
        }

        Parsed parse() {
            long riff = number(4);
            if (file.length < RIFF_HEADER + CHUNK_HEADER || riff > file.length - 8L) {
                return refused(RefusalCode.TRUNCATED, "the WebP file is shorter than it says");
            }
            end = (int) riff + 8;
            Parsed found = null;
            int at = RIFF_HEADER;
            for (int chunk = 0; chunk < MOST_CHUNKS && at + CHUNK_HEADER <= end; chunk++) {
                int name = (int) number(at);
                long length = number(at + 4);
                int body = at + CHUNK_HEADER;
                if (length > end - body) {
                    return found != null ? found : refused(RefusalCode.TRUNCATED, "the WebP file ends inside a chunk");
                }
                if (name == VP8X && length >= 10 && at == RIFF_HEADER) {
                    extended = true;
                    alphaFlag = (file[body] & 0x10) != 0;
                    canvasWidth = 1 + triple(body + 4);
                    canvasHeight = 1 + triple(body + 7);
                    Optional<Refusal> size = limits.refuseSize(canvasWidth, canvasHeight);
                    if (size.isPresent()) {
                        return new Parsed.Refused(size.get());
                    }
                } else if (name == EXIF && length <= LONGEST_EXIF) {
                    said.exif(file, body, (int) length);
                } else if (name == XMP) {
                    said.xmp(file, body, (int) length);
                } else if (found == null && name == ANMF) {
                    if (length < FRAME_HEADER) {
                        return refused(RefusalCode.BROKEN, "the frame of the WebP file has no header");
                    }
                    found = frame(
                            body + FRAME_HEADER,
                            body + (int) length,
                            2 * triple(body),
                            2 * triple(body + 3),
                            1 + triple(body + 6),
                            1 + triple(body + 9));
                } else if (found == null && (name == VP8 || name == VP8L || name == ALPH)) {
                    found = frame(at, end, 0, 0, 0, 0);
                }
                if (refusal != null) {
                    return new Parsed.Refused(refusal);
                }
                at = (int) Math.min(end, body + length + (length & 1));
            }
            if (found instanceof Parsed.Readable(WebpStream stream)) {
                return new Parsed.Readable(stream.turned(said.orientation()));
            }
            return refused(RefusalCode.BROKEN, "the WebP file holds no frame");
        }

        /** The chunks of one frame from {@code from} on; a width of 0 stands for that of the canvas. */
        private @Nullable Parsed frame(int from, int stop, int left, int top, int saidWidth, int saidHeight) {
            int start = from;
            int at = from;
            boolean separate = false;
            for (int chunk = 0; chunk < MOST_CHUNKS && at + CHUNK_HEADER <= stop; chunk++) {
                int name = (int) number(at);
                long length = number(at + 4);
                int body = at + CHUNK_HEADER;
                if (length > stop - body) {
                    refusal = new Refusal(RefusalCode.TRUNCATED, "the WebP file ends inside its pixels");
                    return null;
                }
                if (name == VP8 || name == VP8L) {
                    return picture(name, start, body, (int) length, left, top, saidWidth, saidHeight, separate);
                }
                at = (int) Math.min(stop, body + length + (length & 1));
                separate |= name == ALPH;
                if (!separate) {
                    // Unknown chunks may stand before the pixels; they are not handed on.
                    start = at;
                }
            }
            refusal = new Refusal(RefusalCode.BROKEN, "the WebP frame holds no pixels");
            return null;
        }

        private @Nullable Parsed picture(
                int name,
                int from,
                int body,
                int length,
                int left,
                int top,
                int saidWidth,
                int saidHeight,
                boolean separate) {
            int width;
            int height;
            boolean alpha;
            boolean lossless = name == VP8L;
            if (length < (lossless ? 5 : 10)) {
                refusal = new Refusal(RefusalCode.TRUNCATED, "the WebP pixels end inside their header");
                return null;
            }
            if (lossless) {
                long bits = number(body + 1);
                if (file[body] != 0x2F || bits >> 29 != 0) {
                    refusal = new Refusal(RefusalCode.BROKEN, "the lossless WebP data has no such version");
                    return null;
                }
                width = 1 + (int) (bits & 0x3FFF);
                height = 1 + (int) (bits >> 14 & 0x3FFF);
                alpha = (bits >> 28 & 1) != 0;
            } else {
                if ((file[body] & 1) != 0
                        || file[body + 3] != (byte) 0x9D
                        || file[body + 4] != 1
                        || file[body + 5] != 0x2A) {
                    refusal = new Refusal(RefusalCode.BROKEN, "the lossy WebP data does not begin with a key frame");
                    return null;
                }
                width = triple(body + 6) & 0x3FFF;
                height = triple(body + 7) >> 8 & 0x3FFF;
                alpha = separate || (extended && alphaFlag);
            }
            Optional<Refusal> size = limits.refuseSize(width, height);
            if (size.isPresent()) {
                refusal = size.get();
                return null;
            }
            boolean animated = saidWidth != 0;
            int fullWidth = extended ? canvasWidth : width;
            int fullHeight = extended ? canvasHeight : height;
            if (animated) {
                alpha = alphaFlag;
            }
            if ((animated && (width != saidWidth || height != saidHeight))
                    || (!animated && (width != fullWidth || height != fullHeight))
                    || (long) left + width > fullWidth
                    || (long) top + height > fullHeight) {
                refusal = new Refusal(
                        RefusalCode.BROKEN,
                        "the WebP frame of " + width + "x" + height + " does not fit the header's " + fullWidth + "x"
                                + fullHeight);
                return null;
            }
            var frame = new Pieces().add(file, from, body + length - from);
            if ((length & 1) != 0) {
                frame.add(new byte[1]);
            }
            return new Parsed.Readable(new WebpStream(
                    frame,
                    fullWidth,
                    fullHeight,
                    left,
                    top,
                    width,
                    height,
                    alpha,
                    separate,
                    !lossless,
                    Orientation.NORMAL));
        }

        private int triple(int at) {
            return file[at] & 0xFF | (file[at + 1] & 0xFF) << 8 | (file[at + 2] & 0xFF) << 16;
        }

        private long number(int at) {
            return triple(at) | (file[at + 3] & 0xFFL) << 24;
        }

        private static Parsed refused(RefusalCode code, String message) {
            return new Parsed.Refused(new Refusal(code, message));
        }
    }

    private WebpStream turned(Orientation turn) {
        return new WebpStream(frame, width, height, left, top, frameWidth, frameHeight, alpha, separate, lossy, turn);
    }
}
