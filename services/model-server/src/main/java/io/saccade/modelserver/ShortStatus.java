package io.saccade.modelserver;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Cuts what a refusal says. It often names what the caller sent, and travels in a header: beyond some thousand bytes the caller's library
 * would break the call off and show nothing of it.
 */
final class ShortStatus implements ServerInterceptor {
    /** Bytes on the way: below the 8 KiB that gRPC libraries take for all headers together. */
    private static final int LONGEST = 6_000;

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return next.startCall(
                new SimpleForwardingServerCall<>(call) {
                    @Override
                    public void close(Status status, Metadata trailers) {
                        String text = status.getDescription();
                        int end = text == null ? 0 : end(text);
                        super.close(
                                text == null || end == text.length()
                                        ? status
                                        : status.withDescription(text.substring(0, end) + " ..."),
                                trailers);
                    }
                },
                headers);
    }

    /** How many characters there is room for. A plain one is a byte; any other is up to three, which travel as three characters each. */
    private static int end(String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char each = text.charAt(i);
            bytes += each >= ' ' && each < 0x7f && each != '%' ? 1 : 9;
            if (bytes > LONGEST) {
                return i;
            }
        }
        return text.length();
    }
}
