package io.saccade.cli.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.cli.CliException;
import io.saccade.cli.deadletter.Letter;
import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventIds;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.event.LetterHandled;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The dead letters of a cluster: read, sent back, dropped.
 *
 * <p>A letter goes back at most once. The record that is sent back and the mark that says so are one transaction, so that
 * a redrive that is killed has done both or neither; and every writer has the same transactional id, so that a second one
 * ends the first before it reads the marks. For one thread; the caller closes it.
 */
public final class DeadLetterDesk implements AutoCloseable {

    private static final String TRANSACTIONAL_ID = "saccade-dlq";

    private final String bootstrapServers;
    private final TopicCatalogue topics;
    private final Consumer<String> complain;
    private final EventJson json = EventJson.create();
    private final RecordLog letters;

    /**
     * Connects.
     *
     * @param complain takes a line about a record that is no letter
     * @throws CliException if the broker does not answer or lacks a topic
     */
    public DeadLetterDesk(String bootstrapServers, TopicCatalogue topics, Consumer<String> complain) {
        this.bootstrapServers = bootstrapServers;
        this.topics = topics;
        this.complain = complain;
        this.letters = new RecordLog(bootstrapServers, topics.name(Topic.DLQ));
    }

    /** What became of letters, by their ids; those that are missing wait. */
    public Map<String, LetterHandled> handled() {
        var handled = new HashMap<String, LetterHandled>();
        try (var marks = new RecordLog(bootstrapServers, topics.name(Topic.HANDLED))) {
            marks.read(RecordLog.Stretch.WHOLE, record -> {
                try {
                    var mark = json.read(EventType.LETTER_HANDLED, record.value());
                    handled.put(mark.letterId(), mark);
                } catch (MalformedEventException e) {
                    complain.accept("skipped " + record.topic() + " partition " + record.partition() + " offset "
                            + record.offset() + ": " + e.getMessage());
                }
            });
        }
        return handled;
    }

    /** Hands over every letter there is now; one that was written twice comes once. */
    public void letters(Consumer<Letter> each) {
        var seen = new HashSet<String>();
        letters.read(RecordLog.Stretch.WHOLE, record -> {
            try {
                var letter = Letter.of(record);
                if (seen.add(letter.id())) {
                    each.accept(letter);
                }
            } catch (IllegalArgumentException e) {
                complain.accept("skipped " + record.topic() + " partition " + record.partition() + " offset "
                        + record.offset() + ": " + e.getMessage());
            }
        });
    }

    /** Begins to handle letters; whoever did so elsewhere is stopped. What was handled before is to be read afterwards. */
    public Handling handle() {
        return new Handling();
    }

    @Override
    public void close() {
        letters.close();
    }

    /** Sends letters back or drops them. For one thread; the caller closes it. */
    public final class Handling implements AutoCloseable {

        private final KafkaProducer<byte[], byte[]> producer;
        private final Map<String, Integer> partitions;

        private Handling() {
            producer = new KafkaProducer<>(
                    Map.of(
                            "bootstrap.servers",
                            bootstrapServers,
                            "transactional.id",
                            TRANSACTIONAL_ID,
                            // A redrive that is killed holds up readers of committed records no longer than this.
                            "transaction.timeout.ms",
                            10_000,
                            "client.id",
                            "saccade-cli",
                            "max.request.size",
                            4 << 20,
                            "max.block.ms",
                            30_000,
                            "request.timeout.ms",
                            8_000,
                            "delivery.timeout.ms",
                            9_000),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
            try {
                producer.initTransactions();
                partitions = sources().collect(Collectors.toMap(name -> name, name -> producer.partitionsFor(name)
                        .size()));
            } catch (KafkaException e) {
                producer.close(Duration.ZERO);
                throw failed(e);
            }
        }

        /** Why a letter cannot go back to where it says it came from; empty when it can. */
        public String hindrance(Letter letter) {
            var story = letter.story();
            var count = partitions.get(story.topic());
            if (count == null) {
                return "it came from " + story.topic() + ", which is no topic that letters go back to";
            }
            return story.partition() < count
                    ? ""
                    : "it came from partition " + story.partition() + " of " + story.topic() + ", which has " + count;
        }

        /** Sends letters back, all or none. */
        public void redrive(List<Letter> batch, Clock clock) {
            write(batch.stream()
                    .flatMap(letter -> Stream.of(
                            letter.original(),
                            mark(new LetterHandled(letter.id(), LetterHandled.End.REDRIVEN, null, clock.instant()))))
                    .toList());
        }

        /** Marks letters as not needed, all or none. */
        public void drop(List<Letter> batch, String reason, Clock clock) {
            write(batch.stream()
                    .map(letter ->
                            mark(new LetterHandled(letter.id(), LetterHandled.End.DROPPED, reason, clock.instant())))
                    .toList());
        }

        private ProducerRecord<byte[], byte[]> mark(LetterHandled handled) {
            var record = new ProducerRecord<>(
                    topics.name(Topic.HANDLED), handled.letterId().getBytes(UTF_8), json.write(handled));
            new CloudEvent(
                            EventIds.handled(handled.letterId()),
                            EventType.LETTER_HANDLED.type(),
                            "/saccade/cli",
                            handled.letterId(),
                            handled.handledAt())
                    .headers()
                    .forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
            return record;
        }

        private void write(List<ProducerRecord<byte[], byte[]>> records) {
            try {
                producer.beginTransaction();
                records.forEach(producer::send); // a send that fails fails the commit
                producer.commitTransaction();
            } catch (KafkaException e) {
                throw failed(e);
            }
        }

        private CliException failed(KafkaException e) {
            var cause = e.getCause() instanceof KafkaException inner ? inner : e;
            if (cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException) {
                return CliException.no(
                        "another 'saccade dlq' took over; nothing was sent twice, what is left is its work");
            }
            if (cause instanceof AuthorizationException) {
                return CliException.missing(
                        "redriving and dropping need the right to WRITE and DESCRIBE the transactional id '"
                                + TRANSACTIONAL_ID + "' on " + bootstrapServers + ": " + cause.getMessage(),
                        e);
            }
            var again = cause instanceof TimeoutException
                    ? "; the last batch may or may not be done: run the command again, it knows which letters are"
                    : "; the last batch was not done";
            return CliException.missing(
                    "Kafka at " + bootstrapServers + " did not take the letters: " + cause.getMessage() + again, e);
        }

        @Override
        public void close() {
            producer.close(Duration.ofSeconds(5));
        }
    }

    /** Where letters come from: whoever may write dead letters must not choose any topic to have them written to. */
    private Stream<String> sources() {
        var notSources = Set.of(Topic.DLQ, Topic.HANDLED, Topic.ENRICHED);
        var retries = Stream.of(Task.values()).map(Task::retry).collect(Collectors.toSet());
        return topics.topics().stream()
                .filter(entry -> !notSources.contains(entry.key()) && !retries.contains(entry.key()))
                .map(TopicCatalogue.Entry::name);
    }
}
