package io.saccade.vision;

import java.util.Arrays;
import java.util.Optional;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/**
 * The first frame of a GIF on its screen, as Pillow shows it: the screen grows where the frame reaches beyond it, what the
 * frame leaves free has the transparent colour or colour 0, and a palette that only counts up is grey. Our own, for the
 * JDK's reader gives the frame without its screen. Nothing after the first frame is looked at.
 */
final class GifDecoder {
    private static final int HEADER = 13;
    private static final int[] PASS_TOP = {0, 4, 2, 1};
    private static final int[] PASS_DOWN = {8, 8, 4, 2};

    private final byte[] file;
    private final ImageLimits limits;
    private final Patience patience;
    private int at = HEADER;

    private GifDecoder(byte[] file, ImageLimits limits, Patience patience) {
        this.file = file;
        this.limits = limits;
        this.patience = patience;
    }

    static Decoded decode(byte[] file, ImageLimits limits, Patience patience, MemoryBudget.Claim claim) {
        try {
            return new GifDecoder(file, limits, patience).decode(claim);
        } catch (IndexOutOfBoundsException e) {
            return Decoded.refused(RefusalCode.TRUNCATED, "the GIF file ends before its first frame does");
        } catch (DataFormatException e) {
            return Decoded.refused(RefusalCode.BROKEN, "the GIF data cannot be decoded: " + e.getMessage());
        }
    }

    private Decoded decode(MemoryBudget.Claim claim) throws DataFormatException {
        int screenWidth = word(6);
        int screenHeight = word(8);
        byte[] palette = palette(file[10]);
        int background = 0;
        while (true) {
            int kind = file[at++];
            if (kind == ';') {
                return Decoded.refused(RefusalCode.BROKEN, "the GIF file holds no frame");
            }
            if (kind == '!') {
                int label = file[at++] & 0xFF;
                if (label == 0xF9 && (file[at] & 0xFF) >= 4 && (file[at + 1] & 1) != 0) {
                    background = file[at + 4] & 0xFF;
                }
                skipBlocks();
            } else if (kind == ',') {
                break;
            }
        }
        int left = word(at);
        int top = word(at + 2);
        int width = word(at + 4);
        int height = word(at + 6);
        int flags = file[at + 8];
        at += 9;
        int fullWidth = Math.max(screenWidth, left + width);
        int fullHeight = Math.max(screenHeight, top + height);
        Optional<Refusal> refusal = limits.refuseSize(fullWidth, fullHeight);
        if (refusal.isPresent()) {
            return new Decoded.Refused(refusal.get());
        }
        if (width == 0 || height == 0) {
            return Decoded.refused(RefusalCode.BROKEN, "the first frame of the GIF file has no pixels");
        }
        if ((flags & 0x80) != 0) {
            palette = palette(flags);
        }
        int leastBits = file[at++];
        if (leastBits < 1 || leastBits > 8) {
            return Decoded.refused(RefusalCode.BROKEN, "a GIF frame must have 1 to 8 bits a sample, got " + leastBits);
        }
        Pieces blocks = blocks();
        if (blocks.size() * 8L / (leastBits + 1) * Hollow.LZW < (long) width * height) {
            return Decoded.refused(RefusalCode.TRUNCATED, Hollow.message("GIF", width, height, blocks.size()));
        }
        PixelMode mode = palette == null ? PixelMode.GREY : PixelMode.PALETTE;
        claim.take(fullWidth, fullHeight, mode);
        byte[] samples = new byte[fullWidth * fullHeight];
        if (background != 0) {
            Arrays.fill(samples, (byte) background);
        }
        var rows = Lzw.gif(blocks, leastBits);
        boolean interlaced = (flags & 0x40) != 0;
        int passes = interlaced ? PASS_TOP.length : 1;
        for (int pass = 0; pass < passes; pass++) {
            int down = interlaced ? PASS_DOWN[pass] : 1;
            for (int y = interlaced ? PASS_TOP[pass] : 0; y < height; y += down) {
                patience.check();
                if (rows.read(samples, (top + y) * fullWidth + left, width) < width) {
                    return Decoded.refused(
                            RefusalCode.TRUNCATED, "the GIF data ends before the last row of the first frame");
                }
            }
        }
        return Decoded.picture(
                new Bitmap(mode, fullWidth, fullHeight, samples, palette), ImageFormat.GIF, Orientation.NORMAL);
    }

    /** The colours that follow, as 256 RGB triples, or null where there are none or each is as grey as its number. */
    private byte @Nullable [] palette(int flags) {
        if ((flags & 0x80) == 0) {
            return null;
        }
        int length = 3 << (flags & 7) + 1;
        byte[] colours = new byte[3 * 256];
        System.arraycopy(file, at, colours, 0, length);
        at += length;
        for (int i = 0; i < length; i++) {
            if ((colours[i] & 0xFF) != i / 3) {
                return colours;
            }
        }
        return null;
    }

    private void skipBlocks() {
        int length = file[at++] & 0xFF;
        while (length != 0) {
            at += length;
            length = file[at++] & 0xFF;
        }
    }

    /** The bodies of the data blocks in a row; one that the file ends in does not count, as in the reference. */
    private Pieces blocks() throws DataFormatException {
        var blocks = new Pieces();
        while (at < file.length && file[at] != 0) {
            int length = file[at] & 0xFF;
            if (length > file.length - at - 1) {
                break;
            }
            blocks.addBounded(file, at + 1, length);
            at += 1 + length;
        }
        return blocks;
    }

    private int word(int from) {
        return file[from] & 0xFF | (file[from + 1] & 0xFF) << 8;
    }
}
