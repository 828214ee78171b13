package io.saccade.modelserver.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The one ONNX Runtime of this process, with its telemetry off before it starts.
 *
 * <p>Since 1.29.0 the runtime for Linux and macOS reports models and command line to its maker unless {@code ORT_DISABLE_TELEMETRY} is in
 * the process' environment when it starts; and on the way it matches the command line with a regular expression whose recursion
 * overflows the stack when the command line is long, such as a class path: the JVM then ends with SIGSEGV and without a word. A JVM
 * cannot change its own environment, so the C library is asked to.
 */
final class OnnxEnvironment {
    private static final String OPT_OUT = "ORT_DISABLE_TELEMETRY";

    private static final OrtEnvironment ENVIRONMENT = start();

    private OnnxEnvironment() {}

    static OrtEnvironment get() {
        return ENVIRONMENT;
    }

    private static OrtEnvironment start() {
        setEnvironment(OPT_OUT, "1");
        OrtEnvironment environment =
                OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "saccade-model-server");
        try {
            environment.setTelemetry(false); // Windows knows only this way
        } catch (OrtException e) {
            throw new IllegalStateException("the telemetry of ONNX Runtime cannot be turned off", e);
        }
        return environment;
    }

    @SuppressWarnings("restricted") // native access is granted to this program anyway, for ONNX Runtime itself
    private static void setEnvironment(String name, String value) {
        Linker linker = Linker.nativeLinker();
        MemorySegment function = linker.defaultLookup().find("setenv").orElse(null);
        if (function == null) {
            return; // not POSIX
        }
        MethodHandle setenv = linker.downcallHandle(
                function,
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            int failed = (int) setenv.invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 1);
            if (failed != 0) {
                throw new IllegalStateException(
                        name + " cannot be set, and without it ONNX Runtime would not be silent");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(name + " cannot be set", e);
        }
    }
}
