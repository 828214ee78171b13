package io.saccade.joiner;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Ready when parts are joined; alive unless the join broke, whether or not Kafka is up. */
@ApplicationScoped
class JoinHealth {

    private final JoinRunner runner;

    JoinHealth(JoinRunner runner) {
        this.runner = runner;
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> HealthCheckResponse.named("joiner")
                .status(runner.ready())
                .withData("state", runner.sentence())
                .build();
    }

    @Produces
    @Liveness
    HealthCheck alive() {
        return () -> HealthCheckResponse.named("joiner-streams")
                .status(runner.alive())
                .build();
    }
}
