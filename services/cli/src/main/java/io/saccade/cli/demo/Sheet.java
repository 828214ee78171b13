package io.saccade.cli.demo;

import io.saccade.cli.screen.Summary;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Timings;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The answers beside their pictures, as one HTML file that needs no other. Everything that came from outside is escaped, and
 * the page runs no script and loads nothing.
 */
public final class Sheet {

    private static final int LABELS = 4;

    private static final String STYLE = """
            :root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --paper: #f7f8fa; --card: #fff;
              --line: #e2e5ea; --good: #18794e; --good-bg: #e3f6ec; --warn: #8a5a00; --warn-bg: #fff3d6;
              --bad: #b3261e; --bad-bg: #fdeaea; --bar: #4f7cff; }
            @media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #a0a6b0; --paper: #121417;
              --card: #1b1e23; --line: #2e333b; --good: #6fdca6; --good-bg: #143326; --warn: #ffc95c;
              --warn-bg: #3a2c0b; --bad: #ff9d96; --bad-bg: #42191a; --bar: #7b9bff; } }
            * { box-sizing: border-box; }
            body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 84rem; background: var(--paper);
              color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
            h1 { font-size: 1.5rem; margin: 0; } header p { color: var(--soft); margin: .35rem 0 1.75rem; }
            main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(21rem, 1fr)); }
            article { background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden;
              display: flex; flex-direction: column; }
            figure { margin: 0; height: 15rem; background: var(--line); display: grid; place-items: center; }
            figure img { width: 100%; height: 15rem; object-fit: contain; } figure span { color: var(--soft); }
            .text { padding: 1rem 1.1rem 1.1rem; display: flex; flex-direction: column; gap: .7rem; flex: 1; }
            h2 { font-size: 1rem; line-height: 1.4; margin: 0; } p { margin: 0; }
            .badges { display: flex; flex-wrap: wrap; gap: .4rem; }
            .badge { font-size: .72rem; font-weight: 600; letter-spacing: .03em; padding: .12rem .5rem;
              border-radius: 99px; border: 1px solid var(--line); color: var(--soft); }
            .good { color: var(--good); background: var(--good-bg); border-color: transparent; }
            .warn { color: var(--warn); background: var(--warn-bg); border-color: transparent; }
            .bad { color: var(--bad); background: var(--bad-bg); border-color: transparent; }
            dl { display: grid; grid-template-columns: 1fr auto; gap: .2rem .8rem; margin: 0; }
            dt { color: var(--soft); } dd { margin: 0; font-weight: 600; text-align: right; }
            .label { display: grid; grid-template-columns: 1fr 5rem 2.6rem; gap: .6rem; align-items: center;
              font-size: .85rem; }
            .label i { height: .45rem; border-radius: 9px; background: var(--line); overflow: hidden; }
            .label i b { display: block; height: 100%; background: var(--bar); }
            .label em { font-style: normal; color: var(--soft); text-align: right;
              font-variant-numeric: tabular-nums; }
            .small { font-size: .8rem; color: var(--soft); overflow-wrap: anywhere; } .end { margin-top: auto; }
            ul { margin: 0; padding-left: 1.1rem; font-size: .85rem; color: var(--bad); }
            """;

    private Sheet() {}

    /**
     * A picture and what became of it.
     *
     * @param picture     as in the manifest
     * @param bytes       of its file, to be read only
     * @param answer      null when none came
     * @param differences from what was drawn
     */
    @SuppressWarnings("ArrayRecordComponent") // shown, never compared
    public record Entry(
            DemoPicture picture, byte[] bytes, @Nullable ImageEnriched answer, List<String> differences) {

        public Entry {
            differences = List.copyOf(differences);
        }
    }

    /** The file's text. */
    public static String html(String subtitle, List<Entry> entries) {
        var html = new ArrayList<String>();
        html.add("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        html.add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        html.add("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:;"
                + " style-src 'unsafe-inline'\">");
        html.add("<title>Saccade demo</title><style>" + STYLE + "</style></head><body>");
        html.add("<header><h1>What Saccade saw</h1><p>" + escape(subtitle) + "</p></header><main>");
        entries.forEach(entry -> article(entry, html));
        html.add("</main></body></html>");
        return String.join("\n", html) + "\n";
    }

    private static void article(Entry entry, List<String> html) {
        html.add("<article>");
        html.add("<figure>" + picture(entry) + "</figure><div class=\"text\">");
        ImageEnriched answer = entry.answer();
        if (answer == null) {
            html.add("<div class=\"badges\">" + badge("NO ANSWER", "bad") + "</div>");
        } else {
            answer(entry, answer, html);
        }
        if (!entry.differences().isEmpty()) {
            html.add("<ul>");
            entry.differences().forEach(difference -> html.add("<li>" + escape(difference) + "</li>"));
            html.add("</ul>");
        }
        html.add("<p class=\"small end\">" + escape(entry.picture().file())
                + (answer == null ? "" : " &middot; " + escape(answer.id())) + "</p>");
        html.add("</div></article>");
    }

    private static void answer(Entry entry, ImageEnriched answer, List<String> html) {
        var summary = new Summary(answer);
        html.add("<h2>" + escape(summary.caption()) + "</h2>");
        html.add("<div class=\"badges\">" + status(answer) + verdict(answer)
                + badge(summary.millis() + " ms", "")
                + (entry.differences().isEmpty() ? badge("as drawn", "good") : badge("not as drawn", "bad"))
                + "</div>");
        Failure reason = answer.reason();
        if (reason != null) {
            html.add("<p class=\"small\">" + escape(reason.code() + ": " + reason.message()) + "</p>");
        }
        Answers answers = answer.parts().answers().result();
        if (answers != null) {
            html.add("<dl>");
            answers.items()
                    .forEach(item ->
                            html.add("<dt>" + escape(item.question()) + "</dt><dd>" + escape(item.answer()) + "</dd>"));
            html.add("</dl>");
        }
        Embedding embedding = answer.parts().embedding().result();
        if (embedding != null && !embedding.labels().isEmpty()) {
            html.add("<div>");
            embedding.labels().stream().limit(LABELS).forEach(label -> html.add(label(label)));
            html.add("</div>");
        }
        missing(answer, html);
        html.add("<p class=\"small\">" + escape(timings(answer)) + "</p>");
    }

    private static String label(Embedding.Label label) {
        return String.format(
                Locale.ROOT,
                "<div class=\"label\"><span>%s</span><i><b style=\"width:%.0f%%\"></b></i><em>%.2f</em></div>",
                escape(label.name()),
                label.score() * 100,
                label.score());
    }

    private static void missing(ImageEnriched answer, List<String> html) {
        for (var task : Task.values()) {
            Part<?> part = answer.parts().of(task);
            Failure reason = part.reason();
            boolean isSaid = answer.status() == ImageEnriched.Status.REFUSED && part.state() == Part.State.REFUSED;
            if (reason != null && part.state() != Part.State.SKIPPED && !isSaid) {
                html.add("<p class=\"small\">" + escape(task.json() + " " + part.state() + ": " + reason.message())
                        + "</p>");
            }
        }
    }

    private static String timings(ImageEnriched answer) {
        var texts = new ArrayList<String>();
        for (var task : Task.values()) {
            Timings timings = answer.parts().of(task).timings();
            if (timings != null && answer.parts().of(task).state() == Part.State.OK) {
                texts.add(String.format(Locale.ROOT, "%s %.0f ms", task.json(), timings.infer()));
            }
        }
        return texts.isEmpty() ? "" : "model time: " + String.join(", ", texts);
    }

    private static String status(ImageEnriched answer) {
        return badge(
                answer.status().name(),
                switch (answer.status()) {
                    case COMPLETE -> "good";
                    case PARTIAL -> "warn";
                    case REFUSED -> "bad";
                });
    }

    private static String verdict(ImageEnriched answer) {
        Moderation moderation = answer.parts().moderation().result();
        return moderation == null
                ? ""
                : badge(
                        moderation.verdict().name(),
                        switch (moderation.verdict()) {
                            case ALLOW -> "good";
                            case REVIEW -> "warn";
                            case BLOCK -> "bad";
                        });
    }

    private static String badge(String text, String kind) {
        return "<span class=\"badge " + kind + "\">" + escape(text) + "</span>";
    }

    /** The picture, unless its stage could not read it either: then a browser would show a broken one. */
    private static String picture(Entry entry) {
        ImageEnriched answer = entry.answer();
        boolean isUnreadable = answer != null
                && answer.parts().moderation().result() == null
                && answer.status() == ImageEnriched.Status.REFUSED;
        return isUnreadable
                ? "<span>cannot be shown: the file is broken</span>"
                : "<img alt=\"\" src=\"data:" + mediaType(entry.bytes()) + ";base64,"
                        + Base64.getEncoder().encodeToString(entry.bytes()) + "\">";
    }

    private static String mediaType(byte[] bytes) {
        boolean isPng = bytes.length > 3 && bytes[1] == 'P' && bytes[2] == 'N' && bytes[3] == 'G';
        return isPng ? "image/png" : "image/jpeg";
    }

    /** Text that HTML takes as text, in elements and in attributes. */
    static String escape(String text) {
        var escaped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(c);
            }
        });
        return escaped.toString();
    }
}
