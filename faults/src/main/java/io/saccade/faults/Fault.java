package io.saccade.faults;

import io.saccade.faults.check.Allowed;
import io.saccade.faults.lab.Lab;
import io.saccade.faults.lab.Load;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A way to break the stack, by name.
 *
 * @param id      F and a number
 * @param title   what is broken, in a few words
 * @param promise what must hold, in a sentence without a full stop
 * @param how     what the run does, in a sentence without a full stop
 * @param wish    which images it needs
 * @param allowed what it may lawfully do to good images
 * @param play    breaks the stack while images flow; everything is healed after it
 */
public record Fault(String id, String title, String promise, String how, Load.Wish wish, Allowed allowed, Play play) {

    /** Breaks a stack. */
    @FunctionalInterface
    public interface Play {

        /**
         * Breaks it, and returns when no more is to be broken.
         *
         * @throws InterruptedException if it is to stop
         * @throws Exception            if the fault could not be made
         */
        void on(Scene scene) throws Exception;
    }

    /** Where a fault plays: the stack, its images, and what is worth writing down. For one thread. */
    public static final class Scene {

        private final Lab lab;
        private final Load load;
        private final SplittableRandom random;
        private final Map<String, String> figures = new LinkedHashMap<>();
        private @Nullable Instant began;

        Scene(Lab lab, Load load, long seed) {
            this.lab = lab;
            this.load = load;
            this.random = new SplittableRandom(seed);
        }

        /** The stack. */
        public Lab lab() {
            return lab;
        }

        /** The images, which flow as soon as somebody waits for them. */
        public Load load() {
            return load;
        }

        /** Chance, from the run's seed. */
        public SplittableRandom random() {
            return random;
        }

        /** Whether the run is large: then faults last longer and come more often. */
        public boolean isFull() {
            return load.images() >= 20_000;
        }

        /** The fault begins now. */
        public void begins() {
            if (began == null) {
                began = Instant.now();
            }
        }

        /** Something measured. */
        public void figure(String name, String value) {
            figures.put(name, value);
        }

        @Nullable
        Instant began() {
            return began;
        }

        Map<String, String> figures() {
            return figures;
        }
    }
}
