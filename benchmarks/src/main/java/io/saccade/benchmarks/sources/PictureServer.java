package io.saccade.benchmarks.sources;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;

/**
 * A host of images on loopback, in a process of its own: {@code GET /N} answers N bytes. So what a fetch costs here can be told from what
 * it costs there.
 */
final class PictureServer implements AutoCloseable {
    private static final int MOST_BYTES = 16 << 20;

    private final Process process;
    private final int port;

    private PictureServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static PictureServer start() throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        // Or a small answer waits 40 ms for an acknowledgement, and hides everything else.
                        "-Dsun.net.httpserver.nodelay=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PictureServer.class.getName()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.US_ASCII);
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the host of images ended at once");
        }
        return new PictureServer(process, Integer.parseInt(line));
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
    }

    /** The server's process; ends when its parent does. */
    public static void main(String[] args) throws Exception {
        byte[] content = new byte[MOST_BYTES];
        new Random(1).nextBytes(content);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            try (exchange) {
                int bytes = Integer.parseInt(exchange.getRequestURI().getPath().substring(1));
                exchange.getResponseHeaders().add("Content-Type", "image/jpeg");
                exchange.sendResponseHeaders(200, bytes);
                exchange.getResponseBody().write(content, 0, bytes);
            }
        });
        server.start();
        System.out.println(server.getAddress().getPort());
        while (System.in.read() >= 0) {
            // until the parent is gone
        }
        System.exit(0);
    }
}
