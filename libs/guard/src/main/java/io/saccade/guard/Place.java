package io.saccade.guard;

import static java.util.Objects.requireNonNull;

import java.net.URI;

/**
 * The parts of a URL that every parser reads alike.
 *
 * @param scheme {@code http} or {@code https}
 * @param host   a name in lower case, or an address as RFC 5952 writes it, without brackets
 * @param port   1 to 65535
 * @param path   what the request asks for: path and query in printable ASCII, beginning with {@code /}, without fragment
 */
public record Place(String scheme, String host, int port, String path) {

    public Place {
        requireNonNull(scheme, "scheme");
        requireNonNull(host, "host");
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port must be 1 to 65535, got " + port);
        }
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path must begin with /");
        }
    }

    /** Whether this place is asked in the clear or not. */
    public boolean encrypted() {
        return scheme.equals("https");
    }

    /** Host and port as the {@code Host} header has them: the port only where the scheme does not say it already. */
    public String authority() {
        var name = host.indexOf(':') < 0 ? host : '[' + host + ']';
        return port == (encrypted() ? 443 : 80) ? name : name + ':' + port;
    }

    /** The whole, query included: not for logs. */
    public URI uri() {
        return URI.create(scheme + "://" + authority() + path);
    }

    /** Without path and query: they may hold secrets. */
    @Override
    public String toString() {
        return scheme + "://" + authority();
    }
}
