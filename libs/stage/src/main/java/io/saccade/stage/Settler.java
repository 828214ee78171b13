package io.saccade.stage;

import io.opentelemetry.context.Context;
import io.saccade.contract.EventIds;
import io.saccade.contract.RequestReader;
import io.saccade.contract.Resent;
import io.saccade.contract.event.Answer;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.Request;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
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
        if (!record.topic().isImages() || record.key() == null) {
            return;
        }
        if (RequestReader.isErasure(record.headers(), record.value())) {
            answered.forget(record.partition(), id(record.key()));
        }
        answered.taken(record.partition(), id(record.key()), place(record));
    }

    @Override
    public Ending handle(Incoming record, Context trace) throws InterruptedException, ExecutionException {
        try {
            return switch (handler.read(record, trace)) {
                case RequestHandler.Read.Ended(var ending) -> publish(ending, record, trace);
                case RequestHandler.Read.Asked(var request) -> answer(request, record, trace);
            };
        } finally {
            if (record.topic().isImages() && record.key() != null) {
                answered.left(record.partition(), id(record.key()), place(record));
            }
        }
    }

    private Ending answer(Request request, Incoming record, Context trace)
            throws InterruptedException, ExecutionException {
        var asked = new Answered.Asked(
                request.id(),
                place(record),
                () -> sha256(request.image()),
                record.timestamp(),
                record.headers().containsKey(Resent.AGAIN));
        try (var claim = answered.claim(record.partition(), asked)) {
            if (claim.isAnswered()) {
                return new Ending.Nothing("duplicate");
            }
            var ending = handler.handle(record, request, trace);
            if (Thread.interrupted()) {
                // What failed because the stage stops is no end of the record.
                throw new InterruptedException("stopped before the end could be published");
            }
            ending = publish(ending, record, trace);
            if (ending instanceof Ending.Result(var result)) {
                claim.answered(clock.instant(), result.sha256());
            }
            return ending;
        }
    }

    private static Answered.Place place(Incoming record) {
        return new Answered.Place(record.topic(), record.offset());
    }

    private static String id(byte[] key) {
        return new String(key, StandardCharsets.UTF_8);
    }

    private static Optional<String> sha256(ImageRef image) {
        return image.inline() == null
                ? Optional.ofNullable(image.sha256())
                : Optional.of(EventIds.sha256(image.inline().array()));
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
