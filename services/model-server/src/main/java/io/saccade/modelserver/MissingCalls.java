package io.saccade.modelserver;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/** Answers the calls that are not here with a sentence instead of a bare code. */
final class MissingCalls implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
        if (InferenceService.MISSING.contains(method)) {
            call.close(
                    Status.UNIMPLEMENTED.withDescription(method + " is not implemented in "
                            + InferenceService.SERVER_NAME + "; ServerMetadata lists the extensions that are"),
                    new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }
}
