package io.saccade.cli.stack;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;

/**
 * Whether a process takes work now.
 *
 * @param ready  whether it does
 * @param reason why not; empty when it does
 */
public record Health(boolean ready, String reason) {

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** It takes work. */
    public static final Health READY = new Health(true, "");

    static Health notReady(String reason) {
        return new Health(false, reason);
    }

    /** Asks a process that has just started. */
    static Health ask(Probe probe, Path log, HttpClient http) throws InterruptedException {
        return switch (probe) {
            case Probe.Http(var uri) -> get(uri, http);
            case Probe.LogLine(var start) -> hasLine(log, start) ? READY : notReady("opens its log");
        };
    }

    /** Asks a process by its {@link ProcessPlan#health()}. */
    public static Health ask(String health, HttpClient http) throws InterruptedException {
        var uri = URI.create(health);
        if (!"kafka".equals(uri.getScheme())) {
            return get(uri, http);
        }
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), (int) PATIENCE.toMillis());
            return READY;
        } catch (IOException e) {
            return notReady("nothing listens on " + uri.getHost() + ":" + uri.getPort());
        }
    }

    /** A client for such questions. */
    public static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
    }

    private static Health get(URI uri, HttpClient http) throws InterruptedException {
        try {
            var response = http.send(
                    HttpRequest.newBuilder(uri).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200 ? READY : notReady(reason(response.statusCode(), response.body()));
        } catch (IOException e) {
            return notReady("does not answer on port " + uri.getPort() + " yet");
        }
    }

    /** The checks that fail in a MicroProfile Health answer, with their data; else the status alone. */
    static String reason(int status, String body) {
        try {
            var failing = new ArrayList<String>();
            for (var check : JSON.readTree(body).path("checks")) {
                if (!"UP".equals(check.path("status").asText())) {
                    failing.add(check.path("name").asText("a check") + data(check.path("data")));
                }
            }
            if (!failing.isEmpty()) {
                return String.join("; ", failing);
            }
        } catch (JacksonException e) {
            // Triton answers without a body.
        }
        return "answers " + status;
    }

    private static String data(JsonNode data) {
        var pairs = new ArrayList<String>();
        data.properties()
                .forEach(entry ->
                        pairs.add(entry.getKey() + " " + entry.getValue().asText()));
        return pairs.isEmpty() ? "" : " (" + String.join(", ", pairs) + ")";
    }

    private static boolean hasLine(Path log, String start) {
        try (var lines = Files.lines(log, StandardCharsets.UTF_8)) {
            return lines.anyMatch(line -> line.startsWith(start));
        } catch (IOException | java.io.UncheckedIOException e) {
            return false; // not there yet, or cut inside a character
        }
    }
}
