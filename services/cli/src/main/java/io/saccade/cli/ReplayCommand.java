package io.saccade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.cli.kafka.RecordLog;
import io.saccade.cli.kafka.Replayer;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Sends requests again that are still in their topic: those of a time, of some images, or of some offsets. A",
            "stage that has answered a request a short while ago leaves it out, unless it is asked --again."
        },
        footer = {
            "%nExamples:",
            "  saccade replay --from 2h --to 1h --dry-run",
            "  saccade replay --ids missing.txt --rate 20",
            "  saccade replay --partition 3 --offsets 1000..1999 --again",
            "  saccade replay --from 24h --into backfill --rate 0 --again",
            "  saccade replay --from 2026-11-21T12:00:00Z --into shadow.images"
        })
final class ReplayCommand implements Callable<Integer> {

    private static final Pattern OFFSETS = Pattern.compile("([0-9]{1,18})\\.\\.([0-9]{1,18})");

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Mixin
    private final KafkaChoice kafka = new KafkaChoice();

    @Option(
            names = "--topic",
            paramLabel = "TOPIC",
            defaultValue = "images",
            description = "Of these requests: images, backfill or questions (default: ${DEFAULT-VALUE}).")
    private Topic topic = Topic.IMAGES;

    @Option(
            names = "--from",
            paramLabel = "TIME",
            converter = MomentConverter.class,
            description = "Sent then or later: 2026-11-21T12:00:00Z, or 2h for two hours ago.")
    private @Nullable Instant from;

    @Option(
            names = "--to",
            paramLabel = "TIME",
            converter = MomentConverter.class,
            description = "Sent before then (default: now).")
    private @Nullable Instant to;

    @Option(
            names = "--ids",
            paramLabel = "FILE",
            description = "With these keys, one in a line; '-' for standard input.")
    private @Nullable String ids;

    @Option(names = "--partition", paramLabel = "N", description = "Of this partition alone.")
    private @Nullable Integer partition;

    @Option(names = "--offsets", paramLabel = "A..B", description = "From offset A to offset B, both included.")
    private @Nullable String offsets;

    @Option(
            names = "--into",
            paramLabel = "TOPIC",
            description =
                    "'backfill' for images that shall not hold up live ones; else a topic by its full name, for a shadow"
                            + " system to read (default: where they lie).")
    private @Nullable String into;

    @Option(names = "--again", description = "Ask the stages to answer even what they have just answered.")
    private boolean again;

    @Option(names = "--dry-run", description = "Say how many would go, and send none.")
    private boolean dryRun;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "100",
            description = "So many a second at most; 0 for no limit (default: ${DEFAULT-VALUE}).")
    private int rate;

    ReplayCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        var stretch = stretch();
        var pace = new Pace(rate, System::nanoTime, Thread::sleep);
        var keys = ids == null ? null : keys(ids);
        if (!Replayer.REQUESTS.contains(topic)) {
            throw CliException.usage("--topic must be one of "
                    + Replayer.REQUESTS.stream().map(Topic::key).collect(Collectors.joining(", ")) + ", got "
                    + topic.key());
        }
        var bootstrapServers = kafka.bootstrapServers(stack, context.installation());
        var source = TopicCatalogue.load().name(topic);
        var target = into == null ? source : target(into);
        try (var log = new RecordLog(bootstrapServers, source)) {
            if (partition != null && partition >= log.partitions()) {
                throw CliException.usage(
                        "--partition must be below " + log.partitions() + ", the partitions of " + source);
            }
            try (var replayer = new Replayer(bootstrapServers, log, target, again)) {
                int total = replayer.count(stretch, keys);
                if (dryRun) {
                    context.screen().line(records(total) + " would be sent to " + target);
                    return 0;
                }
                int sent = replayer.replay(stretch, keys, () -> pace.await(1), count -> context.screen()
                        .draw(List.of(count + " of " + records(total) + " sent")));
                context.screen().line(records(sent) + " sent to " + target);
                return 0;
            }
        }
    }

    /** The topic of backfill by its short name, which nobody has to remember whole; any other by its full one. */
    private String target(String into) {
        if (!into.equals(Topic.BACKFILL.key())) {
            return into;
        }
        if (!topic.isImages()) {
            throw CliException.usage("--into backfill takes images, but --topic says " + topic.key());
        }
        return TopicCatalogue.load().name(Topic.BACKFILL);
    }

    private static String records(int count) {
        return count + (count == 1 ? " record" : " records");
    }

    private RecordLog.Stretch stretch() {
        if (from == null && to == null && ids == null && offsets == null) {
            throw CliException.usage(
                    "say which records: by --from and --to, by --ids, or by --partition and --offsets");
        }
        if (from != null && to != null && !from.isBefore(to)) {
            throw CliException.usage("--from must be before --to, got " + from + " and " + to);
        }
        if (partition != null && partition < 0) {
            throw CliException.usage("--partition must be at least 0, got " + partition);
        }
        if (offsets == null) {
            return new RecordLog.Stretch(from, to, partition, 0, Long.MAX_VALUE);
        }
        var parts = OFFSETS.matcher(offsets);
        if (partition == null || !parts.matches() || Long.parseLong(parts.group(1)) > Long.parseLong(parts.group(2))) {
            throw CliException.usage(
                    "--offsets must be A..B with A not above B, beside --partition, got '" + offsets + "'");
        }
        return new RecordLog.Stretch(
                from, to, partition, Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2)));
    }

    @SuppressWarnings("SystemIn") // '-' asks for it
    private static Set<String> keys(String file) {
        try (var lines = file.equals("-")
                ? new BufferedReader(new java.io.InputStreamReader(System.in, UTF_8))
                : Files.newBufferedReader(Path.of(file), UTF_8)) {
            var keys = new HashSet<String>();
            lines.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(keys::add);
            if (keys.isEmpty()) {
                throw CliException.usage("--ids must name at least one image, but " + file + " is empty");
            }
            return keys;
        } catch (IOException | java.io.UncheckedIOException e) {
            throw CliException.missing(file + " could not be read: " + e.getMessage(), e);
        }
    }
}
