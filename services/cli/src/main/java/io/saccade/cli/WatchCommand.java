package io.saccade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.cli.kafka.EnrichedReader;
import io.saccade.cli.screen.Summary;
import io.saccade.cli.screen.Table;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "watch",
        mixinStandardHelpOptions = true,
        description = "Prints each joined answer as it comes, a line each, until Ctrl-C.",
        footer = {
            "%nExamples:",
            "  saccade watch",
            "  saccade watch --from-beginning --json | jq -r '[.id, .status, .parts.caption.result.text] | @tsv'"
        })
final class WatchCommand implements Callable<Integer> {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Mixin
    private final KafkaChoice kafka = new KafkaChoice();

    @Option(names = "--json", description = "Print the records as they are in Kafka, one JSON object a line.")
    private boolean json;

    @Option(names = "--from-beginning", description = "Print those that are there already, too.")
    private boolean fromBeginning;

    @Option(names = "--limit", paramLabel = "N", description = "Stop after so many.")
    private @Nullable Integer limit;

    WatchCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (limit != null && limit < 1) {
            throw CliException.usage("--limit must be at least 1, got " + limit);
        }
        var bootstrapServers = kafka.bootstrapServers(stack, context.installation());
        try (var reader =
                new EnrichedReader(bootstrapServers, TopicCatalogue.load().name(Topic.ENRICHED), context::complain)) {
            if (fromBeginning) {
                reader.fromBeginning();
            }
            if (!json) {
                context.errors().println("watching " + bootstrapServers + ", Ctrl-C ends");
            }
            int shown = 0;
            while (!context.screen().isBroken()) {
                for (var answer : reader.poll()) {
                    context.screen().line(json ? new String(answer.value(), UTF_8) : line(answer.event()));
                    if (limit != null && ++shown == limit) {
                        return 0;
                    }
                }
            }
            return 0;
        }
    }

    /** An answer in one line. */
    static String line(ImageEnriched event) {
        var summary = new Summary(event);
        return String.join(
                "  ",
                TIME.format(event.completedAt()),
                pad(summary.status(), 8),
                pad(summary.verdict(), 6),
                pad(summary.millis(), 5) + " ms",
                event.id(),
                Table.cut(Table.plain(summary.caption()), 100),
                Table.cut(Table.plain(summary.answers().replace("\n", "; ")), 160));
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
