package io.saccade.modelserver;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How a server is started.
 *
 * @param repository      folder of the models
 * @param grpcAddress     where gRPC listens
 * @param grpcPort        0 for a free one, here and below
 * @param httpAddress     where health is answered
 * @param httpPort        its port
 * @param metricsAddress  where metrics are answered
 * @param metricsPort     its port
 * @param control         who says which models are loaded
 * @param loadAtStart     with explicit control: names, or {@code *} for all
 * @param strictReadiness not ready while a model that should be loaded is not
 * @param exitOnError     a model that cannot be loaded at start stops the start
 * @param exitTimeout     how long requests under way may take after the stop signal
 * @param threads         threads of one run, for models that do not say
 * @param pollEvery       with polling: time from the end of one look at the folder to the next
 * @param responseLimit   most bytes of the tensors of one answer, positive
 * @param allowSharedMemory clients of this machine may have tensors read from and written to their memory
 */
record ServerOptions(
        Path repository,
        String grpcAddress,
        int grpcPort,
        String httpAddress,
        int httpPort,
        String metricsAddress,
        int metricsPort,
        ControlMode control,
        List<String> loadAtStart,
        boolean strictReadiness,
        boolean exitOnError,
        Duration exitTimeout,
        int threads,
        Duration pollEvery,
        int responseLimit,
        boolean allowSharedMemory) {
    ServerOptions {
        loadAtStart = List.copyOf(loadAtStart);
        if (pollEvery.isNegative() || pollEvery.isZero()) {
            throw new IllegalArgumentException("pollEvery must be positive, got " + pollEvery);
        }
        if (responseLimit < 1) {
            throw new IllegalArgumentException("responseLimit must be positive, got " + responseLimit);
        }
    }
}
