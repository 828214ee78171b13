package io.saccade.cli;

import io.saccade.cli.kafka.EnrichedReader;
import io.saccade.cli.kafka.JourneyReader;
import io.saccade.cli.screen.JourneyPage;
import io.saccade.cli.screen.Page;
import io.saccade.cli.screen.ShortJson;
import io.saccade.contract.event.ImageJourney;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        description =
                "Prints all that is known of one image: its way through the stages, where it waits now, and the latest"
                        + " revision of its joined answer.",
        footer = {"%nExamples:", "  saccade show cat-k3f9xq", "  saccade show cat-k3f9xq --json"})
final class ShowCommand implements Callable<Integer> {

    private static final int SUGGESTIONS = 5;

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Mixin
    private final KafkaChoice kafka = new KafkaChoice();

    @Mixin
    private final JoinerChoice joiner = new JoinerChoice();

    @Parameters(paramLabel = "ID", description = "As 'send' printed it.")
    private String id = "";

    @Option(names = "--json", description = "Print JSON, with long vectors cut.")
    private boolean json;

    ShowCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws InterruptedException {
        var bootstrapServers = kafka.bootstrapServers(stack, context.installation());
        var topic = TopicCatalogue.load().name(Topic.ENRICHED);
        var journeys = new JourneyReader(context::complain);
        var journey = json ? Optional.<ImageJourney>empty() : journeys.ask(joiner.addresses(stack, kafka, context), id);
        if (journey.isPresent()) {
            var before = journeys.before(bootstrapServers, journey.get());
            context.screen().lines(JourneyPage.lines(journey.get(), before, Instant.now()));
            if (journey.get().revision() == 0 || journey.get().state() == ImageJourney.State.ERASED) {
                return 0;
            }
            context.screen().line("");
        }
        try (var reader = new EnrichedReader(bootstrapServers, topic, context::complain)) {
            var all = reader.all();
            var latest = latest(all);
            context.screen().lines(json ? ShortJson.lines(latest.value()) : Page.lines(latest.event()));
            return 0;
        }
    }

    private EnrichedReader.Enriched latest(List<EnrichedReader.Enriched> all) {
        return all.stream()
                .filter(answer -> answer.event().id().equals(id))
                .max((a, b) -> Integer.compare(a.event().revision(), b.event().revision()))
                .orElseThrow(() -> CliException.no("there is no joined answer for '" + id + "'" + instead(all)));
    }

    /** Ids that begin as the one asked for does, which may have been cut short. */
    private String instead(List<EnrichedReader.Enriched> all) {
        var near = new LinkedHashSet<String>();
        all.reversed().stream()
                .map(answer -> answer.event().id())
                .filter(other -> other.startsWith(id) || id.startsWith(other))
                .forEach(near::add);
        if (!near.isEmpty()) {
            return ", did you mean "
                    + String.join(", ", new ArrayList<>(near).subList(0, Math.min(SUGGESTIONS, near.size()))) + "?";
        }
        return all.isEmpty()
                ? ": no image has been answered yet"
                : "; it may not be answered yet, or its record is older than the topic keeps";
    }
}
