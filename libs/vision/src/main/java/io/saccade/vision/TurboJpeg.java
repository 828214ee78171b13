package io.saccade.vision;

import static io.saccade.vision.NativeLibrary.INT;
import static io.saccade.vision.NativeLibrary.LONG;
import static io.saccade.vision.NativeLibrary.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * JPEG by libjpeg-turbo, the library Pillow uses, through its TurboJPEG API (2.x, which 3.x still offers). The plain libjpeg
 * API is no choice: its errors are long jumps, which must not cross Java frames.
 *
 * <p>The library sees only what {@link JpegStream} lets through, and stops at its first warning: whatever it does not read
 * cleanly is the Java decoder's to judge, so no refusal depends on which of the two is there, and no pixel of a sound file.
 * (Damage that both take for data may give coefficients no encoder writes, which the two clip differently.) Thread-safe: a
 * handle serves one thread at a time and is used again.
 */
final class TurboJpeg {
    /** Handles kept while nobody decodes; a handle has about 20 KB and an input buffer. */
    private static final int MOST_IDLE = 16;

    /** Input buffers up to this size are kept. */
    private static final int KEPT_INPUT = 1 << 20;

    /**
     * Up to this many pixels times scans the library writes straight into the heap. The call is then one of the kind that
     * every garbage collection waits for, so it must be short: a few milliseconds. Larger pictures are copied.
     */
    static final long SHORT_WORK = 1 << 19;

    private static final int RGB = 0;
    private static final int GREY = 6;
    private static final int CMYK = 11;
    private static final int ACCURATE_DCT = 4096;
    private static final int STOP_ON_WARNING = 8192;

    private final String file;
    private final MethodHandle open;
    private final MethodHandle close;
    private final MethodHandle decode;
    private final MethodHandle decodeToHeap;
    private final ConcurrentLinkedQueue<Handle> idle = new ConcurrentLinkedQueue<>();
    private final AtomicInteger idleCount = new AtomicInteger();

    private TurboJpeg(NativeLibrary library) {
        this.file = library.file();
        this.open = library.function("tjInitDecompress", FunctionDescriptor.of(POINTER));
        this.close = library.function("tjDestroy", FunctionDescriptor.of(INT, POINTER));
        var type = FunctionDescriptor.of(INT, POINTER, POINTER, LONG, POINTER, INT, INT, INT, INT, INT);
        this.decode = library.function("tjDecompress2", type);
        this.decodeToHeap = library.function("tjDecompress2", type, Linker.Option.critical(true));
    }

    /** The library, or null where the machine has none. */
    static @Nullable TurboJpeg find() {
        var library = NativeLibrary.find(
                List.of("libturbojpeg.so.0", "libturbojpeg.0.dylib", "/opt/homebrew/lib/libturbojpeg.0.dylib"));
        try {
            return library == null ? null : new TurboJpeg(library);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    String file() {
        return file;
    }

    /** The picture as Pillow has it, or null where the library finds anything to complain about. */
    @Nullable
    Bitmap decode(JpegStream stream) {
        PixelMode mode =
                switch (stream.colours()) {
                    case GREY -> PixelMode.GREY;
                    case RGB, YCBCR -> PixelMode.RGB;
                    case CMYK, YCCK -> PixelMode.CMYK;
                };
        byte[] samples = new byte[stream.width() * stream.height() * mode.bands()];
        Handle handle = borrow();
        boolean clean;
        try {
            MemorySegment input = handle.input(stream.file());
            clean = (long) stream.width() * stream.height() * stream.scans() <= SHORT_WORK
                    ? call(decodeToHeap, handle, input, stream, mode, MemorySegment.ofArray(samples))
                    : copied(handle, input, stream, mode, samples);
        } finally {
            giveBack(handle);
        }
        if (!clean) {
            return null;
        }
        if (mode == PixelMode.CMYK) {
            Chroma.invert(samples);
        }
        return new Bitmap(mode, stream.width(), stream.height(), samples);
    }

    private boolean copied(Handle handle, MemorySegment input, JpegStream stream, PixelMode mode, byte[] samples) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment output = arena.allocate(samples.length);
            boolean clean = call(decode, handle, input, stream, mode, output);
            if (clean) {
                MemorySegment.ofArray(samples).copyFrom(output);
            }
            return clean;
        }
    }

    private static boolean call(
            MethodHandle function,
            Handle handle,
            MemorySegment input,
            JpegStream stream,
            PixelMode mode,
            MemorySegment output) {
        int format =
                switch (mode) {
                    case GREY -> GREY;
                    case CMYK -> CMYK;
                    default -> RGB;
                };
        try {
            return (int) function.invokeExact(
                            handle.address,
                            input,
                            (long) stream.file().size(),
                            output,
                            stream.width(),
                            stream.width() * mode.bands(),
                            stream.height(),
                            format,
                            ACCURATE_DCT | STOP_ON_WARNING)
                    == 0;
        } catch (Throwable e) {
            throw NativeLibrary.defect(e);
        }
    }

    private Handle borrow() {
        Handle handle = idle.poll();
        if (handle != null) {
            idleCount.decrementAndGet();
            return handle;
        }
        try {
            var address = (MemorySegment) open.invokeExact();
            if (address.equals(MemorySegment.NULL)) {
                throw new OutOfMemoryError("libjpeg-turbo has no memory for a decoder");
            }
            return new Handle(address);
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            throw NativeLibrary.defect(e);
        }
    }

    private void giveBack(Handle handle) {
        if (idleCount.incrementAndGet() <= MOST_IDLE) {
            handle.shrink();
            idle.add(handle);
            return;
        }
        idleCount.decrementAndGet();
        destroy(handle);
    }

    /** Frees what is idle; for tests. */
    void closeIdle() {
        for (Handle handle = idle.poll(); handle != null; handle = idle.poll()) {
            idleCount.decrementAndGet();
            destroy(handle);
        }
    }

    private void destroy(Handle handle) {
        handle.arena.close();
        try {
            int _ = (int) close.invokeExact(handle.address);
        } catch (Throwable e) {
            throw NativeLibrary.defect(e);
        }
    }

    /** A decoder of the library and the memory it reads from. */
    private static final class Handle {
        private final MemorySegment address;
        private Arena arena = Arena.ofShared();
        private MemorySegment input = MemorySegment.NULL;

        Handle(MemorySegment address) {
            this.address = address;
        }

        /** The file in native memory. */
        MemorySegment input(Pieces file) {
            if (input.byteSize() < file.size()) {
                arena.close();
                arena = Arena.ofShared();
                input = MemorySegment.NULL;
                input = arena.allocate(Math.max(1 << 16, Integer.highestOneBit(file.size()) * 2L));
            }
            file.copyTo(input);
            return input;
        }

        void shrink() {
            if (input.byteSize() > 2 * KEPT_INPUT) {
                arena.close();
                arena = Arena.ofShared();
                input = MemorySegment.NULL;
            }
        }
    }
}
