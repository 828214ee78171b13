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
     * What to poll next.
     *
     * <p>Kafka's consumer empties what it fetched from one partition before it looks at another, thousands of small records
     * at a time. So while both kinds lie ready, backfill is asked for alone every second time, as long as there is room for
     * it: not more often, since its records may still be on their way.
     *
     * @param before        the poll before this one
     * @param open          whether anything may be taken
     * @param full          whether all slots are taken; the tenth that is backfill's own may still be free
     * @param liveWaits     whether live records lie ready
     * @param backfillWaits whether records of backfill do
     * @param mayBackfill   whether there is room for one, and none is fetched and not yet taken
     */
    static NextPoll after(
            NextPoll before,
            boolean open,
            boolean full,
            boolean liveWaits,
            boolean backfillWaits,
            boolean mayBackfill) {
        if (!open) {
            return NOTHING;
        }
        if (full) {
            return mayBackfill ? BACKFILL : NOTHING;
        }
        if (!mayBackfill) {
            return LIVE;
        }
        return liveWaits && backfillWaits && before != BACKFILL ? BACKFILL : ALL;
    }

    boolean live() {
        return this == LIVE || this == ALL;
    }

    boolean backfill() {
        return this == BACKFILL || this == ALL;
    }
}
