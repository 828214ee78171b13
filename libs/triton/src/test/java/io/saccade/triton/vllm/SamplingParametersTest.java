package io.saccade.triton.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SamplingParametersTest {

    @Test
    void sendsOnlyWhatIsSet() {
        assertThat(SamplingParameters.builder().build().json()).isEqualTo("{}");
        assertThat(SamplingParameters.greedy(64).json()).isEqualTo("{\"max_tokens\":64,\"temperature\":0.0}");
    }

    @Test
    void sendsEverythingByVllmsNames() {
        // Given
        var parameters = SamplingParameters.builder()
                .maxTokens(1)
                .temperature(0.5)
                .topP(0.9)
                .topK(-1)
                .minP(0.1)
                .presencePenalty(-2)
                .frequencyPenalty(2)
                .repetitionPenalty(1.1)
                .seed(42)
                .stop("\n\"\\")
                .stop("END")
                .build();

        // When
        var json = parameters.json();

        // Then
        assertThat(json)
                .isEqualTo("{\"max_tokens\":1,\"temperature\":0.5,\"top_p\":0.9,\"top_k\":-1,\"min_p\":0.1,"
                        + "\"presence_penalty\":-2.0,\"frequency_penalty\":2.0,\"repetition_penalty\":1.1,\"seed\":42,"
                        + "\"stop\":[\"\\u000a\\\"\\\\\",\"END\"]}");
    }

    static Stream<Arguments> whatVllmWouldRefuse() {
        return Stream.of(
                wrong("maxTokens must be 1 or more, got 0", b -> b.maxTokens(0)),
                wrong("temperature must be 0 or more, got -0.1", b -> b.temperature(-0.1)),
                wrong("temperature must be 0 or more, got NaN", b -> b.temperature(Double.NaN)),
                wrong("topP must be above 0 and at most 1, got 0.0", b -> b.topP(0)),
                wrong("topP must be above 0 and at most 1, got Infinity", b -> b.topP(Double.POSITIVE_INFINITY)),
                wrong("topK must be 1 or more, or -1 for all, got 0", b -> b.topK(0)),
                wrong("minP must be 0 to 1, got 1.5", b -> b.minP(1.5)),
                wrong("presencePenalty must be -2 to 2, got 3.0", b -> b.presencePenalty(3)),
                wrong("frequencyPenalty must be -2 to 2, got -3.0", b -> b.frequencyPenalty(-3)),
                wrong("repetitionPenalty must be above 0, got 0.0", b -> b.repetitionPenalty(0)),
                wrong("stop must not contain an empty text", b -> b.stop("")));
    }

    private static Arguments wrong(String message, UnaryOperator<SamplingParameters.Builder> setting) {
        return Arguments.of(message, setting);
    }

    @ParameterizedTest
    @MethodSource("whatVllmWouldRefuse")
    void refusesWhatVllmWouldRefuse(String message, UnaryOperator<SamplingParameters.Builder> setting) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> setting.apply(SamplingParameters.builder()).build())
                .withMessageContaining(message);
    }
}
