package io.saccade.stage;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Ready when records flow; alive while the loop goes round, whether or not Kafka and Triton are up. */
@ApplicationScoped
class StageHealth {

    private final StageRunner runner;

    StageHealth(StageRunner runner) {
        this.runner = runner;
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> {
            var state = runner.stage().state();
            return HealthCheckResponse.named(runner.stage().name())
                    .status(state.ready())
                    .withData("state", state.sentence())
                    .build();
        };
    }

    @Produces
    @Liveness
    HealthCheck alive() {
        return () -> HealthCheckResponse.named(runner.stage().name() + "-loop")
                .status(runner.stage().alive())
                .build();
    }
}
