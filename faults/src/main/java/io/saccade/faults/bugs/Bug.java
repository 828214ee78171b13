package io.saccade.faults.bugs;

import io.saccade.faults.check.Invariant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The bugs, and what each must be caught by. */
public enum Bug {
    /** Offsets are committed as soon as records are polled: what a killed stage held is lost. */
    COMMIT_BEFORE_PUBLISH("captioner", "kill", Invariant.I1),
    /** Every 25th result is reported as written and is not. */
    LOSE_RESULT("captioner", "calm", Invariant.I1),
    /** Nothing is ever committed. */
    COMMIT_NOTHING("moderator", "calm", Invariant.I1),
    /** A part that comes after the answer is dropped. */
    DROP_LATE_PART("joiner", "F19", Invariant.I1),
    /** Every joined answer is written twice. */
    DOUBLE_FINAL("joiner", "calm", Invariant.I2),
    /** A result that says nothing new makes a revision. */
    SKIP_DEDUP("joiner", "F15", Invariant.I2),
    /** The same answer has another id each time. */
    RANDOM_IDS("joiner", "calm", Invariant.I2),
    /** Every 7th answer is that of the image before. */
    SWAP_ANSWERS("captioner", "calm", Invariant.I3),
    /** Results name a digest that is not the image's. */
    WRONG_DIGEST("moderator", "calm", Invariant.I3),
    /** Results name a version of the model that did not run. */
    WRONG_MODEL_VERSION("encoder", "calm", Invariant.I3),
    /** Results go to another tenant. */
    WRONG_TENANT("vqa", "calm", Invariant.I3),
    /** What the caller wrote on an image does not come back. */
    DROP_ATTRIBUTES("joiner", "calm", Invariant.I3),
    /** Dead letters come without their story. */
    DEAD_LETTER_WITHOUT_STORY("joiner", "F13", Invariant.I7);

    private final String service;
    private final String play;
    private final Invariant caughtBy;

    Bug(String service, String play, Invariant caughtBy) {
        this.service = service;
        this.play = play;
        this.caughtBy = caughtBy;
    }

    /** Which service has it. */
    public String service() {
        return service;
    }

    /** Under which fault it shows: {@code calm} for none, {@code kill} for a kill while a model is slow, or a fault's id. */
    public String play() {
        return play;
    }

    /** Which invariant it breaks, maybe among others. */
    public Invariant caughtBy() {
        return caughtBy;
    }

    /** The bug of a name. */
    public static Optional<Bug> of(String name) {
        return Arrays.stream(values())
                .filter(bug -> bug.name().equalsIgnoreCase(name))
                .findFirst();
    }

    /**
     * What the service's JVM gets so that it has the bug.
     *
     * @param agent the jar of this module
     */
    public List<String> flags(String agent) {
        return this == COMMIT_BEFORE_PUBLISH
                ? List.of(
                        "-Dsaccade.kafka.client.\"enable.auto.commit\"=true",
                        "-Dsaccade.kafka.client.\"auto.commit.interval.ms\"=100")
                : List.of("-javaagent:" + agent + "=" + name());
    }
}
