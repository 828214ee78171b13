package io.saccade.guard;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Tells the addresses of a name. Called from many threads at once; may block for long, the caller bounds it. */
@FunctionalInterface
public interface Resolver {

    /** As the operating system resolves, its hosts file and search domains included. */
    Resolver SYSTEM = name -> List.of(InetAddress.getAllByName(name));

    /**
     * The addresses, in the order in which they should be tried.
     *
     * @throws UnknownHostException if there are none
     */
    List<InetAddress> resolve(String name) throws UnknownHostException;
}
