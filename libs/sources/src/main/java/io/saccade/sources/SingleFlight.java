package io.saccade.sources;

import io.saccade.guard.FetchCode;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lets one of several that want the same thing at the same time fetch it, and gives all of them its bytes or its refusal.
 * A failure is not shared: it may have come from the first one's short budget, so the next one tries for itself.
 */
final class SingleFlight implements ImageSource {

    private final ImageSource next;
    private final Map<CacheKey, CompletableFuture<Fetched>> atWork = new ConcurrentHashMap<>();
    private final LongAdder together = new LongAdder();

    SingleFlight(ImageSource next) {
        this.next = next;
    }

    @Override
    public Fetched fetch(Wanted wanted) throws InterruptedException {
        var key = CacheKey.of(wanted);
        while (true) {
            var mine = new CompletableFuture<Fetched>();
            var theirs = atWork.putIfAbsent(key, mine);
            if (theirs == null) {
                return lead(key, mine, wanted);
            }
            try {
                var fetched = theirs.get(wanted.budget().left().toNanos(), TimeUnit.NANOSECONDS);
                if (!(fetched instanceof Fetched.Failed)) {
                    together.increment();
                    return fetched;
                }
            } catch (ExecutionException e) {
                // The first one was interrupted, or met a defect that it reports itself: the next one leads.
            } catch (TimeoutException e) {
                return Fetched.failed(
                        FetchCode.TIMED_OUT,
                        "the same image was being fetched all the time there was",
                        Fetched.Blame.OURS);
            }
        }
    }

    /** How often somebody got what another one fetched, since the start. */
    long together() {
        return together.sum();
    }

    private Fetched lead(CacheKey key, CompletableFuture<Fetched> mine, Wanted wanted) throws InterruptedException {
        try {
            var fetched = next.fetch(wanted);
            atWork.remove(key, mine);
            mine.complete(fetched);
            return fetched;
        } finally {
            atWork.remove(key, mine);
            mine.completeExceptionally(new IllegalStateException("the fetch had no end")); // unless it had one
        }
    }
}
