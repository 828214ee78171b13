package io.saccade.cli;

import io.saccade.cli.kafka.EnrichedReader;
import io.saccade.cli.kafka.Submitter;
import io.saccade.cli.picture.Courier;
import io.saccade.cli.picture.ImageIds;
import io.saccade.cli.picture.PictureFiles;
import io.saccade.cli.screen.Summary;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "send",
        mixinStandardHelpOptions = true,
        description = {
            "Sends pictures into a running stack and prints their ids: files, which travel with the event, or addresses,",
            "which the services read themselves. Every one is sent: what is no image, or may not be read, ends as REFUSED,",
            "with the reason."
        },
        footer = {
            "%nExamples:",
            "  saccade send cat.jpg --question 'what colour is the cat?' --wait",
            "  saccade send holiday/ --task caption --task moderation --follow",
            "  saccade send *.png --kafka broker-1:9092",
            "  saccade send archive/ --backfill",
            "  saccade send https://images.example.com/cat.jpg s3://photos/2026/dog.jpg --wait"
        })
final class SendCommand implements Callable<Integer> {

    /** Records that are handed over but not acknowledged; bounds memory when a folder is large. */
    private static final int UNACKNOWLEDGED = 64;

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Mixin
    private final KafkaChoice kafka = new KafkaChoice();

    @Parameters(
            arity = "1..*",
            paramLabel = "PATH|URI",
            description = "Files, folders with files, and addresses: https:, http:, s3:, file:, data:.")
    private List<String> pictures = List.of();

    @Option(
            names = {"-q", "--question"},
            paramLabel = "QUESTION",
            description = "Asked of each picture; may be given again.")
    private List<String> questions = List.of();

    @Option(
            names = {"-t", "--task"},
            paramLabel = "TASK",
            converter = TaskConverter.class,
            description =
                    "What to find out: embedding, caption, answers, moderation (default: all); may be given again.")
    private List<Task> tasks = List.of();

    @Option(names = "--text", paramLabel = "TEXT", description = "What the source says of the pictures.")
    private @Nullable String text;

    @Option(
            names = "--backfill",
            description = "Into the topic of backfill: live images go first, and the answer may take days.")
    private boolean backfill;

    @Option(names = "--wait", description = "Wait for the joined answers and print them as a table.")
    private boolean wait;

    @Option(names = "--follow", description = "Print each joined answer as it comes, until all are there.")
    private boolean follow;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            defaultValue = "2m",
            converter = DurationConverter.class,
            description = "How long to wait for an answer at most, from the last one on (default: ${DEFAULT-VALUE}).")
    private Duration timeout = Duration.ofMinutes(2);

    SendCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        var bootstrapServers = kafka.bootstrapServers(stack, context.installation());
        var addresses = pictures.stream().filter(Courier::isAddress).toList();
        var files = PictureFiles.find(pictures.stream()
                .filter(name -> !Courier.isAddress(name))
                .map(Path::of)
                .toList());
        var wish = new Courier.Wish(text, questions, Set.copyOf(tasks));
        Courier.questions(questions); // before anything is sent
        var spool =
                kafka.isGiven() ? null : stack.folder(context.installation()).spool();
        var courier = new Courier(new ImageIds(new SecureRandom()), spool);
        var topics = TopicCatalogue.load();
        try (var submitter = new Submitter(bootstrapServers, topics.name(backfill ? Topic.BACKFILL : Topic.IMAGES));
                var answers = new Answers(bootstrapServers, topics.name(Topic.ENRICHED))) {
            var images = Stream.concat(
                    files.stream().map(file -> courier.pack(file, wish)),
                    addresses.stream().map(address -> courier.address(address, wish)));
            submit(images.iterator(), submitter, answers);
            return wait || follow ? answers.collect() : 0;
        }
    }

    /** One after the other: a folder's images do not fit into memory together. */
    private void submit(Iterator<ImageSubmitted> images, Submitter submitter, Answers answers) {
        var pending = new ArrayDeque<Map.Entry<ImageSubmitted, Future<RecordMetadata>>>();
        while (images.hasNext()) {
            var image = images.next();
            pending.add(Map.entry(image, submitter.send(image)));
            if (pending.size() > UNACKNOWLEDGED) {
                acknowledge(pending, submitter, answers);
            }
        }
        while (!pending.isEmpty()) {
            acknowledge(pending, submitter, answers);
        }
    }

    private void acknowledge(
            ArrayDeque<Map.Entry<ImageSubmitted, Future<RecordMetadata>>> pending,
            Submitter submitter,
            Answers answers) {
        var sent = pending.remove();
        var image = sent.getKey();
        submitter.await(image.id(), sent.getValue());
        answers.expect(image.id(), image.attributes().getOrDefault(Courier.FILE, image.id()));
        context.screen().line(image.id());
    }

    /** The answers that are still to come, and those that came; reads only when somebody waits. */
    private final class Answers implements AutoCloseable {

        private final Map<String, String> names = new LinkedHashMap<>();
        private final Map<String, EnrichedReader.Enriched> came = new LinkedHashMap<>();
        private final @Nullable EnrichedReader reader;

        Answers(String bootstrapServers, String topic) {
            reader = wait || follow ? new EnrichedReader(bootstrapServers, topic, context::complain) : null;
        }

        void expect(String id, String name) {
            names.put(id, name);
        }

        int collect() {
            long last = System.nanoTime();
            while (reader != null && came.size() < names.size()) {
                for (var answer : reader.poll()) {
                    if (names.containsKey(answer.event().id())) {
                        came.put(answer.event().id(), answer);
                        last = System.nanoTime();
                        tell(answer);
                    }
                }
                if (System.nanoTime() - last > timeout.toNanos()) {
                    break;
                }
            }
            return end();
        }

        private void tell(EnrichedReader.Enriched answer) {
            if (follow) {
                context.screen().line(WatchCommand.line(answer.event()));
            } else {
                context.screen().draw(List.of("answered " + came.size() + " of " + names.size()));
            }
        }

        private int end() {
            if (!follow) {
                var table = Summary.table();
                names.forEach((id, name) -> {
                    var answer = came.get(id);
                    if (answer != null) {
                        new Summary(answer.event()).addTo(table, name);
                    }
                });
                context.screen().lines(table.lines(context.screen().width()));
            }
            var missing = new ArrayList<>(names.keySet());
            missing.removeAll(came.keySet());
            if (!missing.isEmpty()) {
                throw CliException.no(
                        "no joined answer came for " + String.join(", ", missing) + " within " + timeout.toSeconds()
                                + " s; they are still in Kafka: see 'saccade status" + stack.asOptions() + "'");
            }
            return 0;
        }

        @Override
        public void close() {
            if (reader != null) {
                reader.close();
            }
        }
    }
}
