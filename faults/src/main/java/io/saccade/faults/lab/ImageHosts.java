package io.saccade.faults.lab;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Three hosts of images on loopback: one that answers every request with its picture, one that does everything a host should
 * not, and one that nobody may ever ask. Thread-safe.
 */
public final class ImageHosts implements AutoCloseable {

    /** What the bad host does, by the first part of the path. */
    enum Manner {
        /** Takes the request and says nothing. */
        STALLS,
        /** Sends its answer a byte at a time. */
        DRIPS,
        /** Ends the connection instead of an answer. */
        CLOSES,
        /** Promises more bytes than it sends. */
        SENDS_LESS,
        /** Promises fewer bytes than the picture has. */
        PROMISES_LESS,
        /** Promises more bytes than anybody may read. */
        PROMISES_TOO_MUCH,
        /** Says that it is compressed. */
        COMPRESSED,
        /** Answers with something that is not HTTP. */
        BABBLES,
        /** Sends a page to sign in on. */
        HTML,
        /** 404. */
        MISSING,
        /** 429, and asks to come back in an hour. */
        THROTTLES,
        /** 503. */
        DOWN,
        /** Leads to a cloud's metadata service. */
        TO_METADATA,
        /** Leads to a file. */
        TO_FILE,
        /** Leads to another port of this machine, which nobody may ask. */
        TO_OTHER_PORT,
        /** Leads to itself. */
        IN_A_CIRCLE
    }

    private static final List<Manner> MANNERS = List.of(Manner.values());
    private static final Duration BETWEEN_BYTES = Duration.ofMillis(500);

    private final List<Picture> pictures;
    private final ServerSocket good = listen();
    private final ServerSocket bad = listen();
    private final ServerSocket forbidden = listen();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final LongAdder goodAsked = new LongAdder();
    private final LongAdder badAsked = new LongAdder();
    private final LongAdder forbiddenAsked = new LongAdder();

    ImageHosts(List<Picture> pictures) {
        this.pictures = List.copyOf(pictures);
        serve(good, this::answerWell);
        serve(bad, this::answerBadly);
        serve(forbidden, (_, _) -> forbiddenAsked.increment());
    }

    /** The ports that may be asked. */
    public List<Integer> ports() {
        return List.of(good.getLocalPort(), bad.getLocalPort());
    }

    /** Requests that were answered well. */
    public long goodAsked() {
        return goodAsked.sum();
    }

    /** Requests that were answered badly. */
    public long badAsked() {
        return badAsked.sum();
    }

    /** Connections to the host that nobody may ask. */
    public long forbiddenAsked() {
        return forbiddenAsked.sum();
    }

    /** Where a picture lies that nobody else has asked for. */
    URI good(int picture, String id) {
        return URI.create("http://localhost:" + good.getLocalPort() + "/" + picture + "/" + id + ".png");
    }

    /** Where something bad happens. */
    URI bad(String id, SplittableRandom random) {
        var manner = MANNERS.get(random.nextInt(MANNERS.size()));
        return URI.create("http://localhost:" + bad.getLocalPort() + "/" + manner + "/" + id + ".png");
    }

    private void answerWell(String path, OutputStream out) throws IOException {
        goodAsked.increment();
        var parts = path.split("/");
        var name = parts[2].substring(0, parts[2].length() - ".png".length());
        var png = pictures.get(Integer.parseInt(parts[1])).copy(name);
        send(out, "200 OK", "Content-Type: image/png\r\nContent-Length: " + png.length, png);
    }

    private void answerBadly(String path, OutputStream out) throws IOException {
        badAsked.increment();
        var png = pictures.getFirst().png();
        switch (Manner.valueOf(path.split("/")[1])) {
            case STALLS -> pause(Duration.ofDays(1));
            case DRIPS -> {
                send(out, "200 OK", "Content-Length: " + png.length, new byte[0]);
                for (byte one : png) {
                    out.write(one);
                    out.flush();
                    pause(BETWEEN_BYTES);
                }
            }
            case CLOSES -> {
                // by the caller
            }
            case SENDS_LESS -> send(out, "200 OK", "Content-Length: " + 2 * png.length, png);
            case PROMISES_LESS -> send(out, "200 OK", "Content-Length: " + png.length / 2, png);
            case PROMISES_TOO_MUCH -> send(out, "200 OK", "Content-Length: 10000000000", png);
            case COMPRESSED -> send(out, "200 OK", "Content-Encoding: gzip\r\nContent-Length: " + png.length, png);
            case BABBLES -> out.write("220 mail.example.com ready\r\n\r\n".getBytes(ISO_8859_1));
            case HTML -> send(out, "200 OK", "Content-Length: 6", "<html>".getBytes(ISO_8859_1));
            case MISSING -> send(out, "404 Not Found", "Content-Length: 0", new byte[0]);
            case THROTTLES -> send(out, "429 Too Many Requests", "Retry-After: 3600\r\nContent-Length: 0", new byte[0]);
            case DOWN -> send(out, "503 Service Unavailable", "Content-Length: 0", new byte[0]);
            case TO_METADATA -> redirect(out, "http://169.254.169.254/latest/meta-data/");
            case TO_FILE -> redirect(out, "file:///etc/passwd");
            case TO_OTHER_PORT -> redirect(out, "http://localhost:" + forbidden.getLocalPort() + "/");
            case IN_A_CIRCLE -> redirect(out, path);
        }
    }

    private static void redirect(OutputStream out, String place) throws IOException {
        send(out, "302 Found", "Location: " + place + "\r\nContent-Length: 0", new byte[0]);
    }

    private static void send(OutputStream out, String status, String headers, byte[] body) throws IOException {
        out.write(("HTTP/1.1 " + status + "\r\n" + headers + "\r\nConnection: close\r\n\r\n").getBytes(ISO_8859_1));
        out.write(body);
        out.flush();
    }

    private interface Answer {
        void to(String path, OutputStream out) throws IOException;
    }

    private void serve(ServerSocket host, Answer answer) {
        Thread.ofVirtual().name("image-host").start(() -> {
            while (!host.isClosed()) {
                try {
                    var socket = host.accept();
                    open.add(socket);
                    Thread.ofVirtual().start(() -> serve(socket, answer));
                } catch (IOException e) {
                    // closed, or a client that went away before it was served
                }
            }
        });
    }

    private void serve(Socket socket, Answer answer) {
        try (socket) {
            answer.to(path(new BufferedInputStream(socket.getInputStream())), socket.getOutputStream());
        } catch (IOException e) {
            // The client had enough, or it is over.
        } finally {
            open.remove(socket);
        }
    }

    /** The path that is asked for; reads the whole head, so that closing sends no reset. */
    private static String path(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("a request must end with an empty line");
            }
            head.append((char) next);
        }
        return head.substring(head.indexOf(" ") + 1, head.indexOf(" HTTP/"));
    }

    private static void pause(Duration time) throws IOException {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static ServerSocket listen() {
        try {
            return new ServerSocket(0, 512, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        } catch (IOException e) {
            throw new UncheckedIOException("no port is free on 127.0.0.1", e);
        }
    }

    @Override
    public void close() {
        try {
            good.close();
            bad.close();
            forbidden.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (var socket : open) {
            try {
                socket.close();
            } catch (IOException e) {
                // gone already
            }
        }
    }
}
