package io.saccade.benchmarks.backlog;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.cli.kafka.Topics;
import io.saccade.cli.stack.Health;
import io.saccade.cli.stack.Installation;
import io.saccade.cli.stack.Memory;
import io.saccade.cli.stack.ModelServerChoice;
import io.saccade.cli.stack.Ports;
import io.saccade.cli.stack.ProcessPlan;
import io.saccade.cli.stack.StackFolder;
import io.saccade.cli.stack.StackPlan;
import io.saccade.cli.stack.StackSpec;
import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.Task;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import io.saccade.testkit.Await;
import io.saccade.testkit.Folders;
import io.saccade.testkit.KafkaProcess;
import io.saccade.testkit.TestKafka;
import io.saccade.testkit.fault.Child;
import io.saccade.testkit.fault.FaultyModelServer;
import io.saccade.testkit.fault.ReservedPorts;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Very many small images lie in their topic before the encoder starts; then it is watched how evenly it works them off, and
 * whether its memory grows. A real broker, our model server and the encoder's process, all on this machine. The model is
 * asked once for each of a few pictures and answers the rest from memory, so that the stage is what is measured.
 */
public final class Backlog implements AutoCloseable {

    private static final int PARTITIONS = 6;
    private static final int PICTURES = 32;
    private static final int SIDE = 64;
    private static final String STAGE = "encoder";
    private static final String GROUP = "saccade-encoder";
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final long KEPT_ANSWERS = 64L << 20;

    private final TopicCatalogue topics = TopicCatalogue.load();
    private final EventJson json = EventJson.create();
    private final Path home;
    private final ReservedPorts ports = ReservedPorts.open();
    private final KafkaProcess broker;
    private final TestKafka kafka;
    private final FaultyModelServer models;
    private final Child modelServer;
    private final ProcessPlan stage;
    private final StackFolder folder;
    private final int images;
    private @Nullable Child running;

    private Backlog(int images) throws IOException {
        this.images = images;
        this.home = Files.createTempDirectory("saccade-backlog");
        this.broker = KafkaProcess.start(home);
        this.kafka = TestKafka.at(broker.bootstrapServers());
        this.folder = new StackFolder("backlog", home.resolve("stack"));
        Files.createDirectories(folder.logs());
        Files.createDirectories(folder.spool());
        var byRole = new HashMap<String, Integer>();
        Installation.SERVICES.forEach(service -> byRole.put(service, ports.next()));
        for (var role : List.of(Ports.MODEL_GRPC, Ports.MODEL_HTTP, Ports.MODEL_METRICS)) {
            byRole.put(role, ports.next());
        }
        var all = new Ports(byRole);
        this.models = FaultyModelServer.before(all.of(Ports.MODEL_GRPC), 1);
        models.keepAnswers(KEPT_ANSWERS);
        this.modelServer = launch(plan("model-server", new ModelServerChoice.Ours(), all));
        this.stage = plan(STAGE, new ModelServerChoice.Elsewhere(models.endpoint()), all);
    }

    /** {@code [IMAGES [MINUTES]]}: how many, a million by default, and for how long at most the stage is watched. */
    public static void main(String[] args) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        int images = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
        int minutes = args.length > 1 ? Integer.parseInt(args[1]) : 120;
        try (var run = new Backlog(images)) {
            run.fill();
            run.workOff(minutes);
        }
    }

    private ProcessPlan plan(String name, ModelServerChoice choice, Ports all) {
        var spec = new StackSpec(folder, broker.bootstrapServers(), choice, null, Duration.ofSeconds(60));
        return StackPlan.of(spec, Installation.here(), all).processes().stream()
                .filter(plan -> plan.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Child launch(ProcessPlan plan) {
        // The local stack compiles with the fast compiler only; this runs for long.
        var command = plan.command().stream()
                .filter(argument -> !argument.startsWith("-XX:TieredStopAtLevel="))
                .toList();
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.log(plan.name()).toFile()));
        builder.environment().putAll(plan.environment());
        return Child.start(plan.name(), builder);
    }

    private void fill() throws Exception {
        try (var catalogue = Topics.on(broker.bootstrapServers(), topics)) {
            catalogue.apply(PARTITIONS, Optional.of((short) 1), Optional.of(1));
        }
        var pictures = pictures();
        long start = System.nanoTime();
        long bytes = 0;
        var settings = Map.<String, Object>of(
                "bootstrap.servers", broker.bootstrapServers(), "linger.ms", 20, "batch.size", 256 << 10);
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int number = 0; number < images; number++) {
                var id = "waiting-" + number;
                var now = Instant.now();
                var event = json.write(new ImageSubmitted(
                        id,
                        "acme",
                        ImageRef.inline(pictures.get(number % PICTURES)),
                        null,
                        List.of(),
                        EnumSet.of(Task.EMBEDDING),
                        now.plus(Duration.ofHours(5)),
                        Priority.LIVE,
                        Map.of(),
                        now));
                bytes += event.length;
                var record = new ProducerRecord<>(topics.name(Topic.IMAGES), null, id.getBytes(UTF_8), event);
                new CloudEvent(id, EventType.IMAGE_SUBMITTED.type(), "/bench", id, now)
                        .headers()
                        .forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
                var _ = producer.send(record, (_, failure) -> {
                    if (failure != null) {
                        throw new IllegalStateException("a record was not taken", failure);
                    }
                });
                if ((number + 1) % 100_000 == 0) {
                    say("%,d of %,d images lie in their topic", number + 1, images);
                }
            }
        }
        say("%,d images of %d bytes each were sent in %.0f s", images, bytes / images, seconds(start));
    }

    private void workOff(int minutes) throws Exception {
        var encoder = launch(stage);
        running = encoder;
        var http = Health.client();
        Await.until("the encoder to be ready", PATIENCE, () -> {
            if (!encoder.isAlive()) {
                throw new IllegalStateException("the encoder ended: " + Files.readString(folder.log(STAGE)));
            }
            return Health.ask(stage.health(), http).ready();
        });
        long settled = Await.value("the first answers", PATIENCE, this::settled, now -> now > 0);
        say("");
        say("| minute | images a second | left | RSS of the encoder, MB | calls answered by the model |");
        say("| --- | --- | --- | --- | --- |");
        var speeds = new ArrayList<Double>();
        var memory = new ArrayList<Long>();
        for (int minute = 1; minute <= minutes && settled < images; minute++) {
            long start = System.nanoTime();
            long before = settled;
            Thread.sleep(Duration.ofMinutes(1));
            settled = settled();
            speeds.add((settled - before) / seconds(start));
            memory.add(Memory.resident(encoder.process().pid()).orElse(0));
            say(
                    "| %d | %.0f | %,d | %d | %,d |",
                    minute,
                    speeds.getLast(),
                    images - settled,
                    memory.getLast() >> 20,
                    models.calls() - models.answeredFromMemory());
        }
        summary(speeds, memory);
    }

    /** Without the first minute, in which the JVM compiles, and the last, in which the backlog may end. */
    private static void summary(List<Double> speeds, List<Long> memory) {
        if (speeds.size() < 4) {
            say("too short to say whether speed and memory stay as they are: give it more images or minutes");
            return;
        }
        var even = speeds.subList(1, speeds.size() - 1);
        double peak = even.stream().max(Double::compare).orElseThrow();
        double mean = even.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
        say("");
        say(
                "from the second minute to the last but one: %.0f images a second, %.1f %% of the best minute (%.0f)",
                mean, 100 * mean / peak, peak);
        say(
                "RSS from the end of the second minute to the last: %+.1f %%",
                100.0 * (memory.getLast() - memory.get(1)) / memory.get(1));
    }

    private long settled() {
        return images - kafka.lag(GROUP, topics.name(Topic.IMAGES));
    }

    /** Small drawings that compress to some hundred bytes. */
    private static List<byte[]> pictures() throws IOException {
        var pictures = new ArrayList<byte[]>();
        var random = new SplittableRandom(1);
        for (int i = 0; i < PICTURES; i++) {
            var picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
            var pen = picture.createGraphics();
            for (int shape = 0; shape < 8; shape++) {
                pen.setColor(new Color(random.nextInt(1 << 24)));
                pen.fillOval(random.nextInt(SIDE), random.nextInt(SIDE), random.nextInt(8, 40), random.nextInt(8, 40));
            }
            pen.dispose();
            var png = new ByteArrayOutputStream();
            ImageIO.write(picture, "png", png);
            pictures.add(png.toByteArray());
        }
        return pictures;
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static void say(String text, Object... values) {
        System.out.println(values.length == 0 ? text : String.format(Locale.ROOT, text, values));
    }

    @Override
    public void close() {
        var encoder = running;
        if (encoder != null) {
            encoder.kill();
        }
        modelServer.kill();
        models.close();
        kafka.close();
        broker.close();
        ports.close();
        Folders.delete(home);
    }
}
