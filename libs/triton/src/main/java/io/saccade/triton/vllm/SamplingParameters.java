package io.saccade.triton.vllm;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the model chooses its words. What is null is not sent, and vLLM's default holds. Names and ranges are those of vLLM's
 * {@code SamplingParams}; what is refused here would be refused there, after the way to the server.
 *
 * @param maxTokens         longest answer in tokens, 1 or more; vLLM's default of 16 cuts most answers short
 * @param temperature       0 always takes the likeliest token; 0 or more
 * @param topP              considers the likeliest tokens that together have this probability; above 0, at most 1
 * @param topK              considers this many of the likeliest tokens, 1 or more; -1 all of them
 * @param minP              leaves out tokens less likely than this part of the likeliest one; 0 to 1
 * @param presencePenalty   -2 to 2; above 0 favours new words
 * @param frequencyPenalty  -2 to 2; above 0 favours rare words
 * @param repetitionPenalty above 0; above 1 favours words that are neither in the prompt nor in the answer
 * @param seed              makes a random choice repeatable on the same server
 * @param stop              texts that end the answer and are not part of it, none empty
 */
public record SamplingParameters(
        @Nullable Integer maxTokens,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer topK,
        @Nullable Double minP,
        @Nullable Double presencePenalty,
        @Nullable Double frequencyPenalty,
        @Nullable Double repetitionPenalty,
        @Nullable Long seed,
        List<String> stop) {

    /** Checks the ranges. */
    public SamplingParameters {
        check("maxTokens", maxTokens, maxTokens == null || maxTokens >= 1, "1 or more");
        check("temperature", temperature, temperature == null || in(temperature, 0, Double.MAX_VALUE), "0 or more");
        check("topP", topP, topP == null || (in(topP, 0, 1) && topP > 0), "above 0 and at most 1");
        check("topK", topK, topK == null || topK >= 1 || topK == -1, "1 or more, or -1 for all");
        check("minP", minP, minP == null || in(minP, 0, 1), "0 to 1");
        check("presencePenalty", presencePenalty, presencePenalty == null || in(presencePenalty, -2, 2), "-2 to 2");
        check("frequencyPenalty", frequencyPenalty, frequencyPenalty == null || in(frequencyPenalty, -2, 2), "-2 to 2");
        check(
                "repetitionPenalty",
                repetitionPenalty,
                repetitionPenalty == null || (in(repetitionPenalty, 0, Double.MAX_VALUE) && repetitionPenalty > 0),
                "above 0");
        stop = List.copyOf(stop);
        if (stop.contains("")) {
            throw new IllegalArgumentException(
                    "stop must not contain an empty text: it would end every answer at once");
        }
    }

    private static void check(String name, @Nullable Object value, boolean right, String expected) {
        if (!right) {
            throw new IllegalArgumentException(name + " must be " + expected + ", got " + value);
        }
    }

    /** False for NaN and the infinities. */
    private static boolean in(double value, double from, double to) {
        return value >= from && value <= to;
    }

    /** Starts with nothing set. */
    public static Builder builder() {
        return new Builder();
    }

    /** Always the likeliest token, so the same answer each time: for tests and for extraction. */
    public static SamplingParameters greedy(int maxTokens) {
        return builder().temperature(0).maxTokens(maxTokens).build();
    }

    /** As the backend reads it from its input {@code sampling_parameters}. */
    public String json() {
        List<String> members = new ArrayList<>();
        member(members, "max_tokens", maxTokens);
        member(members, "temperature", temperature);
        member(members, "top_p", topP);
        member(members, "top_k", topK);
        member(members, "min_p", minP);
        member(members, "presence_penalty", presencePenalty);
        member(members, "frequency_penalty", frequencyPenalty);
        member(members, "repetition_penalty", repetitionPenalty);
        member(members, "seed", seed);
        if (!stop.isEmpty()) {
            members.add("\"stop\":["
                    + String.join(
                            ",", stop.stream().map(SamplingParameters::quoted).toList()) + "]");
        }
        return "{" + String.join(",", members) + "}";
    }

    private static void member(List<String> members, String name, @Nullable Number value) {
        if (value != null) {
            members.add(
                    "\"" + name + "\":" + value); // finite, as checked: Java and JSON write such numbers the same way
        }
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                default -> {
                    if (c < 0x20 || Character.isSurrogate(c)) {
                        json.append(String.format("\\u%04x", (int) c));
                    } else {
                        json.append(c);
                    }
                }
            }
        }
        return json.append('"').toString();
    }

    /** Collects the parameters; not for several threads. */
    public static final class Builder {
        private @Nullable Integer maxTokens;
        private @Nullable Double temperature;
        private @Nullable Double topP;
        private @Nullable Integer topK;
        private @Nullable Double minP;
        private @Nullable Double presencePenalty;
        private @Nullable Double frequencyPenalty;
        private @Nullable Double repetitionPenalty;
        private @Nullable Long seed;
        private final List<String> stop = new ArrayList<>();

        private Builder() {}

        /** Longest answer in tokens. */
        public Builder maxTokens(int maxTokens) {
            this.maxTokens = maxTokens;
            return this;
        }

        /** How random the choice is. */
        public Builder temperature(double temperature) {
            this.temperature = temperature;
            return this;
        }

        /** Considers the likeliest tokens of this probability. */
        public Builder topP(double topP) {
            this.topP = topP;
            return this;
        }

        /** Considers this many tokens. */
        public Builder topK(int topK) {
            this.topK = topK;
            return this;
        }

        /** Leaves out unlikely tokens. */
        public Builder minP(double minP) {
            this.minP = minP;
            return this;
        }

        /** Favours new words. */
        public Builder presencePenalty(double penalty) {
            this.presencePenalty = penalty;
            return this;
        }

        /** Favours rare words. */
        public Builder frequencyPenalty(double penalty) {
            this.frequencyPenalty = penalty;
            return this;
        }

        /** Favours words not seen yet. */
        public Builder repetitionPenalty(double penalty) {
            this.repetitionPenalty = penalty;
            return this;
        }

        /** Makes a random choice repeatable. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /** Adds a text that ends the answer. */
        public Builder stop(String text) {
            stop.add(requireNonNull(text, "text"));
            return this;
        }

        /** The parameters, checked. */
        public SamplingParameters build() {
            return new SamplingParameters(
                    maxTokens,
                    temperature,
                    topP,
                    topK,
                    minP,
                    presencePenalty,
                    frequencyPenalty,
                    repetitionPenalty,
                    seed,
                    stop);
        }
    }
}
