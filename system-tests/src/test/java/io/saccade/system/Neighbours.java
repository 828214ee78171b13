package io.saccade.system;

import io.saccade.testkit.S3Store;
import io.saccade.testkit.TestCertificate;
import io.saccade.testkit.WebHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * What lies around a stack: web servers and a store that its stages may read from, at one address of this machine, and a
 * canary that they must never reach, at another one and on the web server's port. The stages' JVMs know names from a file
 * alone, which is read for every question, so that a name can change its address as a hostile name server's does.
 */
final class Neighbours implements AutoCloseable {

    /** A name of the web servers. */
    static final String OUTSIDE = "pictures.test";
    /** A name of the canary. */
    static final String INSIDE = "inside.test";
    /** A name of the web servers, until it is turned. */
    static final String TURNING = "turning.test";
    /** The one bucket that may be read. */
    static final String BUCKET = "photos";

    private static final String OPEN = "127.0.0.2";
    private static final String FORBIDDEN = "127.0.0.1";
    private static final int ATTEMPTS = 50;

    private final Path folder;
    private final Map<String, String> names = new LinkedHashMap<>();
    private final TestCertificate certificate;
    private final Canary canary;
    private final WebHost web;
    private final WebHost encrypted;
    private final S3Store store;

    private Neighbours(Path folder, Canary canary, WebHost web) throws IOException {
        this.folder = folder;
        this.canary = canary;
        this.web = web;
        this.certificate = TestCertificate.in(folder, OUTSIDE);
        this.encrypted = WebHost.encrypted(certificate, at(OPEN, 0));
        this.store = S3Store.start();
        names.put("localhost", FORBIDDEN);
        ownName().ifPresent(name -> names.put(name, FORBIDDEN)); // what libraries ask for the sake of their logs
        names.put(OUTSIDE, OPEN);
        names.put(TURNING, OPEN);
        names.put(INSIDE, FORBIDDEN);
        writeNames();
    }

    /** Starts all of them; nothing where this machine has no second address on loopback, as macOS has none unasked. */
    static Optional<Neighbours> start(Path folder) throws IOException {
        try (var socket = new ServerSocket()) {
            socket.bind(at(OPEN, 0));
        } catch (BindException e) {
            return Optional.empty();
        }
        for (int attempt = 1; ; attempt++) {
            var canary = new Canary(FORBIDDEN);
            try {
                return Optional.of(new Neighbours(folder, canary, WebHost.plain(at(OPEN, canary.port()))));
            } catch (BindException e) {
                canary.close(); // its port is taken at the other address
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static Optional<String> ownName() {
        try {
            return Optional.of(InetAddress.getLocalHost().getHostName());
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static InetSocketAddress at(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    /** What an operator sets so that the stages read from here, and what the JVMs must know. */
    Map<String, String> environment() {
        var environment = new HashMap<String, String>();
        environment.put("SACCADE_IMAGES_WEB_HTTP", "true");
        environment.put("SACCADE_IMAGES_WEB_PORTS", "80,443," + web.port() + "," + encrypted.port());
        environment.put("SACCADE_IMAGES_WEB_ALLOWED_NETWORKS", OPEN + "/32");
        environment.put("SACCADE_IMAGES_S3_BUCKETS", BUCKET);
        environment.put("SACCADE_IMAGES_S3_ENDPOINT", store.endpoint().toString());
        environment.put("SACCADE_IMAGES_S3_REGION", S3Store.REGION);
        environment.put("SACCADE_IMAGES_S3_PATH_STYLE", "true");
        environment.put("AWS_ACCESS_KEY_ID", S3Store.ACCESS_KEY);
        environment.put("AWS_SECRET_ACCESS_KEY", S3Store.SECRET_KEY);
        environment.put("SACCADE_IMAGES_CACHE_FOLDER", folder.resolve("cache").toString());
        // Longer than a busy machine may need between one stage and the next.
        environment.put("SACCADE_IMAGES_CACHE_FRESH", "PT10M");
        environment.put("SACCADE_IMAGES_FETCH_TIMEOUT", "PT60S");
        environment.put(
                "JAVA_TOOL_OPTIONS",
                String.join(" ", certificate.trustFlags()) + " -Djdk.net.hosts.file=" + hosts()
                        + " -Dsun.net.inetaddr.ttl=0 -Dsun.net.inetaddr.negative.ttl=0");
        return Map.copyOf(environment);
    }

    /** Speaks http. */
    WebHost web() {
        return web;
    }

    /** Speaks https. */
    WebHost encrypted() {
        return encrypted;
    }

    /** Speaks S3. */
    S3Store store() {
        return store;
    }

    /** Must stay alone. */
    Canary canary() {
        return canary;
    }

    /** From now on {@link #TURNING} leads to the canary. */
    synchronized void turn() throws IOException {
        names.put(TURNING, FORBIDDEN);
        writeNames();
    }

    /** At once as a whole: it is being read. */
    private void writeNames() throws IOException {
        var aside = folder.resolve("hosts.new");
        Files.writeString(
                aside,
                names.entrySet().stream()
                        .map(name -> name.getValue() + " " + name.getKey() + "\n")
                        .collect(Collectors.joining()));
        Files.move(aside, hosts(), StandardCopyOption.ATOMIC_MOVE);
    }

    private Path hosts() {
        return folder.resolve("hosts");
    }

    @Override
    public void close() {
        web.close();
        encrypted.close();
        store.close();
        canary.close();
    }

    /** Counts who comes, and says nothing. */
    static final class Canary implements AutoCloseable {

        private final ServerSocket socket;
        private final AtomicInteger visitors = new AtomicInteger();

        private Canary(String address) throws IOException {
            socket = new ServerSocket(0, 1_000, InetAddress.ofLiteral(address));
            Thread.ofPlatform().daemon().name("canary").start(this::count);
        }

        int port() {
            return socket.getLocalPort();
        }

        /** Those who came so far. Who connects first is counted first, so that a visit of one's own makes this exact. */
        int visitors() {
            return visitors.get();
        }

        void visit() {
            try (var _ = new Socket(socket.getInetAddress(), socket.getLocalPort())) {
                // Seen is all it wants to be.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void count() {
            while (!socket.isClosed()) {
                try (var _ = socket.accept()) {
                    visitors.incrementAndGet();
                } catch (IOException e) {
                    // Closed, or the visitor is gone already.
                }
            }
        }

        @Override
        public void close() {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
