package io.saccade.contract.topic;

import java.util.Locale;

/** The topics by the names that code uses; what the broker calls them is in the {@link TopicCatalogue}. */
public enum Topic {
    IMAGES,
    QUESTIONS,
    BUCKET_EVENTS,
    EMBEDDINGS,
    CAPTIONS,
    ANSWERS,
    MODERATIONS,
    ENRICHED,
    DLQ,
    HANDLED;

    /** The key in {@code topics.yaml}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
