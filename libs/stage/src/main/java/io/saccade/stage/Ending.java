package io.saccade.stage;

import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Retried;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.Task;

/** The one way a record ends. Its offset is committed only after what it asks for is acknowledged by the broker. */
public sealed interface Ending {

    /**
     * The word for metrics: {@code done}, {@code refused}, {@code failed}, {@code retried}, {@code skipped},
     * {@code erasure},
     * {@code duplicate} or {@code malformed}.
     */
    String outcome();

    /** A result: an answer or a refusal. */
    record Result(StageResult<?> result) implements Ending {
        @Override
        public String outcome() {
            return result.end() == StageResult.End.DONE ? "done" : "refused";
        }
    }

    /** The stage gives up: a failure as result, so that the join need not wait, and the record as dead letter. */
    record GivenUp(StageResult<?> result, DeadLetter story) implements Ending {
        @Override
        public String outcome() {
            return "failed";
        }
    }

    /** It may pass later: the record goes to the retry topic of its task, and comes from there again. */
    record Later(Task task, Retried retried) implements Ending {
        @Override
        public String outcome() {
            return "retried";
        }
    }

    /** No event can be read from the record, and this stage owns its topic: dead letter alone. */
    record Unreadable(DeadLetter story) implements Ending {
        @Override
        public String outcome() {
            return "malformed";
        }
    }

    /** Nothing to do here: the task is not asked for, it was answered before, or another service owns what cannot be read. */
    record Nothing(String outcome) implements Ending {}
}
