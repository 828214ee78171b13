package io.saccade.cli;

import io.saccade.cli.kafka.Submitter;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "erase",
        mixinStandardHelpOptions = true,
        description =
                "Makes the join forget images: what it holds of them goes, what still comes is left out, and a record"
                        + " without a value tells the readers of the joined answers. Records that lie in topics go by age"
                        + " (saccade topics list).",
        footer = {"%nExamples:", "  saccade erase cat-k3f9xq", "  saccade erase $(cat ids.txt)"})
final class EraseCommand implements Callable<Integer> {

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Mixin
    private final KafkaChoice kafka = new KafkaChoice();

    @Parameters(paramLabel = "ID", arity = "1..*", description = "As 'send' printed it.")
    private List<String> ids = List.of();

    EraseCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        var bootstrapServers = kafka.bootstrapServers(stack, context.installation());
        var topics = TopicCatalogue.load();
        // In both: behind the image in its own topic, and at once, before a backfill that lies between.
        try (var live = new Submitter(bootstrapServers, topics.name(Topic.IMAGES));
                var backfill = new Submitter(bootstrapServers, topics.name(Topic.BACKFILL))) {
            for (var id : ids) {
                live.erase(id);
                backfill.erase(id);
                context.screen().line("erased " + id);
            }
        }
        return 0;
    }
}
