package io.saccade.cli.screen;

import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Timings;
import io.saccade.contract.event.Vector;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A joined answer in full, for reading. */
public final class Page {

    private static final int FIRST_NUMBERS = 4;

    private Page() {}

    /** The lines of the page. */
    public static List<String> lines(ImageEnriched event) {
        var lines = new ArrayList<String>();
        var summary = new Summary(event);
        lines.add(event.id() + "  " + summary.status() + "  " + summary.millis() + " ms");
        Failure reason = event.reason();
        if (reason != null) {
            lines.add("  reason      " + reason.code() + ": " + reason.message());
        }
        lines.add("  tenant      " + event.tenant());
        event.attributes().entrySet().stream()
                .sorted(java.util.Map.Entry.comparingByKey())
                .forEach(attribute -> lines.add("  attribute   " + attribute.getKey() + " = " + attribute.getValue()));
        lines.add("  submitted   " + event.submittedAt());
        lines.add("  answered    " + event.completedAt() + " (due " + event.deadline() + ")");
        if (event.sha256() != null) {
            lines.add("  sha256      " + event.sha256());
        }
        for (var task : Task.values()) {
            part(task, event.parts().of(task), lines);
        }
        return lines.stream().map(Table::plain).toList();
    }

    private static void part(Task task, Part<?> part, List<String> lines) {
        lines.add("");
        lines.add(task.json() + "  " + part.state() + source(part));
        Failure reason = part.reason();
        if (reason != null) {
            lines.add("  " + reason.code() + ": " + reason.message() + (reason.retryable() ? " (may pass later)" : ""));
        }
        Answer result = part.result();
        if (result == null) {
            return;
        }
        switch (result) {
            case Embedding(var space, var vector, var labels) -> {
                lines.add("  space " + space + ", " + vector.length() + " numbers: " + shortened(vector));
                labels.forEach(label -> lines.add(scored(label.score(), label.name())));
            }
            case Caption(var text, var confidence) -> lines.add(scored(confidence, text));
            case Answers(var items) ->
                items.forEach(item -> lines.add(scored(item.confidence(), item.question() + "  " + item.answer())));
            case Moderation(var verdict, var categories, var policy) -> {
                lines.add("  " + verdict + " by policy " + policy);
                categories.forEach(
                        category -> lines.add(scored(category.score(), category.name() + "  " + category.verdict())));
            }
        }
    }

    private static String source(Part<?> part) {
        var text = new StringBuilder();
        ModelRef model = part.model();
        if (model != null) {
            text.append("  by ").append(model.name()).append(" version ").append(model.version());
            text.append(" (").append(model.family()).append(')');
        }
        Timings timings = part.timings();
        if (timings != null) {
            text.append(String.format(
                    Locale.ROOT,
                    "  fetch %.1f, decode %.1f, prepare %.1f, infer %.1f ms",
                    timings.fetch(),
                    timings.decode(),
                    timings.preprocess(),
                    timings.infer()));
        }
        Integer attempt = part.attempt();
        if (attempt != null) {
            text.append(", attempt ").append(attempt);
        }
        return text.toString();
    }

    private static String scored(double score, String text) {
        return String.format(Locale.ROOT, "  %.3f  %s", score, text);
    }

    private static String shortened(Vector vector) {
        var text = new StringBuilder();
        for (int i = 0; i < Math.min(FIRST_NUMBERS, vector.length()); i++) {
            text.append(String.format(Locale.ROOT, "%.4f, ", vector.at(i)));
        }
        return text.append("...").toString();
    }
}
