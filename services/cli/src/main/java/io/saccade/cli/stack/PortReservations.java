package io.saccade.cli.stack;

import io.saccade.cli.CliException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps two stacks that start at the same moment from choosing one port: whoever has locked byte N of a file that all of
 * a user's stacks share may use port N. The operating system gives the locks back when their process ends, however.
 */
final class PortReservations implements AutoCloseable {

    private static final int TRIES = 100;

    private final FileChannel file;
    private final List<FileLock> locks = new ArrayList<>();

    private PortReservations(FileChannel file) {
        this.file = file;
    }

    static PortReservations open() {
        var path = Path.of(
                System.getProperty("java.io.tmpdir"), "saccade-ports-" + System.getProperty("user.name") + ".lock");
        try {
            return new PortReservations(FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw CliException.missing(
                    "could not write " + path + ", which keeps stacks from taking one port: " + e, e);
        }
    }

    /** Takes a port if nobody listens there and no other stack has taken it. */
    boolean reserve(int port) {
        return isFree(port) && lock(port);
    }

    /** Takes a port that the system says is free. */
    int any() {
        for (int i = 0; i < TRIES; i++) {
            try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
                if (lock(socket.getLocalPort())) {
                    return socket.getLocalPort();
                }
            } catch (IOException e) {
                throw CliException.missing("no port is free on 127.0.0.1: " + e.getMessage(), e);
            }
        }
        throw CliException.missing("no port is free on 127.0.0.1 after " + TRIES + " tries");
    }

    /** Whether a program could listen on a port of 127.0.0.1, and none listens there on all addresses. */
    static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private boolean lock(int port) {
        try {
            var lock = file.tryLock(port, 1, false);
            if (lock == null) {
                return false;
            }
            locks.add(lock);
            return true;
        } catch (OverlappingFileLockException e) {
            return false; // by this JVM
        } catch (IOException e) {
            return true; // a file system without locks: then only what listens counts
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
