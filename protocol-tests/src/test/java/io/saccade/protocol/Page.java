package io.saccade.protocol;

import io.saccade.protocol.Differences.Difference;
import io.saccade.protocol.Differences.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code docs/reference/triton-protocol.md}: how much of the protocol our server speaks, and each difference. */
final class Page {

    static final Path FILE = Checkout.path("docs/reference/triton-protocol.md");

    private static final int LONGEST_CELL = 220;

    /** What no question can show equal, so that nobody takes the table for more than it is. */
    private static final String NOT_ASKED = """

            ## Not asked

            What our server does not have, and the suite therefore leaves out:

            - models of other backends than `onnxruntime`: Python, TensorRT, and so on are refused when they are loaded. The decoupled models of
              the suite are `repeat` and `vllm_echo`, which our server has itself and Triton gets from `deploy/triton/backends`;
            - sequence batching, the response cache, the rate limiter, and GPUs: CUDA's shared memory is answered as by a Triton without one;
            - traces: the settings are checked, kept and given back, and a Triton that was started without a trace file writes none either;
            - statistics of the single answers of decoupled models (`response_stats`), which our server counts and Triton's Python backend does not.
            """;

    private Page() {}

    private static final class Count {
        private int cases;
        private int equal;
        private int words;
        private int content;
    }

    static String of(List<Case> cases, Map<String, List<Answer>> triton, Map<String, List<Answer>> ours) {
        Map<String, Count> groups = new LinkedHashMap<>();
        Map<String, List<String>> explained = new LinkedHashMap<>();
        var total = new Count();
        for (Case each : cases) {
            List<Answer> theirs = triton.getOrDefault(each.title(), List.of());
            List<Answer> own = ours.getOrDefault(each.title(), List.of());
            Difference difference = Differences.between(each, theirs, own);
            for (Count count : List.of(groups.computeIfAbsent(each.group(), _ -> new Count()), total)) {
                add(count, difference);
            }
            if (difference.kind() != Kind.EQUAL) {
                explained
                        .computeIfAbsent(difference.why(), _ -> new ArrayList<>())
                        .add(row(each, theirs, own));
            }
        }
        var page = new StringBuilder("""
                # What of Triton's protocol our model server speaks

                <!-- Written by ProtocolIT from the answers of both servers. Do not edit: %s -->

                The suite in [protocol-tests](../../protocol-tests) asks NVIDIA's Triton 2.51.0 and `saccade-model-server` the same
                %d questions over gRPC. *Other words*: the same status, another text. *Other content*: both answer, with something else in it.
                Everything else is equal to the byte, ids of requests in texts and times in statistics left aside. Every status is equal; the
                build fails when one is not.

                | about | questions | equal | other words | other content |
                | --- | ---: | ---: | ---: | ---: |
                """.formatted(TritonIT.REWRITE, cases.size()));
        groups.forEach((group, count) -> page.append(line(group, count)));
        page.append(line("**all**", total));
        section(page, explained);
        page.append(NOT_ASKED);
        return page.toString();
    }

    private static void add(Count count, Difference difference) {
        count.cases++;
        switch (difference.kind()) {
            case EQUAL -> count.equal++;
            case WORDS -> count.words++;
            case CONTENT, CODE -> count.content++;
        }
    }

    private static String line(String name, Count count) {
        return "| %s | %d | %d | %d | %d |%n".formatted(name, count.cases, count.equal, count.words, count.content);
    }

    private static void section(StringBuilder page, Map<String, List<String>> reasons) {
        page.append("\n## Different\n");
        reasons.forEach((why, rows) -> {
            page.append('\n').append(why).append("\n\n| question | Triton | ours |\n| --- | --- | --- |\n");
            rows.forEach(page::append);
        });
    }

    private static String row(Case each, List<Answer> triton, List<Answer> ours) {
        for (int i = 0; i < Math.max(triton.size(), ours.size()); i++) {
            Answer theirs = i < triton.size() ? triton.get(i).withoutId() : null;
            Answer own = i < ours.size() ? ours.get(i).withoutId() : null;
            if (theirs == null || !theirs.equals(own)) {
                return "| %s | %s | %s |%n".formatted(cell(each.title()), cell(theirs, own), cell(own, theirs));
            }
        }
        throw new IllegalStateException("equal: " + each.title());
    }

    /** Of two long messages only the lines that the other has not. */
    private static String cell(Answer answer, Answer other) {
        if (answer == null) {
            return "*no answer*";
        }
        if (!answer.isOk()) {
            return answer.code() + " " + code(answer.text());
        }
        if (other == null || !other.isOk()) {
            return "OK";
        }
        List<String> lines = new ArrayList<>(Arrays.stream(answer.text().split("\n"))
                .map(String::strip)
                .filter(line -> !line.equals("}"))
                .toList());
        for (String line : other.text().split("\n")) {
            lines.remove(line.strip());
        }
        return lines.isEmpty() ? "OK" : "OK " + code(String.join(" ", lines));
    }

    private static String code(String text) {
        return text.isEmpty() ? "" : "`" + cell(text.replace('`', '\'')) + "`";
    }

    private static String cell(String text) {
        String line = text.replaceAll("\\s+", " ").replace("|", "\\|").strip();
        return line.length() <= LONGEST_CELL ? line : line.substring(0, LONGEST_CELL) + " ...";
    }
}
