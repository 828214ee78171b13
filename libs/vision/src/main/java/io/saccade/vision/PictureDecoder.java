package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From the bytes of a file to its pixels: which format it is, what its header says, whether that is allowed, and which decoder
 * reads it. What decides is made once, at the start; {@link #description()} says it.
 *
 * <p>The bytes may be hostile. Sizes are checked before memory is taken; the memory of all pictures at work is bounded; work
 * in the JVM ends when its time is spent; native libraries are shown only what has been checked, and a picture they died of
 * is not shown to them again. Every call ends with a value. Nothing but pixels, size and orientation leaves: no place, no
 * name, no serial number, no profile.
 *
 * <p>Thread-safe; close it after the last call.
 */
public final class PictureDecoder implements AutoCloseable {
    /** A quarter of the heap: a decoded picture is followed by its smaller forms, and by the next one. */
    private static final int HEAP_SHARE = 4;

    private final ImageLimits limits;
    private final NativeDecoders natives;
    private final MemoryBudget memory;
    private final @Nullable CrashJournal journal;
    private final String description;

    private PictureDecoder(
            ImageLimits limits, NativeDecoders natives, MemoryBudget memory, @Nullable CrashJournal journal) {
        this.limits = limits;
        this.natives = natives;
        this.memory = memory;
        this.journal = journal;
        this.description = describe(natives);
    }

    /**
     * Chooses the decoders.
     *
     * @param choice  which to use
     * @param limits  what a picture may cost
     * @param journal where pictures are written down while they are decoded; it is closed with this. None forgets them
     * @throws IllegalArgumentException if the choice is {@link DecoderChoice#NATIVE} and a library is missing or wrong; the
     *     message says which and how to get it
     */
    public static PictureDecoder create(DecoderChoice choice, ImageLimits limits, Optional<CrashJournal> journal) {
        requireNonNull(limits, "limits");
        NativeDecoders natives = choice == DecoderChoice.JAVA ? NativeDecoders.NONE : NativeDecoders.find();
        if (choice == DecoderChoice.NATIVE && (natives.jpeg() == null || natives.webp() == null)) {
            throw new IllegalArgumentException("the decoder 'native' is asked for, but "
                    + String.join(", and ", natives.notes()) + "; install it, or choose 'auto' or 'java'");
        }
        return new PictureDecoder(limits, natives, new MemoryBudget(budget()), journal.orElse(null));
    }

    /** The JVM's decoders, and no journal. */
    public static PictureDecoder java(ImageLimits limits) {
        return create(DecoderChoice.JAVA, limits, Optional.empty());
    }

    /** With everything chosen by the caller, for tests. */
    static PictureDecoder of(
            ImageLimits limits, NativeDecoders natives, MemoryBudget memory, @Nullable CrashJournal journal) {
        return new PictureDecoder(limits, natives, memory, journal);
    }

    private static long budget() {
        return Math.max(1L << 20, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }

    /** What reads JPEG and WebP here, and why, in words for a log line. */
    public String description() {
        return description;
    }

    private static String describe(NativeDecoders natives) {
        TurboJpeg jpeg = natives.jpeg();
        LibWebp webp = natives.webp();
        String chosen = "JPEG by " + (jpeg == null ? "Java" : jpeg.file()) + ", WebP by "
                + (webp == null ? "Java" : webp.file() + " " + webp.version()) + ", the others by Java";
        return natives.notes().isEmpty() ? chosen : chosen + " (" + String.join("; ", natives.notes()) + ")";
    }

    /** As {@link #decode(byte[], byte[], Function)}, for bytes whose digest nobody knows yet. */
    <T> T decode(byte[] file, Function<Decoded, T> use) {
        return decode(file, journal == null ? null : sha256(file), use);
    }

    /**
     * Decodes one file on the calling thread. May wait for memory.
     *
     * @param file   the bytes; they are only read
     * @param sha256 their digest, 32 bytes; needed where there is a journal
     * @param use    makes something of the picture; its memory counts as taken until this returns
     */
    <T> T decode(byte[] file, byte @Nullable [] sha256, Function<Decoded, T> use) {
        Optional<Refusal> refusal = limits.refuseBytes(file.length);
        if (refusal.isPresent()) {
            return use.apply(new Decoded.Refused(refusal.get()));
        }
        try (var claim = memory.claim()) {
            return use.apply(
                    switch (Signature.of(file)) {
                        case Signature.Readable(ImageFormat format) -> journalled(file, sha256, format, claim);
                        case Signature.Foreign(String name) ->
                            Decoded.refused(
                                    RefusalCode.UNSUPPORTED_FORMAT,
                                    "expected a JPEG, PNG, WebP, GIF, BMP or TIFF file, got " + name);
                    });
        }
    }

    private Decoded journalled(byte[] file, byte @Nullable [] sha256, ImageFormat format, MemoryBudget.Claim claim) {
        CrashJournal written = journal;
        if (written == null || sha256 == null) {
            return guarded(file, format, natives, claim);
        }
        int deaths = written.deaths(sha256);
        if (deaths > 1) {
            return Decoded.refused(
                    RefusalCode.CRASHED_DECODER,
                    "the process died " + deaths + " times while it decoded these bytes; they are not tried again");
        }
        int slot = written.begin(sha256);
        try {
            return guarded(file, format, deaths > 0 || slot < 0 ? NativeDecoders.NONE : natives, claim);
        } finally {
            written.end(slot);
        }
    }

    private Decoded guarded(byte[] file, ImageFormat format, NativeDecoders with, MemoryBudget.Claim claim) {
        var patience = new Patience(limits.maxTime(), System::nanoTime);
        try {
            return switch (format) {
                case JPEG -> jpeg(file, with, patience, claim);
                case PNG -> png(file, patience, claim);
                case GIF -> GifDecoder.decode(file, limits, patience, claim);
                case BMP -> BmpDecoder.decode(file, limits, patience, claim);
                case TIFF -> TiffDecoder.decode(file, limits, patience, claim);
                case WEBP -> webp(file, with, patience, claim);
            };
        } catch (Patience.Exhausted e) {
            return Decoded.refused(RefusalCode.TOO_SLOW, String.valueOf(e.getMessage()));
        }
    }

    private Decoded jpeg(byte[] file, NativeDecoders with, Patience patience, MemoryBudget.Claim claim) {
        return switch (JpegStream.parse(file, limits)) {
            case JpegStream.Parsed.Refused(Refusal refusal) -> new Decoded.Refused(refusal);
            case JpegStream.Parsed.Readable(JpegStream stream) -> {
                TurboJpeg turbo = with.jpeg();
                claim.take(
                        stream.width(),
                        stream.height(),
                        switch (stream.colours()) {
                            case GREY -> PixelMode.GREY;
                            case YCBCR, RGB -> PixelMode.RGB;
                            case CMYK, YCCK -> PixelMode.CMYK;
                        },
                        turbo == null ? JpegPixels.memory(stream) : 0);
                Bitmap bitmap = turbo == null ? null : turbo.decode(stream);
                yield bitmap == null
                        ? JpegDecoder.decode(stream, patience)
                        : new Decoded.Picture(bitmap, ImageFormat.JPEG, stream.orientation(), DecoderKind.NATIVE);
            }
        };
    }

    private Decoded png(byte[] file, Patience patience, MemoryBudget.Claim claim) {
        return switch (PngStream.parse(file, limits)) {
            case PngStream.Parsed.Refused(Refusal refusal) -> new Decoded.Refused(refusal);
            case PngStream.Parsed.Readable(PngStream stream) -> {
                claim.take(stream.width(), stream.height(), stream.mode());
                yield PngDecoder.decode(stream, patience);
            }
        };
    }

    private Decoded webp(byte[] file, NativeDecoders with, Patience patience, MemoryBudget.Claim claim) {
        return switch (WebpStream.parse(file, limits)) {
            case WebpStream.Parsed.Refused(Refusal refusal) -> new Decoded.Refused(refusal);
            case WebpStream.Parsed.Readable(WebpStream stream) -> {
                LibWebp library = with.webp();
                long more =
                        library == null ? (long) stream.width() * stream.height() * WebpDecoder.bytesMore(stream) : 0;
                claim.take(stream.width(), stream.height(), WebpDecoder.mode(stream), more);
                yield library == null ? WebpDecoder.decode(stream, patience) : library.decode(stream);
            }
        };
    }

    private static byte[] sha256(byte[] file) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(file);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Closes the journal, where there is one. */
    @Override
    public void close() {
        if (journal != null) {
            journal.close();
        }
    }
}
