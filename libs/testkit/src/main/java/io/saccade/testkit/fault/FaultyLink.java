package io.saccade.testkit.fault;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A TCP link from a port of 127.0.0.1 to a server, which can be made slow, narrow, deaf in one direction or both, and
 * reset, while it runs. Connections that are open feel a change at once.
 *
 * <p>Thread-safe. A virtual thread reads and another writes each direction of a connection.
 */
public final class FaultyLink implements AutoCloseable {

    private static final int CHUNK = 16 << 10;
    private static final int QUEUED_CHUNKS = 64;
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final ServerSocket listening;
    private final Random random;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong accepted = new AtomicLong();
    private final Object change = new Object();
    private volatile InetSocketAddress server;
    private volatile Conditions toServer = Conditions.CALM;
    private volatile Conditions toClient = Conditions.CALM;
    private volatile Duration closeDelay = Duration.ZERO;
    private volatile boolean refusing;
    private volatile boolean closed;

    private FaultyLink(ServerSocket listening, InetSocketAddress server, long seed) {
        this.listening = listening;
        this.server = server;
        this.random = new Random(seed);
    }

    /** Which way bytes flow. */
    public enum Direction {
        TO_SERVER,
        TO_CLIENT
    }

    /**
     * A link to a port of 127.0.0.1, which need not listen yet.
     *
     * @param seed of the jitter
     */
    public static FaultyLink to(int port, long seed) {
        try {
            var loopback = InetAddress.getLoopbackAddress();
            var link = new FaultyLink(new ServerSocket(0, 512, loopback), new InetSocketAddress(loopback, port), seed);
            Thread.ofVirtual().name("faulty-link").start(link::accept);
            return link;
        } catch (IOException e) {
            throw new UncheckedIOException("no port is free on 127.0.0.1", e);
        }
    }

    /** Where clients connect. */
    public int port() {
        return listening.getLocalPort();
    }

    /** Where clients connect: {@code 127.0.0.1:PORT}. */
    public String address() {
        return "127.0.0.1:" + port();
    }

    /** Connections so far, those that were refused included. */
    public long accepted() {
        return accepted.get();
    }

    /** Where new connections go from now on. */
    public void redirect(int port) {
        server = new InetSocketAddress(server.getAddress(), port);
    }

    /** How one direction behaves from now on. */
    public void set(Direction direction, Conditions conditions) {
        synchronized (change) {
            switch (direction) {
                case TO_SERVER -> toServer = conditions;
                case TO_CLIENT -> toClient = conditions;
            }
            change.notifyAll();
        }
    }

    /** How both directions behave from now on. */
    public void set(Conditions conditions) {
        set(Direction.TO_SERVER, conditions);
        set(Direction.TO_CLIENT, conditions);
    }

    /** Nothing passes from now on, and nobody is told: every connection is half open. */
    public void cut() {
        set(Conditions.CUT);
    }

    /**
     * New connections are reset as soon as they are made. The port stays open, so that no other program takes it: a
     * client sees a reset instead of a refusal, and treats both alike.
     */
    public void refuse() {
        refusing = true;
    }

    /** How long the end of a connection stays unknown to the other side. */
    public void delayClose(Duration delay) {
        closeDelay = delay;
    }

    /** Ends every open connection with RST in both directions. */
    public void reset() {
        connections.forEach(Connection::reset);
    }

    /** No faults from now on; connections that were reset stay so. */
    public void heal() {
        refusing = false;
        closeDelay = Duration.ZERO;
        set(Conditions.CALM);
    }

    @Override
    public void close() {
        closed = true;
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            reset();
            set(Conditions.CALM);
        }
    }

    private void accept() {
        while (!closed) {
            try {
                var client = listening.accept();
                accepted.incrementAndGet();
                if (refusing) {
                    abort(client);
                } else {
                    Thread.ofVirtual().name("faulty-link-connect").start(() -> connect(client));
                }
            } catch (IOException e) {
                if (!closed) {
                    throw new UncheckedIOException("the faulty link can no longer accept", e);
                }
            }
        }
    }

    private void connect(Socket client) {
        try {
            awaitPassing(Direction.TO_SERVER);
            var upstream = new Socket();
            try {
                upstream.setTcpNoDelay(true);
                client.setTcpNoDelay(true);
                upstream.connect(server, (int) CONNECT.toMillis());
            } catch (IOException e) {
                abort(upstream);
                abort(client);
                return;
            }
            var connection = new Connection(client, upstream);
            connections.add(connection);
            connection.start();
            if (closed) {
                connection.reset();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            abort(client);
        }
    }

    private Conditions conditions(Direction direction) {
        return direction == Direction.TO_SERVER ? toServer : toClient;
    }

    private void awaitPassing(Direction direction) throws InterruptedException {
        synchronized (change) {
            while (conditions(direction).cut() && !closed) {
                change.wait();
            }
        }
    }

    private long delayNanos(Conditions conditions) {
        long jitter = conditions.jitter().toNanos();
        synchronized (random) {
            return conditions.latency().toNanos() + (jitter == 0 ? 0 : random.nextLong(jitter + 1));
        }
    }

    /** RST instead of FIN: what is under way is lost. */
    private static void abort(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // closed already
        }
        try {
            socket.close();
        } catch (IOException e) {
            // closed already
        }
    }

    /** Bytes on their way; none for the end of the stream. */
    @SuppressWarnings("ArrayRecordComponent") // read once, written once
    private record Chunk(byte[] bytes, long due) {}

    private final class Connection {

        private final Socket client;
        private final Socket upstream;
        private final AtomicBoolean ended = new AtomicBoolean();
        private final AtomicBoolean halfEnded = new AtomicBoolean();

        Connection(Socket client, Socket upstream) {
            this.client = client;
            this.upstream = upstream;
        }

        void start() {
            pump(client, upstream, Direction.TO_SERVER);
            pump(upstream, client, Direction.TO_CLIENT);
        }

        void reset() {
            if (ended.compareAndSet(false, true)) {
                connections.remove(this);
                abort(client);
                abort(upstream);
            }
        }

        private void pump(Socket from, Socket to, Direction direction) {
            var queue = new ArrayBlockingQueue<Chunk>(QUEUED_CHUNKS);
            Thread.ofVirtual().name("faulty-link-read").start(() -> read(from, queue, direction));
            Thread.ofVirtual().name("faulty-link-write").start(() -> write(to, queue, direction));
        }

        private void read(Socket from, BlockingQueue<Chunk> queue, Direction direction) {
            var buffer = new byte[CHUNK];
            long last = System.nanoTime();
            try {
                InputStream in = from.getInputStream();
                for (int n; (n = in.read(buffer)) >= 0; ) {
                    // Never before the chunk ahead: a link does not reorder bytes.
                    last = Math.max(last, System.nanoTime() + delayNanos(conditions(direction)));
                    queue.put(new Chunk(java.util.Arrays.copyOf(buffer, n), last));
                }
                queue.put(new Chunk(new byte[0], Math.max(last, System.nanoTime() + closeDelay.toNanos())));
            } catch (IOException e) {
                reset();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void write(Socket to, BlockingQueue<Chunk> queue, Direction direction) {
            try {
                OutputStream out = to.getOutputStream();
                while (!ended.get()) {
                    // Not for ever: a connection that was reset leaves nobody who would wake this thread.
                    var chunk = queue.poll(1, java.util.concurrent.TimeUnit.SECONDS);
                    if (chunk == null) {
                        continue;
                    }
                    sleepUntil(chunk.due());
                    awaitPassing(direction);
                    if (chunk.bytes().length == 0) {
                        end(to);
                        return;
                    }
                    out.write(chunk.bytes());
                    long rate = conditions(direction).bytesPerSecond();
                    if (rate > 0) {
                        sleepUntil(System.nanoTime() + chunk.bytes().length * 1_000_000_000L / rate);
                    }
                }
            } catch (IOException e) {
                reset();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void end(Socket to) throws IOException {
            to.shutdownOutput();
            if (!halfEnded.compareAndSet(false, true) && ended.compareAndSet(false, true)) {
                connections.remove(this);
                client.close();
                upstream.close();
            }
        }

        private void sleepUntil(long nanos) throws InterruptedException {
            long left = nanos - System.nanoTime();
            if (left > 0) {
                Thread.sleep(Duration.ofNanos(left));
            }
        }
    }
}
