package io.saccade.cli;

import io.saccade.cli.kafka.EnrichedReader;
import io.saccade.cli.kafka.Submitter;
import io.saccade.cli.picture.Courier;
import io.saccade.cli.picture.Damage;
import io.saccade.cli.picture.ImageIds;
import io.saccade.cli.picture.PictureFiles;
import io.saccade.cli.screen.Table;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Timings;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "corpus",
        mixinStandardHelpOptions = true,
        description = {
            "Sends every file of some folders through the encoder of a running stack, sound, broken and hostile ones",
            "alike, and tells how many ended in which way and which took longest. Each must end: with a vector, or",
            "refused with a code."
        },
        footer = {
            "%nExamples:",
            "  saccade corpus pictures/",
            "  saccade corpus .saccade/corpus --damaged 1000",
            "%nExit codes: 0 every file ended; 1 one did not, or failed; 2 wrongly asked; 3 something is missing."
        })
final class CorpusCommand implements Callable<Integer> {

    /** What the encoder has at once; so that none waits until the join gives it up. */
    private static final int AT_ONCE = 16;

    private final Context context;
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private final Map<String, String> open = new HashMap<>();
    private int ended;
    private int bad;
    private double worst;
    private String worstFile = "none";

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Mixin
    private final KafkaChoice kafka = new KafkaChoice();

    @Parameters(arity = "1..*", paramLabel = "PATH", description = "Files, and folders with files.")
    private List<Path> paths = List.of();

    @Option(
            names = "--damaged",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "So many more, made of the others by cutting them and turning over bytes; the same ones each time.")
    private int damaged;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            defaultValue = "2m",
            converter = DurationConverter.class,
            description = "How long to wait for an answer at most, from the last one on (default: ${DEFAULT-VALUE}).")
    private Duration timeout = Duration.ofMinutes(2);

    CorpusCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (damaged < 0) {
            throw CliException.usage("--damaged must be 0 or more, got " + damaged);
        }
        var servers = kafka.bootstrapServers(stack, context.installation());
        var files = PictureFiles.find(paths);
        var spool =
                kafka.isGiven() ? null : stack.folder(context.installation()).spool();
        var courier = new Courier(new ImageIds(new SecureRandom()), spool);
        var wish = new Courier.Wish(null, List.of(), Set.of(Task.EMBEDDING));
        var topics = TopicCatalogue.load();
        int sent = 0;
        try (var submitter = new Submitter(servers, topics.name(Topic.IMAGES));
                var answers = new EnrichedReader(servers, topics.name(Topic.ENRICHED), context::complain);
                var damage = new Damage(files)) {
            for (var file : files) {
                sent += send(courier.pack(file, wish), file, submitter, answers);
            }
            for (int number = 0; number < damaged; number++) {
                var file = damage.file(number);
                sent += send(courier.pack(file, wish), file, submitter, answers);
            }
            while (!open.isEmpty()) {
                await(answers);
            }
        } catch (IOException e) {
            throw CliException.missing("damaged files could not be made: " + e.getMessage(), e);
        }
        report(sent);
        return bad == 0 ? 0 : CliException.NO;
    }

    private int send(ImageSubmitted image, Path file, Submitter submitter, EnrichedReader answers) {
        open.put(image.id(), String.valueOf(file.getFileName()));
        submitter.await(image.id(), submitter.send(image));
        while (open.size() >= AT_ONCE) {
            await(answers);
        }
        return 1;
    }

    private void await(EnrichedReader answers) {
        long start = System.nanoTime();
        while (true) {
            int before = open.size();
            for (var answer : answers.poll()) {
                var file = open.remove(answer.event().id());
                if (file != null) {
                    count(file, answer.event().reason(), answer.event().parts().embedding());
                }
            }
            if (open.size() < before) {
                context.screen().draw(List.of(ended + " ended"));
                return;
            }
            if (System.nanoTime() - start > timeout.toNanos()) {
                throw CliException.no("no answer came within " + timeout.toSeconds() + " s for "
                        + String.join(", ", open.values()) + "; see 'saccade status" + stack.asOptions() + "'");
            }
        }
    }

    private void count(String file, @Nullable Failure refusal, Part<Embedding> part) {
        ended++;
        Failure reason = part.reason() == null ? refusal : part.reason();
        outcomes.merge(part.state() + (reason == null ? "" : " " + reason.code()), 1, Integer::sum);
        if (part.state() != Part.State.OK && part.state() != Part.State.REFUSED && refusal == null) {
            bad++;
            context.screen().line(Table.plain(file + ": " + part.state() + " " + reason));
        }
        Timings timings = part.timings();
        if (timings != null && timings.decode() + timings.preprocess() > worst) {
            worst = timings.decode() + timings.preprocess();
            worstFile = file;
        }
    }

    private void report(int sent) {
        var table = new Table(Table.Column.text("OUTCOME"), Table.Column.number("FILES"));
        outcomes.forEach((outcome, files) -> table.row(outcome, Integer.toString(files)));
        context.screen().lines(table.lines(context.screen().width()));
        context.screen()
                .line(Table.plain(String.format(
                        Locale.ROOT,
                        "%d files sent, %d ended, %d failed or missing; longest decoding and preparing: %.0f ms, %s",
                        sent,
                        ended,
                        bad,
                        worst,
                        worstFile)));
    }
}
