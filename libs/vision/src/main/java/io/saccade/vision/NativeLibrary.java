package io.saccade.vision;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A library of the machine, by the first of its file names that the loader finds. It stays loaded. */
final class NativeLibrary {
    static final AddressLayout POINTER = ValueLayout.ADDRESS;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    /** C's {@code unsigned long} and {@code size_t} on the systems we look for libraries on. */
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final String file;
    private final SymbolLookup symbols;

    private NativeLibrary(String file, SymbolLookup symbols) {
        this.file = file;
        this.symbols = symbols;
    }

    /** The library, or null where the machine has none, is not one of 64 bits, or forbids native access. */
    static @Nullable NativeLibrary find(List<String> files) {
        var longs = Linker.nativeLinker().canonicalLayouts().get("long");
        if (longs == null || longs.byteSize() != Long.BYTES) {
            return null;
        }
        for (String file : files) {
            try {
                return new NativeLibrary(file, SymbolLookup.libraryLookup(file, Arena.global()));
            } catch (IllegalArgumentException | IllegalCallerException _) {
                // Not here, or not allowed: the next name, or none.
            }
        }
        return null;
    }

    String file() {
        return file;
    }

    /**
     * A function of the library.
     *
     * @throws IllegalArgumentException if it has none of this name
     */
    MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        MemorySegment address =
                symbols.find(name).orElseThrow(() -> new IllegalArgumentException(file + " has no function " + name));
        return Linker.nativeLinker().downcallHandle(address, type, options);
    }

    /** What a call threw, which C cannot: a defect of the binding. */
    static IllegalStateException defect(Throwable cause) {
        return new IllegalStateException("a call of a native library failed", cause);
    }
}
