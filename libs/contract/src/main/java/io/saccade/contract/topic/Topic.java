package io.saccade.contract.topic;

import java.util.Locale;

/** The topics by the names that code uses; what the broker calls them is in the {@link TopicCatalogue}. */
public enum Topic {
    IMAGES,
    BACKFILL,
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

    /** Whether its records are images to understand, or erasures of such. */
    public boolean isImages() {
        return this == IMAGES || this == BACKFILL;
    }

    /** The key in {@code topics.yaml}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
