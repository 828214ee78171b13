package io.saccade.guard;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@link UrlGuard} says of a URL. */
public sealed interface Verdict {

    /**
     * It may be fetched, from these addresses and no others: asking for the name again may bring others.
     *
     * @param place     where it is
     * @param addresses all addresses of the host, each checked, in the order in which they should be tried; at least one
     */
    record Allowed(Place place, List<InetAddress> addresses) implements Verdict {

        public Allowed {
            requireNonNull(place, "place");
            addresses = List.copyOf(addresses);
            if (addresses.isEmpty()) {
                throw new IllegalArgumentException("an allowed place has at least one address");
            }
        }
    }

    /**
     * It must not be fetched.
     *
     * @param code     why, for machines
     * @param sentence why, for people; holds neither path nor query nor user name, nor an address that a name led to
     * @param kind     what the address is that stood in the way, if one did
     */
    record Forbidden(
            FetchCode code, String sentence, @Nullable AddressKind kind) implements Verdict {

        public Forbidden {
            requireNonNull(code, "code");
            requireNonNull(sentence, "sentence");
        }
    }

    /** No address was found, or not in time. It may be later. */
    record Unresolved(FetchCode code, String sentence) implements Verdict {

        public Unresolved {
            requireNonNull(code, "code");
            requireNonNull(sentence, "sentence");
        }
    }
}
