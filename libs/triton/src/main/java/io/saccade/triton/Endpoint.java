package io.saccade.triton;

import io.grpc.Status;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server as the client was told of it, and whether it is worth asking now. All its connections share this. Safe for any number
 * of threads.
 */
final class Endpoint {
    private static final Logger LOGGER = LoggerFactory.getLogger(Endpoint.class);

    private final String name;
    private final LongSupplier nanoTime;
    private final AtomicReference<Ejection> state = new AtomicReference<>(Ejection.START);

    Endpoint(String name, LongSupplier nanoTime) {
        this.name = name;
        this.nanoTime = nanoTime;
    }

    boolean isIn() {
        return state.get() instanceof Ejection.In;
    }

    /** Whether the caller shall ask now if the server is ready, and report to {@link #probed}; true for one caller at a time. */
    boolean wantsProbe() {
        return state.get() instanceof Ejection.Out out
                && out.isDue(nanoTime.getAsLong())
                && state.compareAndSet(out, out.probe());
    }

    void probed(boolean ready) {
        if (state.get() instanceof Ejection.Probed probed
                && state.compareAndSet(probed, ready ? probed.ready() : probed.notReady(nanoTime.getAsLong()))
                && ready) {
            LOGGER.atInfo().addKeyValue("endpoint", name).log("endpoint is ready, takes calls again");
        }
    }

    /** Learns from the end of a call. */
    void ended(Status status) {
        switch (verdict(status)) {
            case WELL -> {
                if (state.get() instanceof Ejection.In in) {
                    state.compareAndSet(in, in.answered());
                }
            }
            case ILL -> {
                // Lost against another thread's move, one failure is not counted: the next one is.
                if (state.get() instanceof Ejection.In in) {
                    Ejection next = in.failed(nanoTime.getAsLong());
                    if (state.compareAndSet(in, next) && next instanceof Ejection.Out) {
                        LOGGER.atWarn()
                                .addKeyValue("endpoint", name)
                                .addKeyValue("error", status.getCode())
                                .log("endpoint failed several times in a row, is left out for a while");
                    }
                }
            }
            case SAYS_NOTHING -> {}
        }
    }

    private enum Verdict {
        WELL,
        ILL,
        SAYS_NOTHING
    }

    /** A server that answers is well, whatever it answers; the ill one is away, stopping, or silent. */
    private static Verdict verdict(Status status) {
        return switch (status.getCode()) {
            case UNAVAILABLE -> {
                String text = status.getDescription() == null ? "" : status.getDescription();
                boolean full = FaultTable.faultOf(Status.Code.UNAVAILABLE, text) == Fault.OVERLOADED;
                yield full || FaultTable.refusesTheCaller(status) ? Verdict.WELL : Verdict.ILL;
            }
            case DEADLINE_EXCEEDED -> Verdict.ILL;
            case CANCELLED -> Verdict.SAYS_NOTHING;
            default -> Verdict.WELL;
        };
    }
}
