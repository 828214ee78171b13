package io.saccade.contract.topic;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

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

    /** What stages say of images. */
    public static final List<Topic> RESULTS = List.of(EMBEDDINGS, CAPTIONS, ANSWERS, MODERATIONS);

    /** The topics that meet in the join; their partition counts must be equal. */
    public static final List<Topic> JOINED =
            Stream.concat(Stream.of(IMAGES, BACKFILL), RESULTS.stream()).toList();

    /** Whether its records are images to understand, or erasures of such. */
    public boolean isImages() {
        return this == IMAGES || this == BACKFILL;
    }

    /** The key in {@code topics.yaml}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
