package io.saccade.guard.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.List;
import java.util.function.Function;

/** Notes where it is asked to connect to, and connects to where the test says: an internet of one machine. */
final class RoutedSocket extends Socket {

    private final Function<InetSocketAddress, InetSocketAddress> routes;
    private final List<InetSocketAddress> attempts;

    RoutedSocket(Function<InetSocketAddress, InetSocketAddress> routes, List<InetSocketAddress> attempts) {
        super(Proxy.NO_PROXY);
        this.routes = routes;
        this.attempts = attempts;
    }

    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        var asked = (InetSocketAddress) endpoint;
        attempts.add(asked);
        try {
            super.connect(routes.apply(asked), timeout);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
