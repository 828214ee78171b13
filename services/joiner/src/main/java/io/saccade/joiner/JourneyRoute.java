package io.saccade.joiner;

import static java.util.Objects.requireNonNull;

import io.saccade.contract.EventJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.apache.kafka.streams.errors.InvalidStateStoreException;

/**
 * {@code GET /images/ID}: where an image is on its way, from this instance's state. 404 when nothing is known here: it was
 * never seen, is forgotten, or lies in a partition of another replica; 503 while state is being restored.
 */
@ApplicationScoped
public class JourneyRoute {

    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;

    private final JoinRunner runner;
    private final EventJson json = EventJson.create();

    /** Made by CDI. */
    public JourneyRoute(JoinRunner runner) {
        this.runner = runner;
    }

    void routes(@Observes Router router) {
        router.get("/images/:id").blockingHandler(this::answer, false); // a store on disk may block
    }

    private void answer(RoutingContext exchange) {
        var response = exchange.response().putHeader("content-type", "application/json");
        try {
            runner.journey(requireNonNull(exchange.pathParam("id"), "the route has it"))
                    .ifPresentOrElse(
                            journey -> response.setStatusCode(OK).end(Buffer.buffer(json.write(journey))),
                            () -> response.setStatusCode(NOT_FOUND)
                                    .end("{\"error\":\"nothing is known of this image here\"}"));
        } catch (InvalidStateStoreException _) {
            response.setStatusCode(UNAVAILABLE).end("{\"error\":\"the state is being restored; ask again\"}");
        }
    }
}
