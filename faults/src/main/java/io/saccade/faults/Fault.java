package io.saccade.faults;

import io.saccade.faults.check.Allowed;
import io.saccade.faults.lab.Lab;
import io.saccade.faults.lab.Load;
import io.saccade.faults.lab.SmallDisk;
import io.saccade.faults.lab.WrongClock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
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
 * @param need    what the machine must have
 * @param usual   how many images it gets when nobody says how many
 */
public record Fault(
        String id,
        String title,
        String promise,
        String how,
        Load.Wish wish,
        Allowed allowed,
        Play play,
        Need need,
        int usual) {

    private static final int USUAL = 500;
    private static final int FULL = 20_000;

    /** One that any machine can play, with the usual number of images. */
    public Fault(String id, String title, String promise, String how, Load.Wish wish, Allowed allowed, Play play) {
        this(id, title, promise, how, wish, allowed, play, Need.NOTHING, USUAL);
    }

    /** The same where the machine must have something. */
    public Fault needing(Need need) {
        return new Fault(id, title, promise, how, wish, allowed, play, need, usual);
    }

    /** The same with another usual number of images. */
    public Fault usually(int images) {
        return new Fault(id, title, promise, how, wish, allowed, play, need, images);
    }

    /** What a machine must have for a fault to be played. */
    public enum Need {
        /** Nothing but memory. */
        NOTHING,
        /** A library that tells a process a wrong time. */
        WRONG_CLOCK,
        /** The right to mount a small disk. */
        SMALL_DISK;

        /** Why a fault with this need cannot be played here; empty when it can. */
        public Optional<String> missing() {
            return switch (this) {
                case NOTHING -> Optional.empty();
                case WRONG_CLOCK ->
                    WrongClock.isHere()
                            ? Optional.empty()
                            : Optional.of("it needs libfaketime; Debian and Ubuntu: apt-get install faketime");
                case SMALL_DISK ->
                    SmallDisk.isPossible()
                            ? Optional.empty()
                            : Optional.of("it needs to mount a small disk: Linux, as root");
            };
        }
    }

    /** Whether a run of so many images is large: then faults last longer and come more often. */
    static boolean isFull(int images) {
        return images >= FULL;
    }

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

        private static final Duration PATIENCE = Duration.ofMinutes(4);

        /** Images that any machine answers, faults included. */
        private static final int LEAST_PER_SECOND = 20;

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
            return Fault.isFull(load.images());
        }

        /** Long enough for a loaded machine: whoever waits longer waits for something that will not come. */
        public Duration patience() {
            return PATIENCE.plusSeconds(load.images() / LEAST_PER_SECOND);
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
