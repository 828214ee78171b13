package io.saccade.cli;

import io.saccade.cli.kafka.Topics;
import io.saccade.cli.screen.Table;
import io.saccade.cli.stack.Startup;
import io.saccade.contract.topic.TopicCatalogue;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "[COMMAND]",
        description = "Lists the topics, makes them, or checks them; deploy/topics.yaml says which there are.",
        footer = {"%nExamples:", "  saccade topics", "  saccade topics apply --kafka broker-1:9092 --partitions 12"})
final class TopicsCommand implements Callable<Integer> {

    private final Context context;

    TopicsCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        return list();
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the topics of the catalogue; needs no broker.",
            footer = {"%nExample:", "  saccade topics list"})
    int list() {
        var catalogue = TopicCatalogue.load();
        var table = new Table(
                Table.Column.text("TOPIC"),
                Table.Column.text("EVENT"),
                Table.Column.text("KEPT"),
                Table.Column.number("MAX BYTES"),
                Table.Column.wrapped("WHAT"));
        for (var topic : catalogue.topics()) {
            table.row(
                    topic.name(),
                    topic.event(),
                    topic.retention().toDays() + " d",
                    Integer.toString(topic.maxMessageBytes()),
                    topic.description());
        }
        context.screen().lines(table.lines(context.screen().width()));
        context.screen()
                .line("In production: " + catalogue.partitions() + " partitions, " + catalogue.replicas()
                        + " replicas, " + catalogue.minInsync() + " in sync. In a local stack: "
                        + Startup.LOCAL_PARTITIONS
                        + " partitions, 1 replica.");
        return 0;
    }

    @Command(
            name = "apply",
            mixinStandardHelpOptions = true,
            description = "Makes the topics that are missing; those that exist stay as they are.",
            footer = {
                "%nExamples:",
                "  saccade topics apply",
                "  saccade topics apply --kafka broker-1:9092 --partitions 12 --replicas 3 --min-insync 2"
            })
    int apply(
            @Mixin StackChoice stack,
            @Mixin KafkaChoice kafka,
            @Option(names = "--partitions", paramLabel = "N", description = "Of each new topic (default: 4).") @Nullable
                    Integer partitions,
            @Option(
                            names = "--replicas",
                            paramLabel = "N",
                            description = "Of each new topic (default: what the broker has as default).")
                    @Nullable
                    Integer replicas,
            @Option(
                            names = "--min-insync",
                            paramLabel = "N",
                            description = "Of each new topic (default: what the broker has as default).")
                    @Nullable
                    Integer minInsync) {
        int count = atLeastOne("--partitions", partitions).orElse(Startup.LOCAL_PARTITIONS);
        var copies = atLeastOne("--replicas", replicas).map(Integer::shortValue);
        var bootstrapServers = kafka.bootstrapServers(stack, context.installation());
        try (var topics = Topics.on(bootstrapServers, TopicCatalogue.load())) {
            var made = topics.apply(count, copies, atLeastOne("--min-insync", minInsync));
            made.forEach(name -> context.screen().line("made " + name + " with " + count + " partitions"));
            if (made.isEmpty()) {
                context.screen().line("all topics exist on " + bootstrapServers);
            }
            return check(topics, bootstrapServers);
        }
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Checks that all topics exist and have the same number of partitions. Exit code 1 if not.",
            footer = {"%nExample:", "  saccade topics check --kafka broker-1:9092"})
    int check(@Mixin StackChoice stack, @Mixin KafkaChoice kafka) {
        var bootstrapServers = kafka.bootstrapServers(stack, context.installation());
        try (var topics = Topics.on(bootstrapServers, TopicCatalogue.load())) {
            return check(topics, bootstrapServers);
        }
    }

    private int check(Topics topics, String bootstrapServers) {
        var actual = topics.actual();
        var problems = Topics.problems(actual);
        problems.forEach(context::complain);
        if (problems.isEmpty()) {
            context.screen()
                    .line(actual.size() + " topics on " + bootstrapServers + " are as they should be, with "
                            + actual.getFirst().partitions() + " partitions each");
        }
        return problems.isEmpty() ? 0 : CliException.NO;
    }

    private static Optional<Integer> atLeastOne(String option, @Nullable Integer value) {
        if (value != null && (value < 1 || value > Short.MAX_VALUE)) {
            throw CliException.usage(option + " must be 1.." + Short.MAX_VALUE + ", got " + value);
        }
        return Optional.ofNullable(value);
    }
}
