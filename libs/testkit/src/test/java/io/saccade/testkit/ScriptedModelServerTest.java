package io.saccade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.saccade.triton.Fault;
import io.saccade.triton.InferRequest;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import io.saccade.triton.TritonException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScriptedModelServerTest {

    private ScriptedModelServer server;
    private TritonClient client;

    @BeforeEach
    void start() {
        server = ScriptedModelServer.start(Path.of(System.getProperty("saccade.root"), "triton-models"));
        client = TritonClient.builder().endpoint(server.endpoint()).build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void describesTheModelsOfTheRepository() {
        // When
        var moderation = client.describe("moderation");

        // Then
        assertThat(moderation.requireParameter("labels")).startsWith("ban-sign");
        assertThat(moderation.output("scores")).isPresent();
        assertThat(client.modelReady("moderation")).isTrue();
    }

    @Test
    void answersAsScriptedAndRemembersTheCalls() {
        // Given
        server.script("moderation", Reply.full(), Reply.outputs(Tensor.fp32("scores", Shape.of(1, 3), 0, 1, 0)));

        // When, then
        assertThatThrownBy(() -> client.inferBlocking(request()))
                .isInstanceOfSatisfying(
                        TritonException.class, e -> assertThat(e.fault()).isEqualTo(Fault.OVERLOADED));
        assertThat(client.inferBlocking(request()).output("scores").asFloats()).containsExactly(0, 1, 0);
        assertThat(server.calls()).hasSize(2).allSatisfy(call -> assertThat(call.batch())
                .isEqualTo(1));
    }

    @Test
    void failsLater() {
        // Given
        server.script(
                "moderation", Reply.failing(Status.Code.INVALID_ARGUMENT, "no").after(Duration.ofMillis(20)));

        // When, then
        assertThatThrownBy(() -> client.inferBlocking(request()))
                .isInstanceOfSatisfying(
                        TritonException.class, e -> assertThat(e.code()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    @Test
    void goesAwayAndComesBackOnItsPort() {
        // Given
        server.script("moderation", Reply.outputs(Tensor.fp32("scores", Shape.of(1, 3), 0, 1, 0)));
        var endpoint = server.endpoint();

        // When
        server.stop();
        assertThatThrownBy(() -> client.inferBlocking(request())).isInstanceOf(TritonException.class);
        server.restart();

        // Then
        assertThat(server.endpoint()).isEqualTo(endpoint);
        Await.until("the server to be back", Duration.ofSeconds(10), () -> client.serverReady());
    }

    private static InferRequest request() {
        return InferRequest.to("moderation")
                .input(Tensor.uint8("image", Shape.of(1, 1, 1, 3), new byte[] {1, 2, 3}))
                .output("scores")
                .timeout(Duration.ofSeconds(5))
                .build();
    }
}
