package io.saccade.stage;

/**
 * How many of a stage's slots backfill may hold. A tenth is its own whatever else happens, so that it never starves; while
 * live images wait it gets no more. Else it may fill all but a tenth, so that the next live image finds room at once.
 *
 * <p>The same share as in {@link Admission}, and both are needed: here it is decided what is taken, there who calls.
 */
final class BackfillShare {

    private static final int PART = 10;

    private final int slots;
    private final int tenth;

    /**
     * Of so many slots.
     *
     * @param slots records that may be held at once, at least 1; of less than ten, one counts as a tenth
     */
    BackfillShare(int slots) {
        if (slots < 1) {
            throw new IllegalArgumentException("there must be at least 1 slot, got " + slots);
        }
        this.slots = slots;
        this.tenth = Math.max(1, slots / PART);
    }

    /**
     * How many more records of backfill may be taken; 0 for none.
     *
     * @param liveWaits whether live records lie ready that were not taken yet
     * @param backfill  records of backfill that are held
     * @param all       records of both kinds that are held; may pass the slots, by the records of one poll
     */
    int room(boolean liveWaits, int backfill, int all) {
        int own = tenth - backfill;
        int unused = liveWaits ? 0 : Math.min(slots - tenth - backfill, slots - all);
        return Math.max(0, Math.max(own, unused));
    }
}
