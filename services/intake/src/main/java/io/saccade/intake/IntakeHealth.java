package io.saccade.intake;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Ready when notifications are taken; alive unless the loop broke, whether or not Kafka is up. */
@ApplicationScoped
class IntakeHealth {

    private final IntakeRunner runner;

    IntakeHealth(IntakeRunner runner) {
        this.runner = runner;
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> HealthCheckResponse.named("intake")
                .status(runner.ready())
                .withData("state", runner.sentence())
                .build();
    }

    @Produces
    @Liveness
    HealthCheck alive() {
        return () ->
                HealthCheckResponse.named("intake-loop").status(runner.alive()).build();
    }
}
