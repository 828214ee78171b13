package io.saccade.faults.check;

import io.saccade.contract.event.Task;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that is known after a run has come to rest.
 *
 * @param sent    by the driver, in order
 * @param joined  every joined answer, in order within a partition
 * @param results of every stage
 * @param dead    every dead letter
 * @param foreign records that could not be read
 * @param lag     records that a consumer group has not committed, by group and topic
 * @param served  which models answer a task, as {@code name/version}
 */
public record History(
        List<Sent> sent,
        List<Seen.Joined> joined,
        List<Seen.Result> results,
        List<Seen.Dead> dead,
        List<Seen.Unreadable> foreign,
        Map<String, Long> lag,
        Map<Task, Set<String>> served) {

    public History {
        sent = List.copyOf(sent);
        joined = List.copyOf(joined);
        results = List.copyOf(results);
        dead = List.copyOf(dead);
        foreign = List.copyOf(foreign);
        lag = Map.copyOf(lag);
        served = Map.copyOf(served);
    }
}
