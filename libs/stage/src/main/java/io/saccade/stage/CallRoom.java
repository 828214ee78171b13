package io.saccade.stage;

/**
 * How many calls at once a server takes that refuses some because it is full, or does not answer in time. Whoever goes on
 * with as many calls as before has most of them refused, and then sends each twice.
 *
 * <p>Additive increase, multiplicative decrease, as TCP avoids congestion (Chiu and Jain, "Analysis of the Increase and
 * Decrease Algorithms", Computer Networks and ISDN Systems 17, 1989): a refusal takes a third of the room, once for all
 * calls that were in flight together; as many answered calls as there is room for make room for one more. Without refusals it is what was set.
 *
 * <p>Not for several threads: {@link Admission} guards it.
 */
final class CallRoom {

    private static final double DECREASE = 2.0 / 3;

    private final int most;
    private double room;
    private int ofTheSameCrowd;

    /**
     * All of it.
     *
     * @param most calls at once, at least 1
     */
    CallRoom(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("there must be room for at least 1 call, got " + most);
        }
        this.most = most;
        this.room = most;
    }

    /** Calls at once, at least 1. */
    int calls() {
        return (int) room;
    }

    void answered() {
        ofTheSameCrowd = Math.max(0, ofTheSameCrowd - 1);
        room = Math.min(most, room + 1 / room);
    }

    /**
     * A call was refused, or timed out.
     *
     * @param inFlight calls at that time, itself included: where there were fewer than there was room for, that is too many
     */
    void refused(int inFlight) {
        if (ofTheSameCrowd > 0) { // it was sent before the last refusal, and says nothing new
            ofTheSameCrowd--;
            return;
        }
        room = Math.max(1, Math.min(room, inFlight) * DECREASE);
        ofTheSameCrowd = inFlight - 1;
    }
}
