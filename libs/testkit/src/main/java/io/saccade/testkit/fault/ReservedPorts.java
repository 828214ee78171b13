package io.saccade.testkit.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of 127.0.0.1 that a child process can bind, now and again after a restart: below those that the system gives to
 * outgoing connections, and locked against other programs of ours in the file that the command line uses as well.
 */
public final class ReservedPorts implements AutoCloseable {

    private static final int FIRST = 20_000;
    private static final int AFTER_LAST = 32_000;
    private static final int TRIES = 1_000;

    private final FileChannel file;

    private ReservedPorts(FileChannel file) {
        this.file = file;
    }

    /** Nothing is taken yet. */
    public static ReservedPorts open() {
        var path = Path.of(
                System.getProperty("java.io.tmpdir"), "saccade-ports-" + System.getProperty("user.name") + ".lock");
        try {
            return new ReservedPorts(FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + path, e);
        }
    }

    /** A port that is free and stays ours until this is closed. */
    public int next() {
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, AFTER_LAST);
            if (isFree(port) && lock(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no port is free in " + FIRST + ".." + (AFTER_LAST - 1));
    }

    private boolean lock(int port) {
        try {
            return file.tryLock(port, 1, false) != null;
        } catch (OverlappingFileLockException e) {
            return false; // by this JVM
        } catch (IOException e) {
            throw new UncheckedIOException("could not lock a port", e);
        }
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
