package io.saccade.sources;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Tries a second time what may pass, when the wait still fits the budget: after what the server asks for, or else after a
 * fraction of a second that chance chooses, so that what failed together does not come back together. Once only: whatever
 * lasts longer is for the stage's own retries and dead letters.
 */
final class OnceMore implements ImageSource {

    private static final Duration USUAL_WAIT = Duration.ofMillis(400);

    private final ImageSource next;
    private final DoubleSupplier random;
    private final Sleep sleep;

    /** Waits. */
    interface Sleep {
        void sleep(Duration duration) throws InterruptedException;
    }

    /**
     * Tries {@code next}.
     *
     * @param random uniform in 0..1
     */
    OnceMore(ImageSource next, DoubleSupplier random, Sleep sleep) {
        this.next = next;
        this.random = random;
        this.sleep = sleep;
    }

    @Override
    public Fetched fetch(Wanted wanted) throws InterruptedException {
        var first = next.fetch(wanted);
        if (!(first instanceof Fetched.Failed failed) || failed.blame() == Fetched.Blame.OURS) {
            return first;
        }
        var wait = failed.retryAfter()
                .orElseGet(() -> Duration.ofNanos((long) (USUAL_WAIT.toNanos() * (0.5 + random.getAsDouble() / 2))));
        if (wait.compareTo(wanted.budget().left()) >= 0) {
            return first;
        }
        sleep.sleep(wait);
        return next.fetch(wanted);
    }
}
