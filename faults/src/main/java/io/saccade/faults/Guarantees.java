package io.saccade.faults;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saccade.faults.bugs.Bug;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The page of what was promised and what came of it: a file of results, and a page made from it. */
final class Guarantees {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Guarantees() {}

    /**
     * A row of the page: the last run of a fault that is worth more than the ones before.
     *
     * @param result  {@code kept}, or which promises were broken and how often
     * @param date    day of the run, UTC
     * @param seed    with which it can be played again
     * @param images  sent
     * @param figures what was measured
     */
    record Row(String result, String date, long seed, int images, Map<String, String> figures) {}

    /**
     * The last run with a bug that was put in on purpose.
     *
     * @param times  how often the checker said what this bug does; 0 when it was missed
     * @param date   day of the run, UTC
     * @param seed   with which it can be played again
     * @param images sent
     */
    record BugRow(int times, String date, long seed, int images) {}

    /** Where the results lie below the root of the checkout. */
    static Path results(Path root) {
        return root.resolve("docs").resolve("guarantees.json");
    }

    /** Where what came of the bugs lies. */
    static Path bugResults(Path root) {
        return root.resolve("docs").resolve("seeded-bugs.json");
    }

    /** Where the page lies. */
    static Path page(Path root) {
        return root.resolve("docs").resolve("guarantees.md");
    }

    /** Puts a run into the results, and writes the page. A small run never hides a larger one, unless it found more. */
    static void merge(Path root, Run run, LocalDate today) throws IOException {
        var rows = new TreeMap<String, Row>(Catalogue.BY_NUMBER);
        rows.putAll(read(root));
        var known = rows.get(run.fault());
        if (known == null || known.images() <= run.images() || !run.kept()) {
            var broken = new LinkedHashMap<String, Integer>();
            run.violations()
                    .forEach(violation -> broken.merge(violation.invariant().name(), 1, Integer::sum));
            var result = run.kept()
                    ? "kept"
                    : broken.isEmpty()
                            ? "not at rest"
                            : "broken: " + broken.toString().replaceAll("[{}]", "");
            rows.put(run.fault(), new Row(result, today.toString(), run.seed(), run.images(), run.figures()));
        }
        Files.writeString(results(root), JSON.writeValueAsString(rows) + "\n");
        Files.writeString(page(root), render(root));
    }

    /** Puts a run with a bug into the results, and writes the page. */
    static void merge(Path root, Bug bug, BugRow row) throws IOException {
        var rows = new EnumMap<Bug, BugRow>(Bug.class);
        rows.putAll(readBugs(root));
        rows.put(bug, row);
        Files.writeString(bugResults(root), JSON.writeValueAsString(rows) + "\n");
        Files.writeString(page(root), render(root));
    }

    /** The results so far; none when there is no file. */
    static Map<String, Row> read(Path root) throws IOException {
        var file = results(root);
        return Files.exists(file)
                ? JSON.readValue(Files.readAllBytes(file), new TypeReference<Map<String, Row>>() {})
                : Map.of();
    }

    /** What came of the bugs so far; nothing when there is no file. */
    static Map<Bug, BugRow> readBugs(Path root) throws IOException {
        var file = bugResults(root);
        return Files.exists(file)
                ? JSON.readValue(Files.readAllBytes(file), new TypeReference<Map<Bug, BugRow>>() {})
                : Map.of();
    }

    /** The page as the results below a root make it. */
    static String render(Path root) throws IOException {
        return render(read(root), readBugs(root));
    }

    private static String result(Row row) {
        return row.result().equals("kept") ? "I1, I2, I3, I7 kept" : row.result();
    }

    /** The page. */
    private static String render(Map<String, Row> rows, Map<Bug, BugRow> bugs) {
        var page = new StringBuilder();
        page.append("""
                # What is promised, and how it is tested

                <!-- Written by ./saccade faults ... --write; do not edit. -->

                Every run breaks a real stack while images flow: brokers, our model server and all services as processes. It then waits
                until everything has come to rest, reads every topic as a consumer with `isolation.level=read_committed` does, and
                compares what was sent with what lies there. What the models say of each picture is asked before anything is broken, so
                that every answer afterwards can be checked word by word. A run is named by its fault and its seed.

                Not the models are tested here but what is around them. So a request that the real model server has answered before,
                byte for byte, is answered with what it said then and without asking it again: by the proxy that stands before it, and
                on which faults act the same. Every first answer is the real server's; nothing is answered so while it is away, nor
                while it is itself what breaks (F21, F24). Calls so answered count as computed.

                ```
                ./saccade faults list
                ./saccade faults run F3 --images 100000 --seed 1 --write
                ```

                | must hold after every fault | |
                | --- | --- |
                """);
        for (var invariant : io.saccade.faults.check.Invariant.values()) {
            page.append("| ")
                    .append(invariant)
                    .append(' ')
                    .append(invariant.title())
                    .append(" | ")
                    .append(invariant.promise())
                    .append(invariant.isCorrectness() ? "" : " (measured, not decided)")
                    .append(" |\n");
        }
        page.append("\n| fault | promise | how it is tested | last result | date | seed | images |\n");
        page.append("| --- | --- | --- | --- | --- | --- | --- |\n");
        for (var fault : Catalogue.all()) {
            var row = rows.get(fault.id());
            page.append("| ")
                    .append(String.join(
                            " | ",
                            List.of(
                                    fault.id() + " " + fault.title(),
                                    fault.promise(),
                                    fault.how(),
                                    row == null ? "not run yet" : result(row),
                                    row == null ? "" : row.date(),
                                    row == null ? "" : Long.toString(row.seed()),
                                    row == null ? "" : Integer.toString(row.images()))))
                    .append(" |\n");
        }
        page.append("\n## What was measured\n\n");
        for (var fault : Catalogue.all()) {
            var row = rows.get(fault.id());
            if (row != null) {
                page.append("- **").append(fault.id()).append("**: ");
                page.append(String.join(
                        "; ",
                        row.figures().entrySet().stream()
                                .map(figure -> figure.getKey() + " " + figure.getValue())
                                .toList()));
                page.append(".\n");
            }
        }
        page.append("\n## Known faults that are not run yet, or in part only\n\n");
        var later = new TreeMap<String, String>(Catalogue.BY_NUMBER);
        later.putAll(Catalogue.NOT_YET);
        later.forEach((id, why) ->
                page.append("- ").append(id).append(": ").append(why).append(".\n"));
        bugs(page, bugs);
        return page.toString();
    }

    private static void bugs(StringBuilder page, Map<Bug, BugRow> rows) {
        page.append("""

                ## Bugs put in on purpose

                A checker that finds nothing proves something only if it can find something. Each of these bugs was put into one real
                service of a running stack, by an agent that changes a method as its class is loaded; it is caught when the checker says
                what this bug does. The same play without a bug must keep every promise first.

                ```
                ./saccade faults bugs --write
                ```

                | bug | where | what happens meanwhile | caught by | last result | date | seed | images |
                | --- | --- | --- | --- | --- | --- | --- | --- |
                """);
        for (var bug : Bug.values()) {
            var row = rows.get(bug);
            page.append("| ")
                    .append(String.join(
                            " | ",
                            List.of(
                                    "`" + bug + "`: " + bug.effect(),
                                    bug.service(),
                                    bug.play().how(),
                                    bug.caughtBy() + ": \"" + bug.words() + "\"",
                                    row == null
                                            ? "not run yet"
                                            : row.times() == 0 ? "MISSED" : "caught, " + row.times() + " times",
                                    row == null ? "" : row.date(),
                                    row == null ? "" : Long.toString(row.seed()),
                                    row == null ? "" : Integer.toString(row.images()))))
                    .append(" |\n");
        }
    }
}
