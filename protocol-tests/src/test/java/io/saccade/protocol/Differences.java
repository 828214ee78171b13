package io.saccade.protocol;

import java.util.List;
import java.util.regex.Pattern;

/** Where our server answers with the same status as Triton and something else, and why. A difference that is not here fails the build. */
final class Differences {

    /** How much two answers differ, the worst first. */
    enum Kind {
        /** Another status. */
        CODE,
        /** The same status, other content. */
        CONTENT,
        /** A refusal with the same status in other words. */
        WORDS,
        /** None. */
        EQUAL
    }

    /**
     * What a comparison found.
     *
     * @param why the reason; empty if there is none to give
     */
    record Difference(Kind kind, String why) {}

    private record Reason(Pattern titles, String why) {}

    private static final List<Reason> REASONS = List.of(
            different(
                    "health: server metadata",
                    "Our server says its own name and version, and only the extensions that it has."),
            different(
                    "configuration: .*|repository: load with a configuration",
                    "Triton fills in defaults of fields that our server does not read; `runtime` is that of our ONNX backend in Python. Of an"
                            + " empty `dynamic_batching` it makes a preferred size of the largest batch."),
            different("(types|BYTES): .*", "Our text also names the model."),
            different(
                    "batch: (of different sizes|whole, with one)|inputs: one more, unknown",
                    "Of several wrong inputs, and in lists, Triton names those first that its hash table has first; ours keeps to the request."),
            different(
                    "shape: .*",
                    "Triton multiplies negative and very large dimensions until they overflow; ours says what is wrong with them."),
            different("parameters: .*", "The same in other words."),
            different(
                    "statistics: of all versions",
                    "Counts what was asked before: more version texts are numbers to Triton."),
            different(
                    "statistics: of a version that is no number",
                    "Our server compares the text with the versions it has."),
            different(
                    "failures: a model that cannot|stream: a model that fails",
                    "The text is ONNX Runtime's, for Java here and for Python there."),
            different(
                    "repository: load .*",
                    "Triton's text says only that it failed, and its log why; ours names file and line."));

    private Differences() {}

    private static Reason different(String titles, String why) {
        return new Reason(Pattern.compile(titles), why);
    }

    /** The answer without the paths of this machine and without Python's stack. */
    /** Where a server puts a model that came along with the request to load it: another folder each time. */
    private static final Pattern SCRATCH_FOLDER = Pattern.compile("/[^ :]*/(folder\\w{6}|saccade-model-\\d+)");

    static Answer portable(Answer answer) {
        String text = answer.text()
                .replace(Cases.REPOSITORY.toString(), "REPOSITORY")
                .replace(Checkout.ROOT.toString(), "CHECKOUT");
        text = SCRATCH_FOLDER.matcher(text).replaceAll("SCRATCH");
        int stack = text.indexOf("\n\nAt:\n");
        return new Answer(answer.code(), stack < 0 ? text : text.substring(0, stack));
    }

    static Difference between(Case each, List<Answer> triton, List<Answer> ours) {
        Kind kind = kind(triton, ours);
        return REASONS.stream()
                .filter(_ -> kind != Kind.EQUAL)
                .filter(reason -> reason.titles().matcher(each.title()).matches())
                .findFirst()
                .map(reason -> new Difference(kind, reason.why()))
                .orElse(new Difference(kind, ""));
    }

    private static Kind kind(List<Answer> triton, List<Answer> ours) {
        if (triton.size() != ours.size()) {
            return Kind.CODE;
        }
        Kind worst = Kind.EQUAL;
        for (int i = 0; i < triton.size(); i++) {
            Kind kind = kind(triton.get(i).withoutId(), ours.get(i).withoutId());
            if (kind.compareTo(worst) < 0) {
                worst = kind;
            }
        }
        return worst;
    }

    private static Kind kind(Answer triton, Answer ours) {
        if (triton.code() != ours.code()) {
            return Kind.CODE;
        }
        if (triton.equals(ours)) {
            return Kind.EQUAL;
        }
        return triton.isOk() ? Kind.CONTENT : Kind.WORDS;
    }
}
