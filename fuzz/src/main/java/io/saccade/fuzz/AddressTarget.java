package io.saccade.fuzz;

import io.saccade.guard.Resolver;
import io.saccade.guard.UrlGuard;
import io.saccade.guard.UrlPolicy;
import io.saccade.guard.Verdict;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;

/** An address: the guard lets exactly those be reached that are public, as a name's answer and as a literal. */
public final class AddressTarget {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final UrlPolicy POLICY =
            UrlPolicy.standard().toBuilder().literals(true).build();
    private static volatile InetAddress answer = InetAddress.getLoopbackAddress();
    private static final Resolver ONE = _ -> List.of(answer);
    private static final UrlGuard GUARD = new UrlGuard(ONE);

    private AddressTarget() {}

    /** Called by the fuzzer first, so that loading does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput(new byte[16]);
    }

    /** Called by the fuzzer: of the data the first sixteen bytes count, or the first four. */
    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length < 4) {
            return;
        }
        byte[] bytes = Arrays.copyOf(data, data.length < 16 ? 4 : 16);
        boolean expected = Reachable.isPublic(bytes);
        InetAddress address = address(bytes);
        answer = address;
        check(GUARD.check("https://name.example/", POLICY, LONG), expected, address);
        check(GUARD.check("https://" + spelt(bytes) + "/", POLICY, LONG), expected, address);
    }

    private static void check(Verdict verdict, boolean expected, InetAddress address) {
        switch (verdict) {
            case Verdict.Allowed(var _, var addresses) -> {
                if (!expected || !addresses.equals(List.of(address))) {
                    throw new AssertionError(address + " must not be reached, got " + verdict);
                }
            }
            case Verdict.Forbidden(var code, var sentence, var kind) -> {
                if (expected) {
                    throw new AssertionError(address + " is public, got " + code + ": " + sentence + ", " + kind);
                }
            }
            // A machine that is too busy to look up a name from memory says nothing of the address.
            case Verdict.Unresolved _ -> {}
        }
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }

    /** Every group in full, which needs no thought of how zeros are left out. */
    private static String spelt(byte[] bytes) {
        if (bytes.length == 4) {
            return (bytes[0] & 255) + "." + (bytes[1] & 255) + "." + (bytes[2] & 255) + "." + (bytes[3] & 255);
        }
        var groups = new StringJoiner(":", "[", "]");
        for (int i = 0; i < 16; i += 2) {
            groups.add(Integer.toHexString((bytes[i] & 255) << 8 | (bytes[i + 1] & 255)));
        }
        return groups.toString();
    }
}
