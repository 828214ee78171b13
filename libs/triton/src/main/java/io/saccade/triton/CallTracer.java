package io.saccade.triton;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span for each inference and tells what the server needs to hang its own below it. The whole of what the client asks of a
 * tracing library; {@code io.saccade.triton.otel.OpenTelemetryTracer} is it for OpenTelemetry. Must be quick and must not throw.
 */
@FunctionalInterface
public interface CallTracer {
    /** Traces nothing. */
    CallTracer NONE = _ -> new TracedCall() {
        @Override
        public Map<String, String> headers() {
            return Map.of();
        }

        @Override
        public void ended(@Nullable Fault fault) {}
    };

    /** Begins the span of a call. Called on the caller's thread, whose context is that of its work. */
    TracedCall started(InferRequest request);

    /** One call; a stream is one. */
    interface TracedCall {
        /** For the server, such as W3C {@code traceparent}. Headers of the request itself with the same name go before these. */
        Map<String, String> headers();

        /**
         * The call ended, exactly once, on any thread.
         *
         * @param fault null when it was answered; a call that the caller cancelled is {@link Fault#PASSING}
         */
        void ended(@Nullable Fault fault);
    }
}
