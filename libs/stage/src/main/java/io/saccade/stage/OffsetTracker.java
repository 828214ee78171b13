package io.saccade.stage;

import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * Which offset of one partition may be committed while records finish in any order: the lowest that is still at work,
 * or the one after the last when none is. Not thread-safe: the poll loop owns it.
 */
final class OffsetTracker {

    private final TreeSet<Long> atWork = new TreeSet<>();
    private long next = -1;
    private long committed = -1;

    /**
     * A record was taken.
     *
     * @throws IllegalArgumentException if the offset does not lie above every earlier one: Kafka hands them out in order
     */
    void taken(long offset) {
        if (offset < next) {
            throw new IllegalArgumentException("offsets come in order, expected at least " + next + ", got " + offset);
        }
        if (next < 0) {
            committed = offset; // where the group stood already
        }
        atWork.add(offset);
        next = offset + 1;
    }

    /** A record has reached its end, and that end is acknowledged. Offsets that were never taken are ignored. */
    void settled(long offset) {
        atWork.remove(offset);
    }

    /** The offset to commit, if it is not the one committed last. */
    OptionalLong toCommit() {
        if (next < 0) {
            return OptionalLong.empty();
        }
        long position = atWork.isEmpty() ? next : atWork.first();
        return position > committed ? OptionalLong.of(position) : OptionalLong.empty();
    }

    /** The broker has this position now. */
    void committed(long position) {
        committed = Math.max(committed, position);
    }

    /** How many records are at work. */
    int atWork() {
        return atWork.size();
    }
}
