package io.saccade.guard.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server whose every byte the test decides. It counts connections and keeps what was asked. */
final class TestServer implements AutoCloseable {

    /** Answers one request by writing to the connection; an exception ends the connection. */
    interface Handler {
        void answer(Request request, OutputStream out) throws IOException;
    }

    /** What was asked, header names in lower case. */
    record Request(String method, String target, Map<String, String> headers, int connection, Socket socket) {
        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    private final ServerSocket listening;
    private final Handler handler;
    private final AtomicInteger connections = new AtomicInteger();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private TestServer(ServerSocket listening, Handler handler) {
        this.listening = listening;
        this.handler = handler;
        Thread.ofPlatform()
                .daemon()
                .name("test-server-" + listening.getLocalPort())
                .start(this::accept);
    }

    static TestServer start(Handler handler) throws IOException {
        return new TestServer(new ServerSocket(0, 200, InetAddress.ofLiteral("127.0.0.1")), handler);
    }

    static TestServer start(String address, int port, Handler handler) throws IOException {
        return new TestServer(new ServerSocket(port, 200, InetAddress.ofLiteral(address)), handler);
    }

    static TestServer start(TestTls tls, Handler handler) throws IOException {
        var socket = (SSLServerSocket)
                tls.server().getServerSocketFactory().createServerSocket(0, 200, InetAddress.ofLiteral("127.0.0.1"));
        return new TestServer(socket, handler);
    }

    int port() {
        return listening.getLocalPort();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalSocketAddress();
    }

    int connections() {
        return connections.get();
    }

    List<Request> requests() {
        return requests;
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                var socket = listening.accept();
                int number = connections.incrementAndGet();
                open.add(socket);
                Thread.ofPlatform().daemon().name("test-connection-" + number).start(() -> serve(socket, number));
            } catch (IOException e) {
                // Closed, or a client that went away while it was being accepted.
            }
        }
    }

    private void serve(Socket socket, int number) {
        try (socket) {
            if (socket instanceof SSLSocket tls) {
                tls.startHandshake();
            }
            var in = new BufferedInputStream(socket.getInputStream());
            in.mark(1);
            if (in.read() == 0x16) {
                // TLS where none is spoken: nothing that follows is a line.
                return;
            }
            in.reset();
            for (var line = line(in); line != null; line = line(in)) {
                var parts = line.split(" ", -1);
                var headers = new TreeMap<String, String>();
                for (var header = line(in); header != null && !header.isEmpty(); header = line(in)) {
                    int colon = header.indexOf(':');
                    headers.put(
                            header.substring(0, colon).toLowerCase(Locale.ROOT),
                            header.substring(colon + 1).strip());
                }
                var request = new Request(parts[0], parts[1], headers, number, socket);
                requests.add(request);
                handler.answer(request, socket.getOutputStream());
                socket.getOutputStream().flush();
            }
        } catch (IOException | RuntimeException e) {
            // How a test ends a connection, and how a client does.
        } finally {
            open.remove(socket);
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                return null;
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** A whole answer with a body. */
    static void ok(OutputStream out, String body) throws IOException {
        write(
                out,
                "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    /** A whole answer without a body. */
    static void status(OutputStream out, String status, String... headers) throws IOException {
        write(
                out,
                "HTTP/1.1 " + status + "\r\n"
                        + String.join(
                                "",
                                List.of(headers).stream()
                                        .map(header -> header + "\r\n")
                                        .toList())
                        + "Content-Length: 0\r\n\r\n");
    }

    /** Ends the connection with a reset. */
    static void reset(Request request) throws IOException {
        request.socket().setSoLinger(true, 0);
        request.socket().close();
        throw new IOException("reset");
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (var socket : open) {
            socket.close();
        }
    }
}
