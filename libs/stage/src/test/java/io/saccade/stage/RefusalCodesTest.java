package io.saccade.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.guard.FetchCode;
import io.saccade.sources.SourceCode;
import io.saccade.vision.RefusalCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds {@code docs/reference/refusal-codes.md} against the code, and rewrites it on demand. */
class RefusalCodesTest {

    private static final Path ROOT = Path.of(System.getProperty("saccade.root"));
    private static final Path PAGE = ROOT.resolve("docs/reference/refusal-codes.md");
    private static final String REWRITE = "mvn -pl libs/stage -am test -Dtest=RefusalCodesTest -Dsaccade.write=true"
            + " -Dsurefire.failIfNoSpecifiedTests=false";

    /** Where codes are written that belong to no catalogue. */
    private static final List<String> FOLDERS =
            List.of("libs/stage/src/main", "services/joiner/src/main", "services/intake/src/main");

    private static final Pattern LITERAL = Pattern.compile("\"((?:event|join|model|result|stage|task)\\.[a-z_]+)\"");
    /**
     * A code.
     *
     * @param meaning  a sentence
     * @param passing  whether the same event may succeed later
     */
    private record Code(String meaning, boolean passing) {}

    private static final Map<String, Code> OTHERS = Map.ofEntries(
            Map.entry("event.malformed", new Code("the record is not the event that its topic takes", false)),
            Map.entry("event.id_reused", new Code("the id belongs to another image already", false)),
            Map.entry(
                    "join.deadline",
                    new Code("no result came before the deadline; a later revision may bring it", true)),
            Map.entry("model.bad_output", new Code("the model's output cannot be an answer", false)),
            Map.entry("model.overloaded", new Code("the model server is full", true)),
            Map.entry("model.rejected", new Code("the model server does not take the request, and never will", false)),
            Map.entry(
                    "model.unavailable", new Code("the model server did not answer, or failed, again and again", true)),
            Map.entry("result.too_large", new Code("the result has more bytes than its topic takes", false)),
            Map.entry("stage.defect", new Code("the stage has a defect; please tell us", false)),
            Map.entry("task.no_question", new Code("no question was asked, so there is nothing to answer", false)),
            Map.entry("task.not_asked", new Code("the event does not ask for this task", false)));

    @BeforeAll
    static void rewriteIfAsked() throws IOException {
        if (Boolean.getBoolean("saccade.write")) {
            Files.writeString(PAGE, page());
        }
    }

    @Test
    void pageIsCurrent() throws IOException {
        assertThat(PAGE)
                .as("%s is stale. Rewrite it with: %s", PAGE.getFileName(), REWRITE)
                .hasContent(page());
    }

    @Test
    void everyCodeThatIsWrittenSomewhereIsExplainedHere() throws IOException {
        // Given
        var written = new TreeSet<String>();
        for (var folder : FOLDERS) {
            try (var files = Files.walk(ROOT.resolve(folder))) {
                for (var file :
                        files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    LITERAL.matcher(Files.readString(file)).results().forEach(match -> written.add(match.group(1)));
                }
            }
        }

        // Then
        assertThat(OTHERS.keySet()).containsExactlyInAnyOrderElementsOf(written);
    }

    private static String page() {
        var fetch = new TreeMap<String, Code>();
        for (var code : FetchCode.values()) {
            fetch.put(code.code(), new Code(code.sentence(), code.passing()));
        }
        for (var code : SourceCode.values()) {
            fetch.put(code.code(), new Code(code.sentence(), code.passing()));
        }
        return """
                # Refusal codes

                Why a part of a joined record is `REFUSED`, `FAILED`, `MISSING` or `SKIPPED`, and the reason of a dead letter. A code never changes
                its text or its meaning: compare it in your program. The sentence beside it in a record is for people and may change.

                Of the first two tables, what may pass is tried again and then becomes a `FAILED` part and a dead letter that can be sent again; the
                rest is `REFUSED` at once, because it would end the same way.

                Written from the code by a test of `libs/stage`; change it there.

                ## Reading the bytes

                %s

                ## Looking at the image

                %s

                ## Everything else

                %s
                """.formatted(table(fetch), table(images()), table(new TreeMap<>(OTHERS)));
    }

    private static String table(Map<String, Code> codes) {
        return Stream.concat(
                        Stream.of("| code | meaning | may pass |", "| --- | --- | --- |"),
                        codes.entrySet().stream().map(code -> "| `%s` | %s | %s |"
                                .formatted(
                                        code.getKey(),
                                        code.getValue().meaning(),
                                        code.getValue().passing() ? "yes" : "no")))
                .collect(Collectors.joining("\n"));
    }

    private static Map<String, Code> images() {
        var codes = new TreeMap<String, Code>();
        for (var code : RefusalCode.values()) {
            codes.put(code.code(), new Code(inside(code.sentence()), false));
        }
        return codes;
    }

    /** A sentence as the other catalogues have it: it stands in a table. */
    private static String inside(String sentence) {
        return sentence.substring(0, 1).toLowerCase(Locale.ROOT)
                + sentence.substring(1).replaceFirst("\\.$", "");
    }
}
