package io.saccade.modelserver;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.saccade.triton.TraceContext;
import java.util.Optional;

/**
 * What the headers of a call say.
 *
 * @param endsOnFailure a failed answer ends the stream with its status, instead of being a message on it
 * @param trace         the caller's place in a trace, for all requests of the call; empty where it told none, or none that is W3C's
 */
record CallHeaders(boolean endsOnFailure, Optional<TraceContext> trace) {
    private static final CallHeaders NONE = new CallHeaders(false, Optional.empty());
    private static final Context.Key<CallHeaders> KEY = Context.keyWithDefault("call-headers", NONE);

    private static final Metadata.Key<String> ENDS_ON_FAILURE = key("triton_grpc_error");
    private static final Metadata.Key<String> TRACE_PARENT = key("traceparent");
    private static final Metadata.Key<String> TRACE_STATE = key("tracestate");

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    /** Those of the call that this thread works for. */
    static CallHeaders current() {
        return KEY.get();
    }

    /** Reads the headers of every call. */
    static final class Reader implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            String parent = headers.get(TRACE_PARENT);
            String state = headers.get(TRACE_STATE);
            var read = new CallHeaders(
                    "true".equals(headers.get(ENDS_ON_FAILURE)),
                    parent == null ? Optional.empty() : TraceContext.parse(parent, state == null ? "" : state));
            return read.equals(NONE)
                    ? next.startCall(call, headers)
                    : Contexts.interceptCall(Context.current().withValue(KEY, read), call, headers, next);
        }
    }
}
