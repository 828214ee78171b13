package io.saccade.guard;

import io.saccade.guard.Verdict.Forbidden;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes a URL apart where RFC 3986 and the WHATWG's URL standard agree, and refuses it where they do not: an attacker
 * lives on the difference between the program that checks and the one that connects. Nothing is repaired, except that
 * characters which may not stand in a path are percent-encoded there, as both say.
 */
final class UrlReader {

    /** Longer ones are refused: servers do not take them either. */
    static final int LONGEST = 8_192;

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]{0,30}:");
    private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+|0[xX][0-9a-fA-F]*");
    private static final String UNRESERVED_AND_DELIMITERS = "-._~!$&'()*+,;=:@/?";
    private static final String HEX = "0123456789ABCDEF";

    private UrlReader() {}

    /** Either of them is there. */
    record Result(@Nullable Place place, @Nullable Forbidden refusal) {}

    static Result read(String url, UrlPolicy policy) {
        if (url.length() > LONGEST) {
            return bad("a URL may have at most " + LONGEST + " characters, got " + url.length());
        }
        for (int i = 0; i < url.length(); i++) {
            char c = url.charAt(i);
            if (c <= ' ' || (c >= 0x7f && c <= 0xa0)) {
                return bad("a URL must hold no spaces and no control characters");
            }
            if (c == '\\') {
                return bad("a URL must hold no backslash: some programs take it for a slash");
            }
        }
        var matcher = SCHEME.matcher(url);
        if (!matcher.lookingAt()) {
            return bad("a URL must be absolute and begin with a scheme");
        }
        var scheme = url.substring(0, matcher.end() - 1).toLowerCase(Locale.ROOT);
        if (!policy.schemes().contains(scheme)) {
            return refused(
                    FetchCode.SCHEME_FORBIDDEN,
                    "the scheme must be one of "
                            + policy.schemes().stream().sorted().toList() + ", got " + scheme);
        }
        if (!url.startsWith("//", matcher.end())) {
            return bad("two slashes must follow the scheme");
        }
        int start = matcher.end() + 2;
        int end = start;
        while (end < url.length() && "/?#".indexOf(url.charAt(end)) < 0) {
            end++;
        }
        return place(scheme, url.substring(start, end), url.substring(end), policy);
    }

    private static Result place(String scheme, String authority, String rest, UrlPolicy policy) {
        if (authority.indexOf('@') >= 0) {
            return refused(FetchCode.USERINFO_FORBIDDEN, "a URL must hold no user name and no password");
        }
        if (authority.isEmpty() || authority.startsWith(":")) {
            return bad("a URL must name a host");
        }
        if (authority.chars().anyMatch(c -> c >= 0x80)) {
            return ambiguous("a host must be ASCII; names in other scripts are written as xn--...");
        }
        if (authority.indexOf('%') >= 0) {
            return ambiguous("a host must hold neither a percent-encoded character nor a zone");
        }
        boolean bracketed = authority.charAt(0) == '[';
        int afterHost = bracketed ? authority.indexOf(']') + 1 : authority.indexOf(':');
        if (bracketed && afterHost == 0) {
            return ambiguous("a bracket in a host must be closed");
        }
        var host = afterHost < 0 ? authority : authority.substring(0, afterHost);
        var afterwards = authority.substring(host.length());
        int port = scheme.equals("https") ? 443 : 80;
        if (!afterwards.isEmpty()) {
            var digits = afterwards.substring(1);
            if (afterwards.charAt(0) != ':' || digits.indexOf(':') >= 0) {
                return ambiguous("an IPv6 address must stand in brackets, and only a port may follow a host");
            }
            if (!PORT.matcher(digits).matches() || Integer.parseInt(digits) > 65_535) {
                return bad("a port must be 1 to 65535, without leading zeros");
            }
            port = Integer.parseInt(digits);
        }
        var path = path(rest);
        if (path == null) {
            return bad("in path and query a percent sign must be followed by two hexadecimal digits, and every"
                    + " character must be one of Unicode");
        }
        if (bracketed) {
            var ip = Ip.parse(host.substring(1, host.length() - 1));
            return ip == null || ip.isV4()
                    ? ambiguous("in brackets there must be an IPv6 address")
                    : literal(scheme, ip, port, path, policy);
        }
        return hostAndPort(scheme, host.toLowerCase(Locale.ROOT), port, path, policy);
    }

    private static Result hostAndPort(String scheme, String host, int port, String path, UrlPolicy policy) {
        var ip = Ip.parse(host);
        if (ip != null) {
            return literal(scheme, ip, port, path, policy);
        }
        if (host.startsWith(".") || host.endsWith(".") || host.contains("..")) {
            return ambiguous("a host must neither begin nor end with a dot, and its dots stand alone");
        }
        // WHATWG 3.5: whatever ends in a number is an IPv4 address, in decimal, octal or hexadecimal, whole or in
        // parts.
        if (NUMBER.matcher(host.substring(host.lastIndexOf('.') + 1)).matches()) {
            return ambiguous("an IPv4 address must be four decimal numbers of 0 to 255 without leading zeros");
        }
        if (!HostPattern.isName(host)) {
            return ambiguous("a host must be labels of letters, digits and hyphens joined by dots");
        }
        if (!policy.ports().contains(port)) {
            return port(port, policy);
        }
        if (!policy.mayAsk(host)) {
            return refused(
                    FetchCode.HOST_FORBIDDEN, "the host " + host + " is not one that the policy lets anyone ask");
        }
        return new Result(new Place(scheme, host, port, path), null);
    }

    private static Result literal(String scheme, Ip ip, int port, String path, UrlPolicy policy) {
        if (!policy.ports().contains(port)) {
            return port(port, policy);
        }
        var obstacle = policy.obstacle(ip);
        if (obstacle.isPresent()) {
            return new Result(null, UrlGuard.forbidden(obstacle.get(), "the address " + ip));
        }
        return policy.mayBeWritten(ip)
                ? new Result(new Place(scheme, ip.toString(), port, path), null)
                : refused(FetchCode.HOST_FORBIDDEN, "a URL must name its host, got the address " + ip);
    }

    /** Path and query as they are sent; null if they cannot be. */
    private static @Nullable String path(String rest) {
        int fragment = rest.indexOf('#');
        var given = fragment < 0 ? rest : rest.substring(0, fragment);
        ByteBuffer bytes;
        try {
            bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(given));
        } catch (CharacterCodingException e) {
            return null;
        }
        var path = new StringBuilder(given.length() + 1);
        if (!given.startsWith("/")) {
            path.append('/');
        }
        while (bytes.hasRemaining()) {
            int b = bytes.get() & 0xff;
            if (b == '%') {
                if (bytes.remaining() < 2
                        || notHex(bytes.get(bytes.position()))
                        || notHex(bytes.get(bytes.position() + 1))) {
                    return null;
                }
                path.append('%');
            } else if (b < 0x80 && (Character.isLetterOrDigit(b) || UNRESERVED_AND_DELIMITERS.indexOf(b) >= 0)) {
                path.append((char) b);
            } else {
                path.append('%').append(HEX.charAt(b >> 4)).append(HEX.charAt(b & 15));
            }
        }
        return path.toString();
    }

    private static boolean notHex(byte b) {
        return Character.digit(b, 16) < 0;
    }

    /**
     * What a {@code Location} header says, seen from where it came: RFC 3986, section 5.2, as an absolute URL. It is not
     * checked here.
     */
    static String resolve(Place from, String reference) {
        if (SCHEME.matcher(reference).lookingAt()) {
            return reference;
        }
        if (reference.startsWith("//")) {
            return from.scheme() + ':' + reference;
        }
        var origin = from.scheme() + "://" + from.authority();
        int query = from.path().indexOf('?');
        var path = query < 0 ? from.path() : from.path().substring(0, query);
        if (reference.isEmpty() || reference.startsWith("#")) {
            return origin + from.path();
        }
        if (reference.startsWith("?")) {
            return origin + path + reference;
        }
        int end = 0;
        while (end < reference.length() && "?#".indexOf(reference.charAt(end)) < 0) {
            end++;
        }
        var target = reference.startsWith("/")
                ? reference.substring(0, end)
                : path.substring(0, path.lastIndexOf('/') + 1) + reference.substring(0, end);
        return origin + withoutDots(target) + reference.substring(end);
    }

    private static String withoutDots(String path) {
        var kept = new java.util.ArrayDeque<String>();
        var segments = path.substring(1).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            boolean last = i == segments.length - 1;
            switch (segments[i]) {
                case ".." -> {
                    kept.pollLast();
                    if (last) {
                        kept.add("");
                    }
                }
                case "." -> {
                    if (last) {
                        kept.add("");
                    }
                }
                default -> kept.add(segments[i]);
            }
        }
        return '/' + String.join("/", kept);
    }

    private static Result bad(String sentence) {
        return refused(FetchCode.BAD_URI, sentence);
    }

    private static Result ambiguous(String sentence) {
        return refused(FetchCode.HOST_AMBIGUOUS, sentence);
    }

    private static Result port(int port, UrlPolicy policy) {
        return refused(
                FetchCode.PORT_FORBIDDEN,
                "the port must be one of " + policy.ports().stream().sorted().toList() + ", got " + port);
    }

    private static Result refused(FetchCode code, String sentence) {
        return new Result(null, new Forbidden(code, sentence, null));
    }
}
