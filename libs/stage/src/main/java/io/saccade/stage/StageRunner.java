package io.saccade.stage;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.saccade.contract.event.Answer;
import io.saccade.contract.topic.TopicCatalogue;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;

/** The shell of a service: starts its stage and stops it; ends the process when the stage breaks. */
@ApplicationScoped
public class StageRunner {

    private final Stage stage;

    /** Made by CDI. */
    public StageRunner(
            StageConfig config,
            AdapterFactory<? extends Answer> factory,
            MeterRegistry registry,
            OpenTelemetry telemetry) {
        stage = new Stage(config, factory, TopicCatalogue.load(), registry, telemetry, StageRunner::exit);
    }

    void onStart(@Observes Startup event) {
        stage.start();
    }

    void onStop(@Observes Shutdown event) {
        stage.close();
    }

    Stage stage() {
        return stage;
    }

    /** An orchestrator starts the process again, and its last line says why. From a thread that nothing waits for. */
    private static void exit() {
        Thread.ofPlatform().name("exit").start(() -> Runtime.getRuntime().exit(1));
    }
}
