package io.saccade.stage;

import io.opentelemetry.context.Context;
import io.saccade.contract.RequestReader;
import io.saccade.contract.Resent;
import io.saccade.contract.event.Answer;
import io.saccade.contract.topic.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * Brings one record to an acknowledged end: understood, left out if it was answered, handled, published. Thread-safe; each
 * record has a thread of its own.
 */
final class Settler<A extends Answer> implements ConsumeLoop.Handler {

    private final RequestHandler<A> handler;
    private final Publisher publisher;
    private final Answered answered;
    private final StageMetrics metrics;
    private final Clock clock;

    /** Everything it needs. */
    Settler(RequestHandler<A> handler, Publisher publisher, Answered answered, StageMetrics metrics, Clock clock) {
        this.handler = handler;
        this.publisher = publisher;
        this.answered = answered;
        this.metrics = metrics;
        this.clock = clock;
    }

    @Override
    public void taken(Incoming record) {
        if (record.topic() == Topic.IMAGES
                && record.key() != null
                && RequestReader.isErasure(record.headers(), record.value())) {
            answered.forget(record.partition(), new String(record.key(), StandardCharsets.UTF_8));
        }
    }

    @Override
    public Ending handle(Incoming record, Context trace) throws InterruptedException, ExecutionException {
        return switch (handler.read(record, trace)) {
            case RequestHandler.Read.Ended(var ending) -> publish(ending, record, trace);
            case RequestHandler.Read.Asked(var request) -> {
                boolean again = record.headers().containsKey(Resent.AGAIN);
                try (var claim = answered.claim(record.partition(), request.id(), record.timestamp(), again)) {
                    if (claim.isAnswered()) {
                        yield new Ending.Nothing("duplicate");
                    }
                    var ending = handler.handle(record, request, trace);
                    if (Thread.interrupted()) {
                        // What failed because the stage stops is no end of the record.
                        throw new InterruptedException("stopped before the end could be published");
                    }
                    ending = publish(ending, record, trace);
                    if (ending instanceof Ending.Result) {
                        claim.answered(clock.instant());
                    }
                    yield ending;
                }
            }
        };
    }

    /** What was published: the stage gives up on a result that no topic takes. */
    private Ending publish(Ending ending, Incoming record, Context trace)
            throws InterruptedException, ExecutionException {
        var started = System.nanoTime();
        var published = ending;
        try {
            publisher.publish(ending, record, trace);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof RecordTooLargeException && ending instanceof Ending.Result(var result))) {
                throw e;
            }
            published = handler.tooLarge(record, result, trace);
            publisher.publish(published, record, trace);
        }
        metrics.step("publish", Duration.ofNanos(System.nanoTime() - started));
        return published;
    }
}
