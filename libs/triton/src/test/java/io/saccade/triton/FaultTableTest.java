package io.saccade.triton;

import static io.saccade.triton.Fault.OVERLOADED;
import static io.saccade.triton.Fault.PASSING;
import static io.saccade.triton.Fault.PERMANENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.grpc.Status;
import io.grpc.Status.Code;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class FaultTableTest {

    /** Texts that Triton 2.51.0 answered, those of its sources where none was seen, and those of gRPC itself. */
    static Stream<Arguments> textsOfRealServers() {
        return Stream.of(
                arguments(Code.UNAVAILABLE, "[request id: 7] Exceeds maximum queue size", OVERLOADED),
                arguments(Code.UNAVAILABLE, "Request timeout expired", OVERLOADED),
                arguments(Code.UNAVAILABLE, "Request for unknown model: 'm' version 1 is not at ready state", PASSING),
                arguments(Code.UNAVAILABLE, "Server is stopping, scheduler for model has stopped accepting", PASSING),
                arguments(
                        Code.UNAVAILABLE,
                        "GRPC server is shutting down and has stopped accepting new requests.",
                        PASSING),
                arguments(Code.UNAVAILABLE, "This protocol is restricted, expecting header 'key'", PASSING),
                arguments(Code.UNAVAILABLE, "io exception: Connection refused: localhost/127.0.0.1:1", PASSING),
                arguments(Code.NOT_FOUND, "Request for unknown model: 'nope' is not found", PASSING),
                arguments(Code.NOT_FOUND, "Request for unknown model: 'm' version 9 is not found", PASSING),
                arguments(Code.NOT_FOUND, "Request for unknown model: 'm' has no available versions", PASSING),
                arguments(Code.NOT_FOUND, "Unable to find shared memory region: 'none'", PERMANENT),
                arguments(
                        Code.INVALID_ARGUMENT,
                        "[request id: <id_unknown>] inference input 'A' data-type is 'FP32', but model 'm' expects 'INT32'",
                        PERMANENT),
                arguments(
                        Code.INVALID_ARGUMENT,
                        "[request id: 3] inference request batch-size must be <= 8 for 'm'",
                        PERMANENT),
                arguments(Code.INVALID_ARGUMENT, "unexpected inference output 'Z' for model 'm'", PERMANENT),
                arguments(
                        Code.UNIMPLEMENTED,
                        "ModelInfer RPC doesn't support models with decoupled transaction policy",
                        PERMANENT),
                arguments(Code.ALREADY_EXISTS, "shared memory region 'r' already in manager", PERMANENT),
                arguments(Code.INTERNAL, "failed to load 'nope', failed to poll from model repository", PASSING),
                arguments(Code.CANCELLED, "[request id: 1] Request cancelled", PASSING),
                arguments(Code.DEADLINE_EXCEEDED, "CallOptions deadline exceeded after 0.049s.", PASSING),
                arguments(Code.RESOURCE_EXHAUSTED, "gRPC message exceeds maximum size 4194304: 5000013", PERMANENT),
                arguments(Code.RESOURCE_EXHAUSTED, "too many requests", OVERLOADED));
    }

    @ParameterizedTest
    @MethodSource("textsOfRealServers")
    void readsWhatRealServersSay(Code code, String text, Fault expected) {
        assertThat(FaultTable.faultOf(code, text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(value = Code.class, mode = EnumSource.Mode.EXCLUDE, names = "OK")
    void hasARowForEveryCode(Code code) {
        assertThatCode(() -> FaultTable.faultOf(code, "")).doesNotThrowAnyException();
    }

    @Test
    void theExceptionSaysWhatWasCalledAndWhatCameBack() {
        // When
        var exception = TritonException.of(
                "infer",
                "caption",
                Status.UNAVAILABLE.withDescription("Exceeds maximum queue size").asRuntimeException());

        // Then
        assertThat(exception)
                .hasMessage("infer of model 'caption' failed: UNAVAILABLE: Exceeds maximum queue size")
                .returns(OVERLOADED, TritonException::fault)
                .returns("caption", TritonException::model)
                .returns(Code.UNAVAILABLE, TritonException::code);
    }

    @Test
    void shortensATracebackFromABackend() {
        // When
        var exception = TritonException.of(
                "infer",
                "m",
                Status.INTERNAL.withDescription("x".repeat(10_000)).asRuntimeException());

        // Then
        assertThat(exception.getMessage()).hasSizeLessThan(700).endsWith("...");
    }
}
