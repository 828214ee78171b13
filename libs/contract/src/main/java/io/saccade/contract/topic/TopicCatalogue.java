package io.saccade.contract.topic;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The topics as listed in {@code deploy/topics.yaml}, which travels in this jar.
 *
 * @param partitions of every topic that is keyed by image id
 * @param replicas   in a production cluster
 * @param minInsync  replicas that must have a record before it counts as written
 * @param topics     in the order of the file
 */
public record TopicCatalogue(int partitions, int replicas, int minInsync, List<Entry> topics) {

    private static final String RESOURCE = "/saccade/topics.yaml";

    public TopicCatalogue {
        if (partitions < 1 || replicas < 1 || minInsync < 1 || minInsync > replicas) {
            throw new IllegalArgumentException(
                    "topics.yaml must have partitions >= 1 and 1 <= minInsync <= replicas, got partitions " + partitions
                            + ", replicas " + replicas + ", minInsync " + minInsync);
        }
        topics = List.copyOf(topics);
        var seen = new EnumMap<Topic, Entry>(Topic.class);
        var names = new HashSet<String>();
        for (var topic : topics) {
            if (seen.put(topic.key(), topic) != null) {
                throw new IllegalArgumentException(
                        "topics.yaml lists '" + topic.key().key() + "' twice");
            }
            if (!names.add(topic.name())) {
                throw new IllegalArgumentException("topics.yaml gives the name '" + topic.name() + "' twice");
            }
        }
        for (var topic : Topic.values()) {
            if (!seen.containsKey(topic)) {
                throw new IllegalArgumentException("topics.yaml must list '" + topic.key() + "', but it does not");
            }
        }
    }

    /**
     * One topic.
     *
     * @param key             what code calls it
     * @param name            what the broker calls it: 1 to 249 letters, digits, '.', '_' or '-'
     * @param event           what its records hold
     * @param description     one sentence
     * @param retention       how long a record is kept, positive
     * @param maxMessageBytes largest record batch the broker takes, positive
     */
    public record Entry(
            Topic key, String name, String event, String description, Duration retention, int maxMessageBytes) {

        private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,249}");

        public Entry {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("topics.yaml must name '" + key.key()
                        + "' with 1 to 249 letters, digits, '.', '_' or '-', got '" + name + "'");
            }
            if (!retention.isPositive() || maxMessageBytes < 1) {
                throw new IllegalArgumentException("topics.yaml must give '" + key.key()
                        + "' a positive retention and maxMessageBytes, got " + retention + " and " + maxMessageBytes);
            }
        }

        /** The topic's settings as Kafka names them. */
        public Map<String, String> config(int minInsync) {
            return Map.of(
                    "cleanup.policy", "delete",
                    "retention.ms", Long.toString(retention.toMillis()),
                    "max.message.bytes", Integer.toString(maxMessageBytes),
                    "min.insync.replicas", Integer.toString(minInsync));
        }
    }

    /** Reads the list in this jar. */
    public static TopicCatalogue load() {
        try (InputStream yaml = TopicCatalogue.class.getResourceAsStream(RESOURCE)) {
            if (yaml == null) {
                throw new IllegalStateException("this jar lacks " + RESOURCE + "; build it with Maven");
            }
            return parse(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException("could not read " + RESOURCE, e);
        }
    }

    /**
     * Reads a list.
     *
     * @throws IllegalArgumentException if it is not such a list; the message names the place
     */
    public static TopicCatalogue parse(InputStream yaml) throws IOException {
        var mapper = YAMLMapper.builder()
                .addModule(new JavaTimeModule())
                .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
                .enable(com.fasterxml.jackson.databind.MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .build();
        try {
            return mapper.readValue(yaml, TopicCatalogue.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("topics.yaml is no list of topics: " + e.getOriginalMessage(), e);
        }
    }

    /** What the file says about a topic. */
    public Entry entry(Topic topic) {
        return topics.stream().filter(entry -> entry.key() == topic).findFirst().orElseThrow();
    }

    /** What the broker calls a topic. */
    public String name(Topic topic) {
        return entry(topic).name();
    }
}
