package io.saccade.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A web server on loopback that answers as a test says, and remembers what it was asked. */
public final class WebHost implements AutoCloseable {

    private final HttpServer server;
    private final String scheme;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, HttpHandler> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    private WebHost(HttpServer server, String scheme) {
        this.server = server;
        this.scheme = scheme;
        server.setExecutor(workers);
        server.createContext("/", this::handle);
        server.start();
    }

    /** One that speaks http. */
    public static WebHost plain() {
        try {
            return plain(loopback());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * One that speaks http, at an address of this machine.
     *
     * @throws IOException if somebody listens there already, or the machine has no such address
     */
    public static WebHost plain(InetSocketAddress address) throws IOException {
        return new WebHost(HttpServer.create(address, 0), "http");
    }

    /** One that speaks https. */
    public static WebHost encrypted(TestCertificate certificate) {
        try {
            return encrypted(certificate, loopback());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * One that speaks https, at an address of this machine.
     *
     * @throws IOException if somebody listens there already, or the machine has no such address
     */
    public static WebHost encrypted(TestCertificate certificate, InetSocketAddress address) throws IOException {
        var server = HttpsServer.create(address, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate.serverContext()));
        return new WebHost(server, "https");
    }

    private static InetSocketAddress loopback() throws IOException {
        return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0);
    }

    /** Answers GET with these bytes. */
    public WebHost serve(String path, String contentType, byte[] body) {
        return answer(path, exchange -> {
            exchange.getResponseHeaders().set("Content-Type", contentType);
            send(exchange, 200, body);
        });
    }

    /** Answers as the handler does. */
    public WebHost answer(String path, HttpHandler handler) {
        answers.put(path, handler);
        return this;
    }

    /** A whole answer. */
    public static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        try (var out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    /** The address of a path, by the name {@code localhost}. */
    public URI uri(String path) {
        return uri("localhost", path);
    }

    /** The address of a path, by a name that leads here for whoever asks. */
    public URI uri(String host, String path) {
        return URI.create(scheme + "://" + host + ":" + port() + path);
    }

    /** The port. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** The paths that were asked for, in order. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            asked.add(exchange.getRequestURI().getRawPath());
            var answer = answers.get(exchange.getRequestURI().getRawPath());
            if (answer == null) {
                send(exchange, 404, new byte[0]);
            } else {
                answer.handle(exchange);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }
}
