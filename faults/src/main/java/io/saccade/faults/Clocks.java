package io.saccade.faults;

import io.saccade.faults.Fault.Scene;
import io.saccade.faults.lab.WrongClock;
import java.time.Duration;
import java.util.Map;

/** Faults of clocks. */
final class Clocks {

    private static final Duration FAR = Duration.ofMinutes(15);

    private Clocks() {}

    /**
     * One stage's clock is ahead, one's behind, one's is set back by an hour in the middle of the work, a broker's is ahead, and
     * so is the join's: by less than the deadline, because the join's clock is the one that decides when a deadline is over.
     */
    static void wrong(Scene scene) throws Exception {
        var lab = scene.lab();
        var stepped = lab.folder().resolve("stepped-clock");
        WrongClock.set(stepped, Duration.ZERO);
        int broker = lab.kafka().ids().getLast();
        try (var _ = lab.instead(Map.of(
                "captioner", WrongClock.by(FAR),
                "vqa", WrongClock.by(FAR.negated()),
                "moderator", WrongClock.steppedBy(stepped),
                "joiner", WrongClock.by(Duration.ofMinutes(2))))) {
            lab.kafka().environment(broker, WrongClock.by(Duration.ofMinutes(10)));
            scene.begins();
            scene.load().awaitAnswered(0.4, scene.patience());
            WrongClock.set(stepped, Duration.ofHours(-1));
            scene.load().awaitAnswered(0.7, scene.patience());
            WrongClock.set(stepped, FAR);
            scene.load().awaitAnswered(1, scene.patience());
        } finally {
            lab.kafka().environment(broker, Map.of());
        }
    }
}
