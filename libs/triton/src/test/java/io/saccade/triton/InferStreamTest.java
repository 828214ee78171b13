package io.saccade.triton;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelStreamInferResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One request, many results, against a server in the same JVM. */
@Timeout(60)
class InferStreamTest {
    private final List<AutoCloseable> open = new ArrayList<>();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    @Test
    void givesEachResultAndThenTheEnd() throws Exception {
        // Given
        var server = server((request, answers) -> {
            answers.onNext(FakeServer.text(request, "a", false));
            answers.onNext(FakeServer.text(request, "b", false));
            answers.onNext(FakeServer.end(request));
            answers.onCompleted();
        });

        // When
        var texts = texts(client(server).stream(request().id("7").build()));

        // Then
        assertThat(texts).containsExactly("a", "b");
        assertThat(server.requests.poll(10, SECONDS).getParametersOrThrow("triton_enable_empty_final_response"))
                .matches(parameter -> parameter.getBoolParam());
        assertThat(heard).containsExactly("started m", "finished m null");
    }

    @Test
    void theLastResultMayCarryTheFlagItself() {
        // Given
        var server = server((request, answers) -> {
            answers.onNext(FakeServer.text(request, "only", true));
            answers.onCompleted();
        });
        var stream = client(server).stream(request().build());

        // When
        var texts = texts(stream);

        // Then
        assertThat(texts).containsExactly("only");
        assertThat(stream.took()).isPositive();
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(stream::next);
    }

    @Test
    void endsAtTheFlagEvenIfTheServerKeepsTheStreamOpen() {
        // Given
        var server = server((request, answers) -> answers.onNext(FakeServer.text(request, "only", true)));

        // When
        var texts = texts(client(server).stream(request().build()));

        // Then
        assertThat(texts).containsExactly("only");
    }

    @Test
    void sendsTheHeadersOfTheCall() throws Exception {
        // Given
        var server = server((request, answers) -> answers.onNext(FakeServer.end(request)));

        // When
        texts(client(server).stream(request().header("traceparent", "00-a-b-01").build()));

        // Then
        var headers = server.headers.poll(10, SECONDS);
        assertThat(headers.get(key("triton_grpc_error"))).isNull();
        assertThat(headers.get(key("traceparent"))).isEqualTo("00-a-b-01");
    }

    @Test
    void aRefusalThatComesWhileTheRequestIsStillBeingSentIsHeard() {
        // Given a call that is refused, as by a fast server, before its end is written, and then takes no more, as
        // gRPC's does
        var call = new ClientCall<ModelInferRequest, ModelStreamInferResponse>() {
            private Listener<ModelStreamInferResponse> reader;
            private boolean isCancelled;

            @Override
            public void start(Listener<ModelStreamInferResponse> listener, Metadata headers) {
                reader = listener;
            }

            @Override
            public void request(int messages) {}

            @Override
            public void cancel(String message, Throwable cause) {
                isCancelled = true;
            }

            @Override
            public void sendMessage(ModelInferRequest message) {
                reader.onMessage(FakeServer.error(message, "Exceeds maximum queue size"));
            }

            @Override
            public void halfClose() {
                if (isCancelled) {
                    throw new IllegalStateException("call was cancelled");
                }
            }
        };
        var stream = new InferStream(
                request().build(),
                InferListener.NONE,
                CallTracer.NONE.started(request().build()),
                call);

        // When
        stream.start();

        // Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(stream::hasNext)
                .returns(Fault.OVERLOADED, TritonException::fault);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    Exceeds maximum queue size                                     | UNAVAILABLE      | OVERLOADED
                    Request for unknown model: 'nope' is not found                 | NOT_FOUND        | PASSING
                    [request id: 7] inference input 'A' data-type is 'FP32', but   | INVALID_ARGUMENT | PERMANENT
                    expected 2 inputs but got 1 inputs, but missing required input | INVALID_ARGUMENT | PERMANENT
                    ZeroDivisionError: division by zero                            | UNKNOWN          | PASSING
                    """)
    void readsAFailureThatCameAsText(String text, Status.Code code, Fault fault) {
        // Given
        var server = server((request, answers) -> answers.onNext(FakeServer.error(request, text)));
        var stream = client(server).stream(request().build());

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(stream::hasNext)
                .withMessage("stream of model 'm' failed: " + code + ": " + text)
                .returns(code, TritonException::code)
                .returns(fault, TritonException::fault);
        assertThatExceptionOfType(TritonException.class).isThrownBy(stream::next);
        assertThat(heard).containsExactly("started m", "finished m " + fault);
    }

    @Test
    void readsAFailureThatCameAsAStatusAfterSomeResults() {
        // Given
        var server = server((request, answers) -> {
            answers.onNext(FakeServer.text(request, "a", false));
            answers.onError(Status.INTERNAL.withDescription("out of memory").asRuntimeException());
        });
        var stream = client(server).stream(request().build());

        // When
        var first = stream.next();

        // Then
        assertThat(first.output("text_output").asStrings()).containsExactly("a");
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(stream::hasNext)
                .withMessageContaining("out of memory")
                .returns(Status.Code.INTERNAL, TritonException::code);
    }

    @Test
    void anAnswerCutShortIsAFailureAndNotAnEnd() {
        // Given
        var server = server((request, answers) -> {
            answers.onNext(FakeServer.text(request, "a", false));
            answers.onCompleted();
        });
        var stream = client(server).stream(request().build());
        stream.next();

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(stream::hasNext)
                .withMessageContaining("without the model's final response")
                .returns(Fault.PASSING, TritonException::fault);
    }

    @Test
    void refusesTheAnswerToAnotherRequest() {
        // Given
        var server = server((request, answers) ->
                answers.onNext(FakeServer.end(request.toBuilder().setId("8").build())));
        var stream = client(server).stream(request().id("7").build());

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(stream::hasNext)
                .withMessageContaining("request '7' carries the id '8'")
                .returns(Fault.PERMANENT, TritonException::fault);
    }

    @Test
    void givesUpAtTheDeadline() {
        // Given
        var server = server((_, _) -> {});
        var stream =
                client(server).stream(request().timeout(Duration.ofMillis(50)).build());

        // When, Then
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(stream::hasNext)
                .returns(Status.Code.DEADLINE_EXCEEDED, TritonException::code);
    }

    @Test
    void closingCancelsTheCallAtTheServer() throws Exception {
        // Given
        var server = server((request, answers) -> answers.onNext(FakeServer.text(request, "a", false)));
        var stream = client(server).stream(request().build());
        stream.next();

        // When
        stream.close();
        stream.close();

        // Then
        assertThat(server.cancelled.await(10, SECONDS)).isTrue();
        assertThatExceptionOfType(TritonException.class)
                .isThrownBy(stream::hasNext)
                .returns(Status.Code.CANCELLED, TritonException::code);
        assertThat(heard).containsExactly("started m", "finished m PASSING");
    }

    @Test
    void anInterruptCancelsTheCallAndKeepsTheFlag() throws Exception {
        // Given
        var arrived = new CountDownLatch(1);
        var server = server((_, _) -> arrived.countDown());
        var stream = client(server).stream(request().build());
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                seen.add("" + stream.hasNext());
            } catch (TritonException e) {
                seen.add(e.code() + " " + Thread.currentThread().isInterrupted());
            }
        });
        assertThat(arrived.await(10, SECONDS)).isTrue();

        // When
        thread.interrupt();

        // Then
        assertThat(seen.poll(10, SECONDS)).isEqualTo("CANCELLED true");
        assertThat(server.cancelled.await(10, SECONDS)).isTrue();
    }

    @Test
    void aSlowReaderHoldsTheServerBack() throws Exception {
        // Given a server that sends 64 KiB at a time, as long as it may
        var sent = new AtomicInteger();
        var heldBack = new CountDownLatch(1);
        int all = 200;
        var whenReady = new AtomicReference<Runnable>(() -> {});
        FakeServer.Script script = (request, answers) -> {
            var piece = FakeServer.text(request, "x".repeat(64 << 10), false);
            Runnable send = () -> {
                while (answers.isReady() && sent.get() < all) {
                    sent.incrementAndGet();
                    answers.onNext(piece);
                }
                if (sent.get() < all) {
                    heldBack.countDown();
                } else if (sent.getAndIncrement() == all) {
                    answers.onNext(FakeServer.end(request));
                }
            };
            whenReady.set(send);
            send.run();
        };
        var server = FakeServer.streaming(script, () -> whenReady.get().run());
        open.add(server);
        var client = keep(TritonClient.builder()
                .endpoint(server.endpoint())
                .flowControlWindow(128 << 10)
                .timeout(Duration.ofSeconds(60))
                .build());

        // When
        var stream = client.stream(request().build());

        // Then it stops long before the end, and goes on when someone reads
        assertThat(heldBack.await(30, SECONDS)).isTrue();
        assertThat(sent.get()).isLessThan(all);
        assertThat(texts(stream)).hasSize(all);
    }

    private static List<String> texts(InferStream stream) {
        List<String> texts = new ArrayList<>();
        try (stream) {
            stream.forEachRemaining(
                    result -> texts.addAll(result.output("text_output").asStrings()));
        }
        return texts;
    }

    private static InferRequest.Builder request() {
        return InferRequest.to("m").input(Tensor.int64("in", Shape.of(2), 1, 2));
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    private FakeServer server(FakeServer.Script script) {
        var server = FakeServer.streaming(script);
        open.add(server);
        return server;
    }

    private TritonClient client(FakeServer server) {
        return keep(TritonClient.builder()
                .endpoint(server.endpoint())
                .timeout(Duration.ofSeconds(30))
                .listener(new InferListener() {
                    @Override
                    public void started(String model) {
                        heard.add("started " + model);
                    }

                    @Override
                    public void finished(String model, Duration took, @Nullable Fault fault) {
                        heard.add("finished " + model + " " + fault);
                    }
                })
                .build());
    }

    private TritonClient keep(TritonClient client) {
        open.add(client);
        return client;
    }
}
