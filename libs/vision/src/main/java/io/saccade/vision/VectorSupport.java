package io.saccade.vision;

import java.lang.management.ManagementFactory;
import java.util.Optional;

/**
 * Whether {@link VectorPass} and {@link VectorBlocks} pay in this JVM, asked without touching them: where the module is missing, its
 * classes are too.
 *
 * <p>The Vector API incubates: only {@code --add-modules jdk.incubator.vector} brings it in. It is slower than plain loops, by
 * far, where the optimising compiler is off.
 */
final class VectorSupport {
    private static final boolean USEFUL = isThere() && optimises();

    private VectorSupport() {}

    /** A pass for one thread at a time, where the JVM has what it takes. */
    static Optional<VectorPass> pass() {
        return USEFUL ? VectorPass.ifWideEnough() : Optional.empty();
    }

    /** The blocks of JPEG for one thread at a time, where the JVM has what it takes. */
    static Optional<Blocks> blocks() {
        return USEFUL ? VectorBlocks.ifWideEnough() : Optional.empty();
    }

    static boolean isThere() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    private static boolean optimises() {
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (flag.equals("-Xint")
                    || flag.equals("-XX:-EnableVectorSupport")
                    || (flag.startsWith("-XX:TieredStopAtLevel=") && !flag.endsWith("=4"))) {
                return false;
            }
        }
        return true;
    }
}
