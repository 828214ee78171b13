package io.saccade.faults.bugs;

import io.saccade.faults.check.Invariant;
import io.saccade.faults.check.Violation;
import java.util.Arrays;
import java.util.Optional;

/** The bugs, and what each must be caught by. */
public enum Bug {
    COMMIT_BEFORE_PUBLISH(
            "captioner",
            Play.KILL,
            "offsets are committed as soon as records are taken: what a killed stage held is lost",
            Invariant.I1,
            "has no result for caption"),
    LOSE_RESULT(
            "captioner",
            Play.CALM,
            "every 25th result counts as written and is not",
            Invariant.I1,
            "has no result for caption"),
    COMMIT_NOTHING(
            "moderator", Play.CALM, "nothing is ever committed", Invariant.I1, "records left that it has not settled"),
    DROP_LATE_PART(
            "joiner",
            Play.MODEL_DOWN,
            "a part that comes after the answer is dropped",
            Invariant.I1,
            "lacks answers in its last revision"),
    STATE_AHEAD(
            "joiner",
            Play.KILL_JOIN,
            "what a transaction writes is in the joiner's files before it is committed, and outlives the kill that undoes it",
            Invariant.I1,
            "was accepted and has no joined answer"),
    DOUBLE_FINAL("joiner", Play.CALM, "every joined answer is written twice", Invariant.I2, "twice, at"),
    SKIP_DEDUP(
            "joiner", Play.ECHO, "a result that says nothing new makes a revision", Invariant.I2, "says nothing new"),
    RANDOM_IDS("joiner", Play.CALM, "the same answer has another id each time", Invariant.I2, "has the event id"),
    SWAP_ANSWERS(
            "captioner", Play.CALM, "every 7th answer is that of the image before", Invariant.I3, "caption must be"),
    WRONG_DIGEST(
            "moderator",
            Play.CALM,
            "results name a digest that is not the image's",
            Invariant.I3,
            "sha256 of moderation must be"),
    WRONG_MODEL_VERSION(
            "encoder",
            Play.CALM,
            "results name a version of the model that did not run",
            Invariant.I3,
            "embedding names the model"),
    WRONG_TENANT("vqa", Play.CALM, "results go to another tenant", Invariant.I3, "tenant of answers must be"),
    DROP_ATTRIBUTES(
            "joiner",
            Play.CALM,
            "what the caller wrote on an image does not come back",
            Invariant.I3,
            "attributes must be"),
    DEAD_LETTER_WITHOUT_STORY(
            "joiner",
            Play.POISON,
            "dead letters come without their story",
            Invariant.I7,
            "has a dead letter without its story");

    /** Under what a bug shows. */
    public enum Play {
        /** Nothing happens. */
        CALM("nothing"),
        /** A stage is killed while its calls take long. */
        KILL("kill -9 of the stage while its calls take long"),
        /** The joiner is killed again and again at work. */
        KILL_JOIN("kill -9 of the joiner at work, three times"),
        /** Every result comes twice. */
        ECHO("every result is written again once all are joined"),
        /** One model is down until every image has its partial answer. */
        MODEL_DOWN("one model is down until every image has its partial answer"),
        /** Some images cannot be processed. */
        POISON("a tenth of the images cannot be processed");

        private final String how;

        Play(String how) {
            this.how = how;
        }

        /** In words. */
        public String how() {
            return how;
        }
    }

    private final String service;
    private final Play play;
    private final String effect;
    private final Invariant caughtBy;
    private final String words;

    Bug(String service, Play play, String effect, Invariant caughtBy, String words) {
        this.service = service;
        this.play = play;
        this.effect = effect;
        this.caughtBy = caughtBy;
        this.words = words;
    }

    /** Which service has it. */
    public String service() {
        return service;
    }

    /** Under what it shows. */
    public Play play() {
        return play;
    }

    /** What it does, in a clause. */
    public String effect() {
        return effect;
    }

    /** Which invariant it breaks, maybe among others. */
    public Invariant caughtBy() {
        return caughtBy;
    }

    /** What a violation must say: a run may be broken for another reason too, and that is not to have caught this bug. */
    public String words() {
        return words;
    }

    /** Whether a violation is what this bug does. */
    public boolean isShownBy(Violation violation) {
        return violation.invariant() == caughtBy && violation.text().contains(words);
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
    public String flag(String agent) {
        return "-javaagent:" + agent + "=" + name();
    }
}
