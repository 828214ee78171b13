package io.saccade.contract.schema;

import io.saccade.contract.EventType;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.util.Locale;
import java.util.stream.Collectors;

/** The table of topics for people. */
final class TopicsPage {

    private TopicsPage() {}

    static String write(TopicCatalogue catalogue) {
        return """
                # Topics

                Written from `deploy/topics.yaml` by the contract's tests; change it there. Every topic has %d partitions.
                For production the list asks for %d replicas, of which %d must have a record before it counts as written;
                a local stack has one.

                | topic | event | kept for | largest record | what it holds |
                | --- | --- | --- | --- | --- |
                %s
                """.formatted(
                        catalogue.partitions(),
                        catalogue.replicas(),
                        catalogue.minInsync(),
                        catalogue.topics().stream().map(TopicsPage::row).collect(Collectors.joining("\n")));
    }

    private static String row(TopicCatalogue.Entry topic) {
        var event = EventType.ALL.stream()
                .filter(type -> type.event().equals(topic.event()))
                .findFirst()
                .map(type -> "[`" + type.event() + "`](schemas/" + type.type() + ".json)")
                .orElse(
                        topic.key() == Topic.DLQ
                                ? "any, with the story in [headers](asyncapi.yaml)"
                                : "[`" + topic.event() + "`](asyncapi.yaml)");
        return String.format(
                Locale.ROOT,
                "| `%s` | %s | %d d | %,d B | %s |",
                topic.name(),
                event,
                topic.retention().toDays(),
                topic.maxMessageBytes(),
                topic.description());
    }
}
