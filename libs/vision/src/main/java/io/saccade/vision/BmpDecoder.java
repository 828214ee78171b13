package io.saccade.vision;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Windows and OS/2 bitmaps by the rules of Pillow's {@code BmpImagePlugin}: which alpha counts, which masks are known, when
 * a palette is grey, and what run-length coding leaves out. Our own, for the JDK's reader takes its own way in each.
 */
final class BmpDecoder {
    private static final int FILE_HEADER = 14;
    private static final int RAW = 0;
    private static final int RLE8 = 1;
    private static final int RLE4 = 2;
    private static final int BITFIELDS = 3;

    private final byte[] file;
    private final Patience patience;
    private int width;
    private int height;
    private boolean topDown;
    private int offset;

    private BmpDecoder(byte[] file, Patience patience) {
        this.file = file;
        this.patience = patience;
    }

    static Decoded decode(byte[] file, ImageLimits limits, Patience patience, MemoryBudget.Claim claim) {
        try {
            return new BmpDecoder(file, patience).decode(limits, claim);
        } catch (IndexOutOfBoundsException e) {
            return Decoded.refused(RefusalCode.TRUNCATED, "the BMP file ends before its last row");
        }
    }

    private Decoded decode(ImageLimits limits, MemoryBudget.Claim claim) {
        long headerSize = number(FILE_HEADER);
        boolean old = headerSize == 12;
        if (!old
                && headerSize != 40
                && headerSize != 52
                && headerSize != 56
                && headerSize != 64
                && headerSize != 108
                && headerSize != 124) {
            return Decoded.refused(
                    RefusalCode.UNSUPPORTED_FORMAT, "there is no BMP header of " + headerSize + " bytes");
        }
        int header = FILE_HEADER + 4;
        long wide = old ? word(header) : number(header);
        topDown = !old && file[header + 7] == (byte) 0xFF;
        long high = old ? word(header + 2) : topDown ? (1L << 32) - number(header + 4) : number(header + 4);
        int bits = word(header + (old ? 6 : 10));
        long compression = old ? RAW : number(header + 12);
        long colours = old ? 0 : number(header + 28);
        Optional<Refusal> refusal = limits.refuseSize(wide, high);
        if (refusal.isPresent()) {
            return new Decoded.Refused(refusal.get());
        }
        width = (int) wide;
        height = (int) high;
        if (colours == 0) {
            colours = 1L << Math.min(bits, 32);
        }
        int entry = old ? 3 : 4;
        int end = FILE_HEADER + (int) headerSize;
        long start = number(10);
        if (start == end && bits <= 8) {
            start += entry * colours;
        }
        if (bits <= 8 && (colours < 1 || colours > 65_536)) {
            return Decoded.refused(RefusalCode.BROKEN, "a BMP palette may have 65536 colours, got " + colours);
        }
        byte[] palette = bits <= 8 ? palette(end, entry, (int) colours) : null;
        offset = start != 0 ? (int) Math.min(start, Integer.MAX_VALUE) : end + (bits <= 8 ? entry * (int) colours : 0);
        if (compression == RLE8 || compression == RLE4) {
            return bits <= 8 ? indexed(runs(compression == RLE4, claim), palette) : unsupported(bits, compression);
        }
        if (compression != RAW && compression != BITFIELDS) {
            return unsupported(bits, compression);
        }
        long last = (height - 1L) * stride(bits) + ((long) width * bits + 7) / 8;
        if (bits >= 1 && bits <= 32 && offset + last > file.length) {
            return Decoded.refused(RefusalCode.TRUNCATED, Hollow.message("BMP", width, height, file.length));
        }
        return switch (bits) {
            case 1 -> {
                if (compression == BITFIELDS) {
                    yield unsupported(bits, compression);
                }
                claim.take(width, height, PixelMode.PALETTE);
                yield palette == null ? bilevel() : indexed(packed(bits), palette);
            }
            case 4, 8 -> {
                if (compression == BITFIELDS) {
                    yield unsupported(bits, compression);
                }
                claim.take(width, height, PixelMode.PALETTE);
                yield indexed(bits == 8 ? bytes(1, 1, 0, -1, -1, -1) : packed(bits), palette);
            }
            case 16, 24, 32 -> coloured(bits, compression == BITFIELDS, header, old ? 0 : (int) headerSize, claim);
            default -> unsupported(bits, compression);
        };
    }

    private Decoded coloured(int bits, boolean masked, int header, int headerSize, MemoryBudget.Claim claim) {
        if (!masked) {
            claim.take(width, height, PixelMode.RGB);
            return picture(
                    PixelMode.RGB,
                    switch (bits) {
                        case 16 -> sixteen(5);
                        case 24 -> bytes(3, 3, 2, 1, 0, -1);
                        default -> bytes(4, 3, 2, 1, 0, -1);
                    });
        }
        // The masks are part of headers above 40 bytes and follow those of 40; alpha is only believed from 56 on.
        int red = (int) number(header + 36);
        int green = (int) number(header + 40);
        int blue = (int) number(header + 44);
        int alpha = headerSize >= 56 ? (int) number(header + 48) : 0;
        if (headerSize == 40 && number(10) == 0) {
            offset += 12;
        }
        if (bits == 16 && red == 0xF800 && green == 0x7E0 && blue == 0x1F) {
            claim.take(width, height, PixelMode.RGB);
            return picture(PixelMode.RGB, sixteen(6));
        }
        if (bits == 16 && red == 0x7C00 && green == 0x3E0 && blue == 0x1F) {
            claim.take(width, height, PixelMode.RGB);
            return picture(PixelMode.RGB, sixteen(5));
        }
        if (bits == 24 && red == 0xFF0000 && green == 0xFF00 && blue == 0xFF) {
            claim.take(width, height, PixelMode.RGB);
            return picture(PixelMode.RGB, bytes(3, 3, 2, 1, 0, -1));
        }
        if (bits != 32) {
            return layout();
        }
        if (red == 0xFF0000 && green == 0xFF00 && blue == 0xFF) {
            return fourBytes(2, 1, 0, alpha == 0 ? -1 : alpha == 0xFF000000 ? 3 : -2, claim);
        }
        if (red == 0xFF000000 && green == 0xFF0000 && blue == 0xFF00) {
            return fourBytes(3, 2, 1, alpha == 0 ? -1 : alpha == 0xFF ? 0 : -2, claim);
        }
        if (red == 0xFF000000 && green == 0xFF00 && blue == 0xFF) {
            return fourBytes(3, 1, 0, alpha == 0 ? -1 : alpha == 0xFF0000 ? 2 : -2, claim);
        }
        if (red == 0xFF && green == 0xFF00 && blue == 0xFF0000 && alpha == 0xFF000000) {
            return fourBytes(0, 1, 2, 3, claim);
        }
        if (red == 0 && green == 0 && blue == 0 && alpha == 0) {
            return fourBytes(2, 1, 0, 3, claim);
        }
        return layout();
    }

    /** Where in four bytes each colour lies; alpha may be -1 for none and -2 for a mask nobody knows. */
    private Decoded fourBytes(int red, int green, int blue, int alpha, MemoryBudget.Claim claim) {
        if (alpha == -2) {
            return layout();
        }
        PixelMode mode = alpha < 0 ? PixelMode.RGB : PixelMode.RGBA;
        claim.take(width, height, mode);
        return picture(mode, bytes(4, mode.bands(), red, green, blue, alpha));
    }

    private Decoded indexed(byte @Nullable [] samples, byte @Nullable [] palette) {
        if (samples == null) {
            return Decoded.refused(RefusalCode.TRUNCATED, "the BMP data ends before the last row");
        }
        return Decoded.picture(
                new Bitmap(palette == null ? PixelMode.GREY : PixelMode.PALETTE, width, height, samples, palette),
                ImageFormat.BMP,
                Orientation.NORMAL);
    }

    private Decoded bilevel() {
        byte[] samples = packed(1);
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (byte) -samples[i];
        }
        return picture(PixelMode.BILEVEL, samples);
    }

    private Decoded picture(PixelMode mode, byte[] samples) {
        return Decoded.picture(new Bitmap(mode, width, height, samples), ImageFormat.BMP, Orientation.NORMAL);
    }

    /** The colours as 256 RGB triples, or null where each is as grey as its number, or there are just black and white. */
    private byte @Nullable [] palette(int at, int entry, int colours) {
        byte[] palette = new byte[3 * 256];
        boolean grey = true;
        for (int i = 0; i < Math.min(colours, 256); i++) {
            int from = at + i * entry;
            if (from + 3 > file.length) {
                grey = false;
                break;
            }
            for (int band = 0; band < 3; band++) {
                palette[3 * i + band] = file[from + 2 - band];
                grey &= (palette[3 * i + band] & 0xFF) == (colours == 2 ? 255 * i : i);
            }
        }
        return grey ? null : palette;
    }

    private int row(int y, int bits) {
        patience.check();
        return Math.toIntExact(Math.min(offset + (topDown ? y : height - 1L - y) * stride(bits), Integer.MAX_VALUE));
    }

    private long stride(int bits) {
        return (int) (((long) width * bits + 31) >> 3) & ~3;
    }

    private byte[] packed(int bits) {
        byte[] samples = new byte[width * height];
        int mask = (1 << bits) - 1;
        for (int y = 0, to = 0; y < height; y++) {
            int from = row(y, bits);
            for (int x = 0; x < width; x++) {
                int bit = x * bits;
                samples[to++] = (byte) (file[from + (bit >> 3)] >> (8 - bits - (bit & 7)) & mask);
            }
        }
        return samples;
    }

    private byte[] bytes(int size, int bands, int red, int green, int blue, int alpha) {
        byte[] samples = new byte[width * height * bands];
        for (int y = 0, to = 0; y < height; y++) {
            int from = row(y, 8 * size);
            for (int x = 0; x < width; x++, from += size) {
                samples[to++] = file[from + red];
                if (bands > 1) {
                    samples[to++] = file[from + green];
                    samples[to++] = file[from + blue];
                }
                if (bands > 3) {
                    samples[to++] = file[from + alpha];
                }
            }
        }
        return samples;
    }

    private byte[] sixteen(int greenBits) {
        byte[] samples = new byte[width * height * 3];
        int mostGreen = (1 << greenBits) - 1;
        for (int y = 0, to = 0; y < height; y++) {
            int from = row(y, 16);
            for (int x = 0; x < width; x++, from += 2) {
                int pixel = word(from);
                samples[to++] = (byte) ((pixel >> 5 + greenBits & 31) * 255 / 31);
                samples[to++] = (byte) ((pixel >> 5 & mostGreen) * 255 / mostGreen);
                samples[to++] = (byte) ((pixel & 31) * 255 / 31);
            }
        }
        return samples;
    }

    /** Pillow's reading of run-length coding, odd corners included; null where the data is not enough. */
    private byte @Nullable [] runs(boolean nibbles, MemoryBudget.Claim claim) {
        claim.take(width, height, PixelMode.PALETTE);
        byte[] samples = new byte[width * height];
        int at = offset;
        int to = 0;
        int x = 0;
        while (to < samples.length && at + 2 <= file.length) {
            patience.check();
            int count = file[at] & 0xFF;
            int value = file[at + 1] & 0xFF;
            at += 2;
            if (count != 0) {
                count = Math.min(count, Math.max(0, width - x));
                for (int i = 0; i < count && to < samples.length; i++) {
                    samples[to++] = (byte) (!nibbles ? value : i % 2 == 0 ? value >> 4 : value & 15);
                }
                x += count;
            } else if (value == 0) {
                to += (width - to % width) % width;
                x = 0;
            } else if (value == 1) {
                break;
            } else if (value == 2) {
                if (at + 2 > file.length) {
                    break;
                }
                to = (int) Math.min(to + (file[at] & 0xFF) + (file[at + 1] & 0xFFL) * width, samples.length);
                at += 2;
                x = to % width;
            } else {
                int length = nibbles ? value / 2 : value;
                int there = Math.min(length, file.length - at);
                for (int i = 0; i < there; i++) {
                    int pair = file[at + i] & 0xFF;
                    if (to < samples.length) {
                        samples[to++] = (byte) (nibbles ? pair >> 4 : pair);
                    }
                    if (nibbles && to < samples.length) {
                        samples[to++] = (byte) (pair & 15);
                    }
                }
                if (there < length) {
                    break;
                }
                at += length;
                at += at & 1;
                x += value;
            }
        }
        if (to < samples.length) {
            return null;
        }
        if (!topDown) {
            byte[] spare = new byte[width];
            for (int top = 0, bottom = height - 1; top < bottom; top++, bottom--) {
                System.arraycopy(samples, top * width, spare, 0, width);
                System.arraycopy(samples, bottom * width, samples, top * width, width);
                System.arraycopy(spare, 0, samples, bottom * width, width);
            }
        }
        return samples;
    }

    private static Decoded unsupported(int bits, long compression) {
        return Decoded.refused(
                RefusalCode.UNSUPPORTED_FORMAT,
                "expected a plain or run-length coded BMP, got " + bits + " bits with compression " + compression);
    }

    private static Decoded layout() {
        return Decoded.refused(RefusalCode.UNSUPPORTED_FORMAT, "the BMP file has colour masks that nobody uses");
    }

    private int word(int at) {
        return file[at] & 0xFF | (file[at + 1] & 0xFF) << 8;
    }

    private long number(int at) {
        return word(at) | (long) word(at + 2) << 16;
    }
}
