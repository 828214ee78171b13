package io.saccade.modelserver;

import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc.HealthImplBase;
import io.grpc.stub.StreamObserver;
import java.util.function.BooleanSupplier;

/** gRPC's own health check. As in Triton, it speaks of the whole server whatever service is asked for, and Watch is not offered. */
final class HealthService extends HealthImplBase {
    private final BooleanSupplier ready;

    HealthService(BooleanSupplier ready) {
        this.ready = ready;
    }

    @Override
    public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> answers) {
        answers.onNext(HealthCheckResponse.newBuilder()
                .setStatus(ready.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING)
                .build());
        answers.onCompleted();
    }
}
