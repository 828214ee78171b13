package io.saccade.vision;

import static io.saccade.vision.NativeLibrary.INT;
import static io.saccade.vision.NativeLibrary.LONG;
import static io.saccade.vision.NativeLibrary.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * WebP by libwebp, the library Pillow uses: equal to it, lossy files included. Thread-safe; the library keeps nothing between
 * calls. It is given a file of one frame and no more.
 */
final class LibWebp {
    private final String file;
    private final String version;
    private final MethodHandle decodeRgb;
    private final MethodHandle decodeRgba;

    private LibWebp(NativeLibrary library) {
        this.file = library.file();
        var type = FunctionDescriptor.of(POINTER, POINTER, LONG, POINTER, LONG, INT);
        this.decodeRgb = library.function("WebPDecodeRGBInto", type);
        this.decodeRgba = library.function("WebPDecodeRGBAInto", type);
        try {
            int packed = (int) library.function("WebPGetDecoderVersion", FunctionDescriptor.of(INT))
                    .invokeExact();
            this.version = (packed >> 16) + "." + (packed >> 8 & 0xFF) + "." + (packed & 0xFF);
        } catch (Throwable e) {
            throw NativeLibrary.defect(e);
        }
    }

    /** The library, or null where the machine has none. */
    static @Nullable LibWebp find() {
        var library =
                NativeLibrary.find(List.of("libwebp.so.7", "libwebp.7.dylib", "/opt/homebrew/lib/libwebp.7.dylib"));
        try {
            return library == null ? null : new LibWebp(library);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    String file() {
        return file;
    }

    String version() {
        return version;
    }

    Decoded decode(WebpStream stream) {
        int bands = WebpDecoder.mode(stream).bands();
        int stride = stream.frameWidth() * bands;
        int length = stride * stream.frameHeight();
        try (var arena = Arena.ofConfined()) {
            Pieces file = stream.asFile();
            MemorySegment input = arena.allocate(file.size());
            file.copyTo(input);
            MemorySegment output = arena.allocate(length);
            if (!call(bands == 3 ? decodeRgb : decodeRgba, input, output, stride)) {
                return Decoded.refused(RefusalCode.BROKEN, "the WebP data cannot be decoded");
            }
            byte[] samples = new byte[length];
            MemorySegment.ofArray(samples).copyFrom(output);
            return WebpDecoder.picture(stream, samples, DecoderKind.NATIVE);
        }
    }

    private static boolean call(MethodHandle function, MemorySegment input, MemorySegment output, int stride) {
        try {
            var written =
                    (MemorySegment) function.invokeExact(input, input.byteSize(), output, output.byteSize(), stride);
            return !written.equals(MemorySegment.NULL);
        } catch (Throwable e) {
            throw NativeLibrary.defect(e);
        }
    }
}
