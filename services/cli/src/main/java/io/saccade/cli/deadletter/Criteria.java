package io.saccade.cli.deadletter;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which letters are meant: those that meet everything that is given.
 *
 * @param reason failure code, or its beginning and {@code *}; null for any
 * @param stage  who gave up; null for any
 * @param tenant on whose behalf; null for any
 * @param model  name of the model, or name and version as {@code name/version}; null for any
 * @param since  last tried at this time or later; null for any
 * @param until  last tried before this time; null for any
 * @param names  ids of letters, or their beginnings of at least {@value #SHORTEST_ID} characters, or keys; empty for any
 */
public record Criteria(
        @Nullable String reason,
        @Nullable String stage,
        @Nullable String tenant,
        @Nullable String model,
        @Nullable Instant since,
        @Nullable Instant until,
        List<String> names) {

    /** Fewer characters of an id may mean several letters. */
    public static final int SHORTEST_ID = 8;

    public Criteria {
        names = List.copyOf(names);
    }

    /** Whether anything is asked for at all. */
    public boolean isEmpty() {
        return reason == null
                && stage == null
                && tenant == null
                && model == null
                && since == null
                && until == null
                && names.isEmpty();
    }

    /** Whether this letter is meant. */
    public boolean matches(Letter letter) {
        var story = letter.story();
        return (reason == null || matches(reason, story.failure().code()))
                && (stage == null || stage.equals(story.stage()))
                && (model == null || isModel(model, story.model()))
                && (since == null || !story.lastTried().isBefore(since))
                && (until == null || story.lastTried().isBefore(until))
                && (names.isEmpty() || names.stream().anyMatch(name -> isNamed(name, letter)))
                && (tenant == null || tenant.equals(letter.tenant())); // last: it reads the value
    }

    private static boolean matches(String pattern, String code) {
        return pattern.endsWith("*")
                ? code.startsWith(pattern.substring(0, pattern.length() - 1))
                : code.equals(pattern);
    }

    private static boolean isModel(String wanted, @Nullable String model) {
        return model != null && (model.equals(wanted) || model.startsWith(wanted + "/"));
    }

    private static boolean isNamed(String name, Letter letter) {
        return letter.key().equals(name)
                || (name.length() >= SHORTEST_ID && letter.id().startsWith(name));
    }
}
