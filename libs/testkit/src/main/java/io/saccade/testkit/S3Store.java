package io.saccade.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * An object store on loopback that speaks as much of S3 as reading needs: GET of an object or of one version of it, by
 * path or by virtual host, with the errors AWS documents. It verifies every signature (AWS Signature Version 4, as the
 * Amazon S3 API reference describes it under "Authenticating Requests: Using the Authorization Header"), so that a client
 * whose signing is wrong is refused as it would be.
 */
public final class S3Store implements AutoCloseable {

    /** The one access key it knows; no secret. */
    public static final String ACCESS_KEY = "saccade-test-key";
    /** What that key signs with; no secret. */
    public static final String SECRET_KEY = "for/tests+only";
    /** The region it says it lies in. */
    public static final String REGION = "eu-central-1";

    private static final Pattern VERSION = Pattern.compile("(?:^|&)versionId=([^&]*)");

    private final HttpServer server;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, byte[]> objects = new ConcurrentHashMap<>();
    private final Map<String, HttpHandler> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    private S3Store(HttpServer server) {
        this.server = server;
        server.setExecutor(workers);
        server.createContext("/", this::handle);
        server.start();
    }

    /** An empty store. */
    public static S3Store start() {
        try {
            return new S3Store(HttpServer.create(
                    new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens, by an address: virtual hosts need a name that leads there. */
    public URI endpoint() {
        return endpoint("127.0.0.1");
    }

    /** Where it listens, by a name. */
    public URI endpoint(String host) {
        return URI.create("http://" + host + ":" + server.getAddress().getPort());
    }

    /** Keeps an object. */
    public S3Store put(String bucket, String key, byte[] bytes) {
        objects.put(bucket + "/" + key, bytes);
        return this;
    }

    /** Keeps one version of an object. */
    public S3Store put(String bucket, String key, String version, byte[] bytes) {
        objects.put(bucket + "/" + key + "?" + version, bytes);
        return this;
    }

    /** Answers requests for an object, once their signature is verified, as the handler does. */
    public S3Store answer(String bucket, String key, HttpHandler handler) {
        answers.put(bucket + "/" + key, handler);
        return this;
    }

    /** The objects that were asked for, as {@code bucket/key}, in order. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var complaint = complaint(exchange);
            if (complaint != null) {
                error(exchange, 403, complaint);
                return;
            }
            var name = name(exchange);
            asked.add(name);
            var answer = answers.get(name);
            if (answer != null) {
                answer.handle(exchange);
                return;
            }
            var query = exchange.getRequestURI().getQuery();
            var versioned = query == null ? null : VERSION.matcher(query);
            var version = versioned != null && versioned.find() ? "?" + versioned.group(1) : "";
            var bytes = objects.get(name + version);
            if (bytes == null) {
                error(exchange, 404, version.isEmpty() ? "NoSuchKey" : "NoSuchVersion");
            } else {
                WebHost.send(exchange, 200, bytes);
            }
        }
    }

    private static String name(HttpExchange exchange) {
        var host = exchange.getRequestHeaders().getFirst("Host").replaceFirst(":[0-9]*$", "");
        var path = exchange.getRequestURI().getPath().substring(1);
        int dot = host.indexOf('.');
        boolean virtual = dot > 0 && !host.matches("[0-9.]+") && host.endsWith(".s3.test");
        return virtual ? host.substring(0, host.length() - ".s3.test".length()) + "/" + path : path;
    }

    /** An error as S3 writes it. */
    public static void error(HttpExchange exchange, int status, String code) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/xml");
        WebHost.send(
                exchange,
                status,
                ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code
                                + "</Code><Message>said by a test</Message><RequestId>1</RequestId></Error>")
                        .getBytes(UTF_8));
    }

    /** The code of what is wrong with a request's signature, or null. */
    private static @Nullable String complaint(HttpExchange exchange) {
        var headers = exchange.getRequestHeaders();
        var authorization = headers.getFirst("Authorization");
        if (authorization == null || !authorization.startsWith("AWS4-HMAC-SHA256 ")) {
            return "AccessDenied";
        }
        var parts = Arrays.stream(
                        authorization.substring("AWS4-HMAC-SHA256 ".length()).split(", *"))
                .map(part -> part.split("=", 2))
                .collect(Collectors.toMap(part -> part[0], part -> part[1]));
        var credential = parts.getOrDefault("Credential", "").split("/", -1);
        if (!credential[0].equals(ACCESS_KEY)) {
            return "InvalidAccessKeyId";
        }
        var signed = parts.getOrDefault("SignedHeaders", "").split(";");
        var canonicalHeaders = Arrays.stream(signed)
                .map(name -> name + ":"
                        + headers.getOrDefault(name, List.of()).stream()
                                .map(String::strip)
                                .collect(Collectors.joining(","))
                        + "\n")
                .collect(Collectors.joining());
        var canonical = String.join(
                "\n",
                exchange.getRequestMethod(),
                exchange.getRequestURI().getRawPath(),
                query(exchange.getRequestURI().getRawQuery()),
                canonicalHeaders,
                parts.getOrDefault("SignedHeaders", ""),
                Objects.requireNonNull(headers.getFirst("x-amz-content-sha256")));
        var scope = String.join("/", Arrays.copyOfRange(credential, 1, credential.length));
        var toSign = String.join(
                "\n",
                "AWS4-HMAC-SHA256",
                headers.getFirst("x-amz-date"),
                scope,
                HexFormat.of().formatHex(sha256(canonical.getBytes(UTF_8))));
        var key = ("AWS4" + SECRET_KEY).getBytes(UTF_8);
        for (var step : List.of(credential[1], credential[2], "s3", "aws4_request")) {
            key = hmac(key, step);
        }
        var expected = HexFormat.of().formatHex(hmac(key, toSign));
        return expected.equals(parts.getOrDefault("Signature", "").toLowerCase(Locale.ROOT))
                        && credential[2].equals(REGION)
                ? null
                : "SignatureDoesNotMatch";
    }

    private static String query(@Nullable String raw) {
        if (raw == null) {
            return "";
        }
        var sorted = new TreeMap<String, String>();
        for (var pair : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            sorted.put(equals < 0 ? pair : pair.substring(0, equals), equals < 0 ? "" : pair.substring(equals + 1));
        }
        return sorted.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining("&"));
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }
}
