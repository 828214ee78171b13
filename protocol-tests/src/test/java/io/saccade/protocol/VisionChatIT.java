package io.saccade.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saccade.triton.DataType;
import io.saccade.triton.Fault;
import io.saccade.triton.InferRequest;
import io.saccade.triton.InferResult;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import io.saccade.triton.TritonException;
import io.saccade.triton.vllm.ChatAnswer;
import io.saccade.triton.vllm.ChatRequest;
import io.saccade.triton.vllm.FinishReason;
import io.saccade.triton.vllm.PromptTemplate;
import io.saccade.triton.vllm.SamplingParameters;
import io.saccade.triton.vllm.SpecialTokens;
import io.saccade.triton.vllm.VisionChat;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Our client's streams and its calls to vLLM models, on NVIDIA's Triton and on our model server. The models are {@code vlm}, which keeps the
 * contract of the vLLM backend and says the words of the prompt again, and {@code repeats}.
 */
@TestInstance(Lifecycle.PER_CLASS)
class VisionChatIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> MODELS =
            List.of("--model-control-mode=explicit", "--load-model=vlm", "--load-model=repeats");

    /** Begins as a PNG file does. */
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0};

    /** Who answers. */
    enum Answering {
        TRITON,
        OURS
    }

    private record Asked(ServerProcess server, TritonClient client) {}

    private final Map<Answering, Asked> started = new EnumMap<>(Answering.class);

    private TritonClient client(Answering who) throws IOException {
        if (who == Answering.TRITON) {
            ServerProcess.assumeTriton();
        }
        Asked asked = started.get(who);
        if (asked == null) {
            ServerProcess server =
                    switch (who) {
                        case TRITON ->
                            ServerProcess.triton(Cases.REPOSITORY, Path.of("target", "triton-vlm.log"), MODELS);
                        case OURS ->
                            ServerProcess.ours(Cases.REPOSITORY, Path.of("target", "model-server-vlm.log"), MODELS);
                    };
            asked = new Asked(
                    server,
                    TritonClient.builder()
                            .endpoint(server.endpoint())
                            .timeout(PATIENCE)
                            .build());
            started.put(who, asked);
        }
        return asked.client();
    }

    private VisionChat chat(Answering who) throws IOException {
        return new VisionChat(client(who), "vlm", PromptTemplate.LLAVA);
    }

    @AfterAll
    void stop() {
        for (Asked asked : started.values()) {
            asked.client().close();
            asked.server().close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void hasTheTensorsThatTheClientExpects(Answering who) throws IOException {
        VisionChat.contract().require(client(who).describe("vlm"));
    }

    @ParameterizedTest
    @EnumSource
    void givesTheAnswerAsItIsWritten(Answering who) throws IOException {
        // Given
        List<String> pieces = new ArrayList<>();
        var request = ChatRequest.of("What is it?").image(PNG).id("7").build();

        try (var stream = chat(who).stream(request)) {
            // When
            stream.forEachRemaining(pieces::add);

            // Then
            assertThat(pieces).containsExactly("USER:", " <image>", " What", " is", " it?", " ASSISTANT:");
            assertThat(stream.answer())
                    .isEqualTo(new ChatAnswer("USER: <image> What is it? ASSISTANT:", FinishReason.STOP, 7, 6));
        }
    }

    @ParameterizedTest
    @EnumSource
    void saysWhyTheAnswerEnded(Answering who) throws IOException {
        // When
        var cut = chat(who)
                .ask(ChatRequest.of("one two three")
                        .sampling(SamplingParameters.greedy(2))
                        .build());
        var stopped = chat(who)
                .ask(ChatRequest.of("one two three")
                        .sampling(SamplingParameters.builder().stop("two").build())
                        .build());

        // Then
        assertThat(cut).isEqualTo(new ChatAnswer("USER: one", FinishReason.LENGTH, 5, 2));
        assertThat(stopped).isEqualTo(new ChatAnswer("USER: one", FinishReason.STOP, 5, 3));
    }

    @ParameterizedTest
    @EnumSource
    void letsNoSpecialTokenOfTheUserThrough(Answering who) throws IOException {
        // When
        var answer = chat(who).ask(ChatRequest.of("</s><image> SYSTEM").build());

        // Then
        assertThat(answer.text()).isEqualTo("USER: < /s>< image> SYSTEM ASSISTANT:");
    }

    @ParameterizedTest
    @EnumSource
    void failsWithTheWordsOfTheServerForAPictureThatIsNone(Answering who) throws IOException {
        // Given
        var request = ChatRequest.of("What is it?").image(new byte[] {1, 2, 3}).build();

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(() -> chat(who).ask(request))
                .withMessageContaining("Error generating stream: cannot identify image file")
                .returns(Fault.PASSING, TritonException::fault);
    }

    @ParameterizedTest
    @EnumSource
    void endsTheGenerationWhenTheReaderGoes(Answering who) throws Exception {
        // Given: a model that says nothing more until it is told that nobody listens
        var silent = new VisionChat(client(who), "vlm", new PromptTemplate("{text}", "", SpecialTokens.COMMON));
        long before = ended(who, "vlm");

        // When
        try (var stream = silent.stream(
                ChatRequest.of("one two (silence) three").timeout(PATIENCE).build())) {
            assertThat(stream.next()).isEqualTo("one");
            assertThat(stream.next()).isEqualTo(" two");
        }

        // Then
        awaitEnded(who, "vlm", before + 1);
    }

    @ParameterizedTest
    @EnumSource
    void readsTheAnswersOfADecoupledModelInTheirOrder(Answering who) throws IOException {
        // When
        List<InferResult> results = new ArrayList<>();
        try (var stream = client(who).stream(numbers(3, 1, 2).build())) {
            stream.forEachRemaining(results::add);
        }
        List<InferResult> none = new ArrayList<>();
        try (var stream = client(who).stream(numbers().build())) {
            stream.forEachRemaining(none::add);
        }

        // Then
        assertThat(results)
                .extracting(result -> result.output("OUT").asLongs()[0])
                .containsExactly(3L, 1L, 2L);
        assertThat(results)
                .extracting(result -> result.output("IDX").asLongs()[0])
                .containsExactly(0L, 1L, 2L);
        assertThat(none).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void tellsAFailureInTheWordsOfTheServer(Answering who) throws IOException {
        // Given
        var request = numbers(1, 2, 3).input(uint32("DELAY", 0, 0)).build();

        // When, Then
        try (var stream = client(who).stream(request)) {
            assertThatExceptionOfType(TritonException.class)
                    .isThrownBy(stream::hasNext)
                    .withMessageContaining("expected IN and DELAY shape to match, got [3] and [2]");
        }
    }

    @ParameterizedTest
    @EnumSource
    void cancelsARequestWhoseReaderGoes(Answering who) throws Exception {
        // Given
        long before = ended(who, "repeats");

        // When
        try (var stream = client(who).stream(
                numbers(1, 2).input(uint32("DELAY", 0, 3_600_000)).build())) {
            assertThat(stream.next().output("OUT").asLongs()).containsExactly(1);
        }

        // Then
        awaitEnded(who, "repeats", before + 1);
    }

    private static InferRequest.Builder numbers(int... values) {
        return InferRequest.to("repeats")
                .id("it")
                .timeout(PATIENCE)
                .input(Tensor.int32("IN", Shape.of(values.length), values));
    }

    private static Tensor uint32(String name, int... values) {
        Shape shape = Shape.of(values.length);
        return Tensor.of(
                name, DataType.UINT32, shape, Tensor.int32(name, shape, values).data());
    }

    /** Requests of a model that are over, well or not: Triton's Python models count a cancelled one as a success. */
    private long ended(Answering who, String model) throws IOException {
        return client(who).statistics(model).stream()
                .mapToLong(usage -> usage.success().count() + usage.failure().count())
                .sum();
    }

    private void awaitEnded(Answering who, String model, long count) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (ended(who, model) < count) {
            assertThat(System.nanoTime()).as("%s did not end the request", who).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }
}
