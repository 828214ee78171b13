package io.saccade.cli.screen;

import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Part;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A joined answer in few words, a piece for each column. A part without a result says its state in brackets. */
public final class Summary {

    private static final int LABELS = 2;

    private final ImageEnriched event;

    /** Of this answer. */
    public Summary(ImageEnriched event) {
        this.event = event;
    }

    /** A table for many answers. */
    public static Table table() {
        return new Table(
                Table.Column.wrapped("IMAGE"),
                Table.Column.wrapped("CAPTION"),
                Table.Column.wrapped("LABELS"),
                Table.Column.wrapped("ANSWERS"),
                Table.Column.text("VERDICT"),
                Table.Column.text("STATUS"),
                Table.Column.number("MS"));
    }

    /** Adds the answer to such a table, under a name. */
    public void addTo(Table table, String name) {
        table.row(name, caption(), labels(), answers(), verdict(), status(), millis());
    }

    /** The sentence; for an image that was refused before anybody looked at it, why. */
    public String caption() {
        var part = event.parts().caption();
        Caption caption = part.result();
        if (caption != null) {
            return caption.text();
        }
        Failure reason = event.reason();
        return reason != null ? reason.message() : bracketed(part);
    }

    /** The best labels with their scores. */
    public String labels() {
        Embedding embedding = event.parts().embedding().result();
        return embedding == null
                ? bracketed(event.parts().embedding())
                : embedding.labels().stream()
                        .limit(LABELS)
                        .map(label -> String.format(Locale.ROOT, "%s %.2f", label.name(), label.score()))
                        .collect(Collectors.joining("\n"));
    }

    /** Question and answer, a line each. */
    public String answers() {
        Answers answers = event.parts().answers().result();
        return answers == null
                ? bracketed(event.parts().answers())
                : answers.items().stream()
                        .map(item -> item.question() + " " + item.answer())
                        .collect(Collectors.joining("\n"));
    }

    /** What the policy decides. */
    public String verdict() {
        Moderation moderation = event.parts().moderation().result();
        return moderation == null
                ? bracketed(event.parts().moderation())
                : moderation.verdict().name();
    }

    /** The status, with the revision when it is not the first. */
    public String status() {
        return event.status() + (event.revision() > 1 ? " r" + event.revision() : "");
    }

    /** From submission to answer. */
    public String millis() {
        return Long.toString(
                Duration.between(event.submittedAt(), event.completedAt()).toMillis());
    }

    /** The reason's code, of the image or of the first part that has none. */
    public Optional<Failure> reason() {
        if (event.reason() != null) {
            return Optional.of(event.reason());
        }
        return event.parts().stream()
                .filter(part -> part.state() != Part.State.OK && part.state() != Part.State.SKIPPED)
                .map(Part::reason)
                .findFirst();
    }

    private static String bracketed(Part<?> part) {
        return part.state() == Part.State.SKIPPED ? "-" : "[" + part.state() + "]";
    }
}
