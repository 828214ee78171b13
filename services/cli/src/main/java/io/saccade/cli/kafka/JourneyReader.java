package io.saccade.cli.kafka;

import io.saccade.contract.EventJson;
import io.saccade.contract.event.ImageJourney;
import io.saccade.contract.event.ImageJourney.Progress;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.common.TopicPartition;

/** Asks joiners where an image is, and Kafka how many are before it. */
public final class JourneyReader {

    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Map<Task, String> GROUPS = Map.of(
            Task.EMBEDDING, "saccade-encoder",
            Task.CAPTION, "saccade-captioner",
            Task.ANSWERS, "saccade-vqa",
            Task.MODERATION, "saccade-moderator");

    private final EventJson json = EventJson.create();
    private final Consumer<String> complain;

    /** Tells of a joiner that does not answer, a line each. */
    public JourneyReader(Consumer<String> complain) {
        this.complain = complain;
    }

    /** What the first joiner that knows the image says; each is asked in turn. */
    public Optional<ImageJourney> ask(List<URI> joiners, String id) throws InterruptedException {
        try (var http = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            for (var joiner : joiners) {
                var found = ask(http, joiner, id);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<ImageJourney> ask(HttpClient http, URI joiner, String id) throws InterruptedException {
        var path = "/images/" + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
        try {
            var response = http.send(
                    HttpRequest.newBuilder(joiner.resolve(path))
                            .timeout(PATIENCE)
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() == OK) {
                return Optional.of(json.mapper().readValue(response.body(), ImageJourney.class));
            }
            if (response.statusCode() != NOT_FOUND) {
                complain.accept("the joiner at " + joiner.getAuthority() + " cannot tell now (HTTP "
                        + response.statusCode() + "); ask again");
            }
        } catch (IOException e) {
            complain.accept("the joiner at " + joiner.getAuthority() + " does not answer: " + e.getMessage());
        }
        return Optional.empty();
    }

    private static String topic(ImageJourney journey) {
        return journey.topic() == null ? TopicCatalogue.load().name(Topic.IMAGES) : journey.topic();
    }

    /**
     * For each stage that is awaited, how many records of the image's partition it has to settle before this one; nothing for a
     * stage that has settled it, or whose group Kafka does not know. A stage settles in order, so 0 means it is at work on it
     * or tries again later.
     */
    public Map<Task, Long> before(String bootstrapServers, ImageJourney journey) throws InterruptedException {
        var waits = new EnumMap<Task, Long>(Task.class);
        if (journey.partition() < 0) {
            return waits;
        }
        var partition = new TopicPartition(topic(journey), journey.partition());
        try (var admin = Connection.admin(bootstrapServers)) {
            for (var step : journey.steps()) {
                if (step.state() != Progress.WAITING) {
                    continue;
                }
                var group = GROUPS.get(step.task());
                var committed = admin.listConsumerGroupOffsets(
                                Map.of(group, new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(partition))))
                        .partitionsToOffsetAndMetadata(group)
                        .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                        .get(partition);
                long settled = committed == null ? 0 : committed.offset();
                if (settled <= journey.offset()) {
                    waits.put(step.task(), journey.offset() - settled);
                }
            }
        } catch (ExecutionException | TimeoutException e) {
            complain.accept("how many are before it cannot be told: " + Connection.cause(e));
        }
        return waits;
    }
}
