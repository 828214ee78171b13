package io.saccade.cli.deadletter;

import io.saccade.cli.screen.ShortJson;
import io.saccade.cli.screen.Table;
import io.saccade.contract.event.LetterHandled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A letter in full, for reading. */
public final class LetterPage {

    private LetterPage() {}

    /**
     * The lines of the page.
     *
     * @param handled   what became of it; null while it waits
     * @param withValue whether to show the original value, images and long lists shortened
     */
    public static List<String> lines(Letter letter, @Nullable LetterHandled handled, boolean withValue) {
        var story = letter.story();
        var lines = new ArrayList<String>();
        lines.add(letter.id() + "  " + state(handled));
        lines.add("  reason      " + story.failure().code() + ": "
                + story.failure().message() + (story.failure().retryable() ? " (may pass later)" : ""));
        lines.add("  gave up     " + story.stage() + ", after " + story.attempts() + " "
                + (story.attempts() == 1 ? "attempt" : "attempts"));
        lines.add("  tried       " + story.firstTried() + " to " + story.lastTried());
        lines.add("  came from   " + story.topic() + " partition " + story.partition() + " offset " + story.offset());
        lines.add("  lies in     " + letter.place());
        lines.add("  model       " + (story.model() == null ? "-" : story.model()));
        lines.add("  trace       " + (story.traceId() == null ? "-" : story.traceId()));
        lines.add("  tenant      " + letter.tenant());
        lines.add("  key         " + letter.key());
        letter.headers().forEach((name, value) -> lines.add("  header      " + name + ": " + value));
        var value = letter.value();
        lines.add("  value       " + (value == null ? "none" : value.length + " bytes"));
        if (withValue && value != null) {
            lines.add("");
            lines.addAll(shown(value));
        }
        return lines.stream().map(Table::plain).toList();
    }

    private static String state(@Nullable LetterHandled handled) {
        if (handled == null) {
            return "waiting";
        }
        return handled.end().json() + " at " + handled.handledAt()
                + (handled.reason() == null ? "" : ": " + handled.reason());
    }

    private static List<String> shown(byte[] value) {
        try {
            return ShortJson.lines(value);
        } catch (IllegalArgumentException e) {
            return List.of("(no JSON; 'saccade dlq export' writes it whole)");
        }
    }
}
