package io.saccade.sources;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.ImageRef;
import io.saccade.guard.http.GuardedHttp;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an image, wherever an event says they are: inline, {@code data:}, {@code file:}, {@code https:}, {@code
 * http:}, {@code s3:}. What is read is bounded in size and time, its digest is recorded and, when the event gives one,
 * verified. A media type that an event, a URI or a server declares is never believed: the decoder looks at the bytes, and
 * refuses those that are no image, whatever they are called.
 *
 * <p>What lies on other machines is also shared, cached, tried once more, left alone while its host fails, and
 * limited by host and tenant.
 *
 * <p>Thread-safe. Blocks: made for a virtual thread each.
 */
public final class ImageSources implements AutoCloseable {

    private final Map<String, ImageSource> byScheme;
    private final List<AutoCloseable> owned;

    /**
     * Checks the settings and opens what is switched on; nothing is connected to yet.
     *
     * @throws IllegalArgumentException if a setting cannot be used; its message names the setting
     */
    public static ImageSources of(SourceSettings settings) {
        return of(settings, GuardedHttp::create);
    }

    static ImageSources of(SourceSettings settings, Supplier<GuardedHttp> http) {
        var surroundings = new Surroundings(
                System::nanoTime,
                Clock.systemUTC(),
                () -> ThreadLocalRandom.current().nextDouble(),
                Thread::sleep);
        var schemes = new HashMap<String, ImageSource>();
        var owned = new ArrayList<AutoCloseable>();
        schemes.put("file", new FileSource(settings.fileRoots(), settings.maxBytes()));
        schemes.put("data", new DataSource(settings.maxBytes()));
        var tenants = new Limits.Places(settings.perTenant());
        if (!settings.web().schemes().isEmpty()) {
            var web = new WebSource(settings.web(), settings.maxBytes(), http.get());
            owned.add(web);
            var chain = new Chain(web, settings, tenants, surroundings);
            settings.web().schemes().forEach(scheme -> schemes.put(scheme, chain));
        }
        if (!settings.s3().access().isEmpty()) {
            var s3 = new S3Source(settings.s3(), settings.maxBytes());
            owned.add(s3);
            schemes.put("s3", new Chain(s3, settings, tenants, surroundings));
        }
        return new ImageSources(schemes, owned);
    }

    ImageSources(Map<String, ImageSource> byScheme, List<AutoCloseable> owned) {
        this.byScheme = Map.copyOf(byScheme);
        this.owned = List.copyOf(owned);
    }

    /**
     * What tests replace.
     *
     * @param nanoTime a monotonic clock
     * @param clock    tells the time
     * @param random   uniform in 0..1
     * @param sleep    waits, unless interrupted
     */
    record Surroundings(
            java.util.function.LongSupplier nanoTime,
            Clock clock,
            java.util.function.DoubleSupplier random,
            OnceMore.Sleep sleep) {}

    /**
     * Reads an image.
     *
     * @param tenant on whose behalf
     * @param budget how long there is
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public Fetched fetch(ImageRef image, String tenant, Budget budget) throws InterruptedException {
        var inline = image.inline();
        if (inline != null) {
            return verified(new Fetched.Bytes(inline.array(), EventIds.sha256(inline.array())), image.sha256());
        }
        URI uri = Objects.requireNonNull(image.uri(), "uri");
        var source = byScheme.get(String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT));
        if (source == null) {
            return Fetched.refused(
                    SourceCode.SCHEME_UNSUPPORTED,
                    "an image must come inline or by one of " + schemes() + " here, got the scheme '"
                            + excerpt(uri.getScheme()) + "'");
        }
        var fetched = source.fetch(new Wanted(uri, tenant, image.sha256(), budget));
        return fetched instanceof Fetched.Bytes bytes ? verified(bytes, image.sha256()) : fetched;
    }

    /** The ways that are switched on. */
    public Set<Way> ways() {
        var ways = EnumSet.of(Way.INLINE);
        byScheme.keySet().forEach(scheme -> ways.add(Way.valueOf(scheme.toUpperCase(Locale.ROOT))));
        return ways;
    }

    /** The hosts in trouble among those that are read in one way. {@code http:} and {@code https:} are counted together. */
    public HostStates hosts(Way way) {
        return byScheme.get(way.word()) instanceof Chain chain ? chain.hosts() : new HostStates(0, 0, 0);
    }

    /** How often one fetch served several. */
    public Sharing sharing() {
        return byScheme.values().stream()
                .distinct() // one chain may have two schemes
                .filter(Chain.class::isInstance)
                .map(chain -> ((Chain) chain).sharing())
                .reduce(new Sharing(0, 0, 0, 0), Sharing::plus);
    }

    private String schemes() {
        return String.join(
                ", ",
                byScheme.keySet().stream().sorted().map(scheme -> scheme + ":").toList());
    }

    private static String excerpt(String scheme) {
        return scheme.length() > 20 ? scheme.substring(0, 20) + "..." : scheme;
    }

    private static Fetched verified(Fetched.Bytes bytes, @Nullable String expected) {
        return expected == null || expected.equals(bytes.sha256())
                ? bytes
                : Fetched.refused(
                        SourceCode.DIGEST_MISMATCH,
                        "the bytes must have the SHA-256 " + expected + " of the event, but they have "
                                + bytes.sha256());
    }

    /** Gives back connections. Fetches at work may fail. */
    @Override
    public void close() {
        for (var source : owned) {
            try {
                source.close();
            } catch (Exception e) {
                throw new IllegalStateException("a source could not be closed", e);
            }
        }
    }
}
