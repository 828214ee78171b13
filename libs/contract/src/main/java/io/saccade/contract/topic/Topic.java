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
    RETRY_EMBEDDINGS,
    RETRY_CAPTIONS,
    RETRY_ANSWERS,
    RETRY_MODERATIONS,
    DLQ,
    HANDLED;

    /** The key in {@code topics.yaml}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
