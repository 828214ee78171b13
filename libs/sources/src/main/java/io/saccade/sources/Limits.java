package io.saccade.sources;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how many fetches are at work at once, from one host and for one tenant: no host is overrun, and no tenant's slow
 * hosts take every place. Who finds no place waits within its budget, first come, first served. Keys that nobody uses take
 * no memory.
 */
final class Limits implements ImageSource {

    private final Remote source;
    private final Places hosts;
    private final Places tenants;

    /** Bounds, both at least 1. */
    Limits(Remote source, int perHost, Places tenants) {
        this.source = source;
        this.hosts = new Places(perHost);
        this.tenants = tenants;
    }

    @Override
    public Fetched fetch(Wanted wanted) throws InterruptedException {
        // Always in this order, so that no two wait for each other.
        try (var tenant = tenants.enter(wanted.tenant(), wanted.budget())) {
            if (!tenant.entered()) {
                return busy("for this tenant");
            }
            try (var host = hosts.enter(source.host(wanted), wanted.budget())) {
                return host.entered() ? source.fetch(wanted) : busy("from this host");
            }
        }
    }

    private static Fetched busy(String where) {
        return Fetched.failed(
                SourceCode.BUSY,
                "as many fetches as allowed were at work " + where + " all the time",
                Fetched.Blame.OURS);
    }

    /** So many places for each key. */
    static final class Places {

        private final int each;
        private final Map<String, Used> used = new ConcurrentHashMap<>();

        Places(int each) {
            if (each < 1) {
                throw new IllegalArgumentException("there must be at least 1 place, got " + each);
            }
            this.each = each;
        }

        Place enter(String key, Budget budget) throws InterruptedException {
            var places = used.compute(
                    key, (_, known) -> known == null ? new Used(new Semaphore(each, true), 1) : known.plus(1));
            boolean entered = false;
            try {
                entered = places.semaphore().tryAcquire(budget.left().toNanos(), TimeUnit.NANOSECONDS);
                return new Place(this, key, places.semaphore(), entered);
            } finally {
                if (!entered) {
                    leave(key);
                }
            }
        }

        private void leave(String key) {
            used.computeIfPresent(key, (_, known) -> known.users() == 1 ? null : known.plus(-1));
        }

        int keys() {
            return used.size();
        }

        private record Used(Semaphore semaphore, int users) {

            Used plus(int more) {
                return new Used(semaphore, users + more);
            }
        }
    }

    /** A place that is had, or the news that there was none. */
    record Place(Places places, String key, Semaphore semaphore, boolean entered) implements AutoCloseable {

        @Override
        public void close() {
            if (entered) {
                semaphore.release();
                places.leave(key);
            }
        }
    }
}
