package io.saccade.sources;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is done about images on other machines, in one order: forbidden before anything is looked up, shared by those who
 * want the same at once, looked up in the cache, tried once more when that can help, left alone while its host fails,
 * limited by host and tenant.
 */
final class Chain implements ImageSource {

    private final Remote source;
    private final Circuits circuits;
    private final @Nullable Cached cached;
    private final SingleFlight shared;

    Chain(Remote source, SourceSettings settings, Limits.Places tenants, ImageSources.Surroundings surroundings) {
        this.source = source;
        var limited = new Limits(source, settings.perHost(), tenants);
        circuits = new Circuits(source, limited, settings.rest().rules(), surroundings.nanoTime());
        var twice = new OnceMore(circuits, surroundings.random(), surroundings.sleep());
        cached = cached(settings.cache(), twice, surroundings);
        shared = new SingleFlight(cached == null ? twice : cached);
    }

    private static @Nullable Cached cached(
            Optional<SourceSettings.Cache> wanted, ImageSource next, ImageSources.Surroundings surroundings) {
        return wanted.map(cache -> new Cached(
                        new SharedFolder(
                                cache.folder(),
                                new SharedFolder.Bounds(cache.bytes(), cache.entries(), cache.fresh()),
                                surroundings.clock()),
                        next,
                        surroundings.sleep()))
                .orElse(null);
    }

    @Override
    public Fetched fetch(Wanted wanted) throws InterruptedException {
        var forbidden = source.forbids(wanted);
        return forbidden == null ? shared.fetch(wanted) : forbidden;
    }

    HostStates hosts() {
        return circuits.states();
    }

    Sharing sharing() {
        var together = new Sharing(0, 0, shared.together(), 0);
        return cached == null ? together : together.plus(cached.sharing());
    }
}
