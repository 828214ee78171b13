package io.saccade.sources;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/**
 * Looks into the shared folder first, and lets one process of the machine fetch what several want: they read the same
 * record at about the same time. Who waits for another does so for half its time, then fetches for itself.
 */
final class Cached implements ImageSource {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(10);

    private final SharedFolder folder;
    private final ImageSource next;
    private final OnceMore.Sleep sleep;
    private final LongAdder hits = new LongAdder();
    private final LongAdder waited = new LongAdder();
    private final LongAdder misses = new LongAdder();

    Cached(SharedFolder folder, ImageSource next, OnceMore.Sleep sleep) {
        this.folder = folder;
        this.next = next;
        this.sleep = sleep;
    }

    @Override
    public Fetched fetch(Wanted wanted) throws InterruptedException {
        var key = CacheKey.of(wanted);
        var patience = wanted.budget().left().dividedBy(2);
        for (var first = true; ; first = false) {
            var kept = folder.read(key);
            if (kept.isPresent()) {
                (first ? hits : waited).increment();
                return kept.get();
            }
            var lock = folder.lock(key);
            if (lock.isPresent()) {
                try (var _ = lock.get()) {
                    // Whoever had the lock before may have left the image since the look above.
                    var since = folder.read(key);
                    if (since.isPresent()) {
                        waited.increment();
                        return since.get();
                    }
                    return fetchAndKeep(key, wanted);
                }
            }
            if (wanted.budget().left().compareTo(patience) <= 0) {
                return fetchAndKeep(key, wanted);
            }
            sleep.sleep(LOOK_AGAIN);
        }
    }

    /** What came of looking into the folder, since the start. */
    Sharing sharing() {
        return new Sharing(hits.sum(), waited.sum(), 0, misses.sum());
    }

    private Fetched fetchAndKeep(CacheKey key, Wanted wanted) throws InterruptedException {
        misses.increment();
        var fetched = next.fetch(wanted);
        if (fetched instanceof Fetched.Bytes bytes
                && (key.sha256() == null || key.sha256().equals(bytes.sha256()))) {
            folder.write(key, bytes);
        }
        return fetched;
    }
}
