package io.saccade.guard;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A name, or all names below one.
 *
 * @param name       in lower case, without a leading {@code *.}
 * @param subdomains whether the names below it are meant, at any depth and without itself; if not, itself only
 */
public record HostPattern(String name, boolean subdomains) {

    private static final Pattern NAME =
            Pattern.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*");

    /** @throws IllegalArgumentException if the name is none that a URL may hold */
    public HostPattern {
        requireNonNull(name, "name");
        if (!isName(name)) {
            throw new IllegalArgumentException(
                    "a host must be lower-case labels of letters, digits and hyphens joined by dots, got '" + name
                            + "'");
        }
    }

    /**
     * Reads {@code example.com} or {@code *.example.com}; upper case is made lower.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static HostPattern parse(String text) {
        var lower = text.toLowerCase(Locale.ROOT);
        return lower.startsWith("*.") ? new HostPattern(lower.substring(2), true) : new HostPattern(lower, false);
    }

    /** Whether the text, in lower case, could be asked of a name server. */
    static boolean isName(String text) {
        return text.length() <= 253 && NAME.matcher(text).matches();
    }

    /** Whether the host, in lower case, is meant. */
    public boolean matches(String host) {
        return subdomains ? host.endsWith("." + name) : host.equals(name);
    }

    @Override
    public String toString() {
        return subdomains ? "*." + name : name;
    }
}
