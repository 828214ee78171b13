package io.saccade.faults.check;

import io.saccade.contract.event.Task;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a record that was accepted must lead to. */
public sealed interface Owed {

    /**
     * A joined answer.
     *
     * @param truth      what must be said for each task that is asked; other tasks must be skipped
     * @param sha256     digest of the image's bytes
     * @param tenant     on whose behalf
     * @param attributes which come back as they are
     * @param deadline   which comes back as it is, and before which nothing may be called missing
     */
    record Answer(
            Map<Task, String> truth, String sha256, String tenant, Map<String, String> attributes, Instant deadline)
            implements Owed {
        public Answer {
            truth = Map.copyOf(truth);
            attributes = Map.copyOf(attributes);
        }
    }

    /**
     * A joined answer that refuses the image.
     *
     * @param code   how its reason's code starts
     * @param letter whether a dead letter is owed as well
     */
    record Refusal(String code, boolean letter) implements Owed {}

    /** A dead letter and no answer, since nobody can say of which image it would be. */
    record Letter() implements Owed {}

    /**
     * A dead letter, and no answer, since its id is another image's. No stage can know that, so a task that only this one
     * asks for is answered under its own digest; nothing of it may be joined.
     *
     * @param sha256 digest of its bytes
     * @param tenant on whose behalf
     * @param tasks  which it asks for
     */
    record Other(String sha256, String tenant, Set<Task> tasks) implements Owed {
        public Other {
            tasks = Set.copyOf(tasks);
        }
    }

    /**
     * A joined answer about an image that may not be one: each part that is asked for ends, and says why if it has no answer.
     *
     * @param tasks     which are asked
     * @param codes     how the reason of a part without an answer may start
     * @param mayBeRead whether a part may have an answer all the same
     */
    record Unsound(Set<Task> tasks, List<String> codes, boolean mayBeRead) implements Owed {
        public Unsound {
            tasks = Set.copyOf(tasks);
            codes = List.copyOf(codes);
        }
    }

    /** Nothing of its own: the same id was sent before, and that record is answered. */
    record Nothing() implements Owed {}
}
