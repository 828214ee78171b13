package io.saccade.stage;

/** From which partitions the next poll may bring records. */
enum NextPoll {
    /** From none. */
    NOTHING,
    /** From all but those of backfill. */
    LIVE,
    /** From those of backfill alone. */
    BACKFILL,
    /** From all. */
    ALL;

    /**
     * What to poll next. While all slots are taken, backfill is still asked for what it lacks of its tenth: Kafka's consumer
     * empties what it fetched from one partition before it looks at another, thousands of small records at a time, so under
     * live load that never ends it would hardly ever come to it.
     *
     * @param open        whether anything may be taken
     * @param full        whether all slots are taken; of the tenth that is backfill's own some may be free nevertheless
     * @param mayBackfill whether there is room for a record of backfill, and none is fetched and not yet taken
     */
    static NextPoll of(boolean open, boolean full, boolean mayBackfill) {
        if (!open) {
            return NOTHING;
        }
        if (full) {
            return mayBackfill ? BACKFILL : NOTHING;
        }
        return mayBackfill ? ALL : LIVE;
    }

    boolean live() {
        return this == LIVE || this == ALL;
    }

    boolean backfill() {
        return this == BACKFILL || this == ALL;
    }
}
