package io.saccade.cli.screen;

import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageJourney;
import io.saccade.contract.event.ImageJourney.State;
import io.saccade.contract.event.ImageJourney.Step;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Timings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where one image is, on one page. */
public final class JourneyPage {

    private static final double MILLIS = 1_000;

    private JourneyPage() {}

    /**
     * The lines of the page.
     *
     * @param before for a stage that is awaited, how many records it has to settle first
     * @param now    to say how much time is left
     */
    public static List<String> lines(ImageJourney journey, Map<Task, Long> before, Instant now) {
        var lines = new ArrayList<String>();
        lines.add(journey.id() + "  " + whole(journey, now));
        if (journey.state() == State.ERASED) {
            return lines.stream().map(Table::plain).toList(); // nothing else is known of it
        }
        if (journey.submittedAt() != null) {
            lines.add("  submitted   " + journey.submittedAt() + " by tenant " + journey.tenant());
        }
        if (journey.partition() >= 0) {
            lines.add("  lies in     " + (journey.topic() == null ? "images" : journey.topic()) + ", partition "
                    + journey.partition() + ", offset " + journey.offset());
        }
        Failure reason = journey.reason();
        if (reason != null) {
            lines.add("  refused     " + reason.code() + ": " + reason.message());
        }
        for (var step : journey.steps()) {
            lines.add(String.format(Locale.ROOT, "  %-11s %s", step.task().json(), step(step, journey, before)));
        }
        return lines.stream().map(Table::plain).toList();
    }

    private static String whole(ImageJourney journey, Instant now) {
        return switch (journey.state()) {
            case EXPECTED -> "results came, the image itself did not yet";
            case WAITING -> "waiting" + left(journey.deadline(), now);
            case ANSWERED ->
                "answered" + since(journey.submittedAt(), journey.answeredAt()) + ", revision " + journey.revision();
            case ERASED -> "erased";
        };
    }

    private static String left(@Nullable Instant deadline, Instant now) {
        if (deadline == null) {
            return "";
        }
        double seconds = Duration.between(now, deadline).toMillis() / MILLIS;
        return seconds >= 0
                ? String.format(Locale.ROOT, ", its answer is due in %.1f s", seconds)
                : String.format(Locale.ROOT, ", its answer was due %.1f s ago", -seconds);
    }

    private static String since(@Nullable Instant submittedAt, @Nullable Instant then) {
        return submittedAt == null || then == null
                ? ""
                : String.format(
                        Locale.ROOT,
                        " after %.3f s",
                        Duration.between(submittedAt, then).toMillis() / MILLIS);
    }

    private static String step(Step step, ImageJourney journey, Map<Task, Long> before) {
        var text = new StringBuilder(step.state().name().toLowerCase(Locale.ROOT));
        switch (step.state()) {
            case SKIPPED -> {}
            case WAITING -> text.append(where(step.task(), journey, before));
            case DONE, REFUSED, FAILED -> {
                text.append(since(journey.submittedAt(), step.completedAt()));
                source(step, text);
            }
        }
        return text.toString();
    }

    private static String where(Task task, ImageJourney journey, Map<Task, Long> before) {
        if (journey.state() == State.EXPECTED || journey.partition() < 0) {
            return "";
        }
        Long records = before.get(task);
        if (records == null) {
            return ": settled by its stage, the result is on its way or it will be tried again";
        }
        return records == 0 ? ": next in line, or being worked on" : ": " + records + " records are before it";
    }

    private static void source(Step step, StringBuilder text) {
        ModelRef model = step.model();
        if (model != null) {
            text.append(", ").append(model.name()).append(" version ").append(model.version());
        }
        Timings timings = step.timings();
        if (timings != null) {
            text.append(String.format(
                    Locale.ROOT,
                    ", fetch %.1f, decode %.1f, prepare %.1f, infer %.1f ms",
                    timings.fetch(),
                    timings.decode(),
                    timings.preprocess(),
                    timings.infer()));
        }
        Integer attempt = step.attempt();
        if (attempt != null && attempt > 1) {
            text.append(", attempt ").append(attempt);
        }
        Failure failure = step.failure();
        if (failure != null) {
            text.append(": ").append(failure.code()).append(", ").append(failure.message());
        }
    }
}
