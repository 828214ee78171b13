package io.saccade.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.guard.Place;
import io.saccade.guard.UrlGuard;
import io.saccade.guard.UrlPolicy;
import io.saccade.guard.Verdict;
import java.net.InetAddress;
import java.net.MalformedURLException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * A URL of a stranger, and behind a line break where it redirects to: what is let through is read alike by other programs,
 * leads to public addresses only, and holds nothing that was not written there.
 */
public final class UrlTarget {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final InetAddress PUBLIC = InetAddress.ofLiteral("93.184.215.14");
    private static final UrlPolicy POLICY =
            UrlPolicy.standard().toBuilder().literals(true).build();
    private static final UrlGuard GUARD = new UrlGuard(_ -> List.of(PUBLIC));

    private UrlTarget() {}

    /** Called by the fuzzer first, so that loading does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("https://a.example/\n/b".getBytes(UTF_8));
    }

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        var text = new String(data, UTF_8);
        int end = text.indexOf('\n');
        var url = end < 0 ? text : text.substring(0, end);
        if (!(GUARD.check(url, POLICY, LONG) instanceof Verdict.Allowed allowed)) {
            return;
        }
        check(allowed);
        checkThatTheHostIsWrittenThere(url, allowed.place());
        if (end >= 0) {
            redirect(allowed.place(), text.substring(end + 1));
        }
    }

    private static void redirect(Place from, String location) {
        if (GUARD.checkRedirect(from, location, POLICY, LONG) instanceof Verdict.Allowed allowed) {
            check(allowed);
            if (from.encrypted() && !allowed.place().encrypted()) {
                throw new AssertionError("a redirect must not lead from https to http, got " + allowed);
            }
        }
    }

    private static void check(Verdict.Allowed allowed) {
        var place = allowed.place();
        for (var address : allowed.addresses()) {
            if (!Reachable.isPublic(address.getAddress())) {
                throw new AssertionError(address + " must not be reached, got " + allowed);
            }
        }
        if (!List.of("http", "https").contains(place.scheme())
                || !List.of(80, 443).contains(place.port())) {
            throw new AssertionError("scheme and port must be those of the policy, got " + place);
        }
        if (!place.path().chars().allMatch(c -> c > ' ' && c < 0x7f && c != '#' && c != '\\')) {
            throw new AssertionError("what is sent must be printable ASCII without a fragment, got " + place.uri());
        }
        readAlikeByTheJdk(place);
        if (!(GUARD.check(place.uri().toString(), POLICY, LONG) instanceof Verdict.Allowed again)
                || !again.place().equals(place)) {
            throw new AssertionError("what is let through must be let through as the same, got " + place.uri());
        }
    }

    private static void readAlikeByTheJdk(Place place) {
        URI uri = place.uri();
        var host = place.host().indexOf(':') < 0 ? place.host() : "[" + place.host() + "]";
        int written = uri.getPort() < 0 ? place.encrypted() ? 443 : 80 : uri.getPort();
        // java.net.URI knows no host with an underscore; its authority is the same all the same.
        var read = uri.getHost() == null ? uri.getRawAuthority().replaceFirst(":[0-9]+$", "") : uri.getHost();
        if (!host.equals(read) || uri.getRawUserInfo() != null || (uri.getHost() != null && written != place.port())) {
            throw new AssertionError("java.net.URI must read the same host, got " + read + " for " + place);
        }
        try {
            if (!host.equals(uri.toURL().getHost())) {
                throw new AssertionError("java.net.URL must read the same host for " + place);
            }
        } catch (MalformedURLException e) {
            throw new AssertionError("java.net.URL must read " + place, e);
        }
    }

    /** Nothing is decoded, mapped or joined on the way from the text to a name; an address has more than one spelling. */
    private static void checkThatTheHostIsWrittenThere(String url, Place place) {
        var behind = url.substring(url.indexOf("//") + 2).toLowerCase(Locale.ROOT);
        boolean literal = behind.startsWith("[");
        if (!literal && !behind.startsWith(place.host())) {
            throw new AssertionError("the host must be written in the URL, got " + place);
        }
        if (!literal
                && behind.length() > place.host().length()
                && ":/?#".indexOf(behind.charAt(place.host().length())) < 0) {
            throw new AssertionError("the host must end where it ends in the URL, got " + place);
        }
    }
}
