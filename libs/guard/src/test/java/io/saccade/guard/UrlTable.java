package io.saccade.guard;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The committed tables of URLs. */
public final class UrlTable {

    private static final Pattern ESCAPE = Pattern.compile("\\\\u([0-9a-f]{4})");

    private UrlTable() {}

    /** A URL that must not be fetched, why, what its address is ({@code -} for none), and what a name server answers. */
    public record Forbidden(String url, String code, String kind, List<InetAddress> answers) {
        @Override
        public String toString() {
            return UrlTable.visible(url);
        }
    }

    /** A URL that may be fetched, how it is asked for, and what a name server answers. */
    public record Public(String url, String host, int port, String path, List<InetAddress> answers) {
        @Override
        public String toString() {
            return UrlTable.visible(url);
        }
    }

    public static List<Forbidden> forbidden() {
        return lines("forbidden-urls.tsv")
                .map(line -> new Forbidden(unescaped(line[0]), line[1], line[2], addresses(line[3])))
                .toList();
    }

    public static List<Public> everyones() {
        return lines("public-urls.tsv")
                .map(line ->
                        new Public(unescaped(line[0]), line[1], Integer.parseInt(line[2]), line[3], addresses(line[4])))
                .toList();
    }

    private static Stream<String[]> lines(String name) {
        var stream = Objects.requireNonNull(UrlTable.class.getResourceAsStream("/io/saccade/guard/" + name), name);
        try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            return reader
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String unescaped(String text) {
        return ESCAPE.matcher(text)
                .replaceAll(match -> java.util.regex.Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(match.group(1), 16))));
    }

    private static String visible(String text) {
        var visible = new StringBuilder();
        text.chars()
                .forEach(c -> visible.append(c > ' ' && c < 0x7f ? String.valueOf((char) c) : "\\u%04x".formatted(c)));
        return visible.toString();
    }

    private static List<InetAddress> addresses(String text) {
        return text.equals("-")
                ? List.of()
                : Stream.of(text.split(",")).map(UrlTable::address).toList();
    }

    /** Of a literal; asks no name server. */
    public static InetAddress address(String literal) {
        try {
            return InetAddress.ofLiteral(literal);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("no address: " + literal, e);
        }
    }

    /** Answers every name alike. */
    public static Resolver answering(List<InetAddress> answers) {
        return name -> {
            if (answers.isEmpty()) {
                throw new UnknownHostException(name);
            }
            return answers;
        };
    }
}
