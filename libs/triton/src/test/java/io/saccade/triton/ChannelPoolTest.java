package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChannelPoolTest {
    private final Line first = new Line();
    private final Line second = new Line();
    private final ChannelPool pool = new ChannelPool(
            List.of(new ChannelPool.Line("first", first), new ChannelPool.Line("second", second)),
            (_, report) -> report.accept(false),
            System::nanoTime);

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void takesChannelsInTurn() {
        call(4);

        assertThat(first.calls).isEqualTo(2);
        assertThat(second.calls).isEqualTo(2);
    }

    @Test
    void passesOverAChannelWhoseCallFailedBeforeItsStateTells() {
        // Given: gRPC fails the waiting calls, and only then moves the channel to TRANSIENT_FAILURE
        first.state = ConnectivityState.CONNECTING;
        first.answer = Status.UNAVAILABLE;
        call(1);

        // When
        call(5);

        // Then
        assertThat(first.calls).isEqualTo(1);
        assertThat(second.calls).isEqualTo(5);
    }

    @Test
    void sendsNoCallToWaitForANewAttemptOfALostConnection() {
        // Given
        first.state = ConnectivityState.TRANSIENT_FAILURE;
        call(2);
        first.state = ConnectivityState.CONNECTING;

        // When
        call(4);

        // Then
        assertThat(first.calls).isZero();
        assertThat(second.calls).isEqualTo(6);
    }

    @Test
    void asksAnIdleLostChannelToConnectAndTakesItBackOnceItHas() {
        // Given
        first.state = ConnectivityState.TRANSIENT_FAILURE;
        call(1);
        first.state = ConnectivityState.IDLE;
        call(2);
        assertThat(first.asksToConnect).isPositive();

        // When
        first.state = ConnectivityState.READY;
        call(4);

        // Then
        assertThat(first.calls).isEqualTo(2);
    }

    @Test
    void takesAllInTurnWhereNoneIsLeft() {
        first.state = ConnectivityState.TRANSIENT_FAILURE;
        second.state = ConnectivityState.TRANSIENT_FAILURE;

        call(4);

        assertThat(first.calls).isEqualTo(2);
        assertThat(second.calls).isEqualTo(2);
    }

    private void call(int times) {
        for (int i = 0; i < times; i++) {
            pool.next()
                    .newCall(GRPCInferenceServiceGrpc.getServerLiveMethod(), CallOptions.DEFAULT)
                    .start(new ClientCall.Listener<>() {}, new Metadata());
        }
    }

    /** A channel whose state is set, and whose calls end at once with the answer that is set. */
    private static final class Line extends ManagedChannel {
        private ConnectivityState state = ConnectivityState.READY;
        private Status answer = Status.OK;
        private int calls;
        private int asksToConnect;

        @Override
        public ConnectivityState getState(boolean requestConnection) {
            if (requestConnection && state == ConnectivityState.IDLE) {
                asksToConnect++;
            }
            return state;
        }

        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
            return new ClientCall<>() {
                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    calls++;
                    listener.onClose(answer, new Metadata());
                }

                @Override
                public void request(int numMessages) {}

                @Override
                public void cancel(@Nullable String message, @Nullable Throwable cause) {}

                @Override
                public void halfClose() {}

                @Override
                public void sendMessage(Q message) {}
            };
        }

        @Override
        public String authority() {
            return "test";
        }

        @Override
        public ManagedChannel shutdown() {
            return this;
        }

        @Override
        public ManagedChannel shutdownNow() {
            return this;
        }

        @Override
        public boolean isShutdown() {
            return true;
        }

        @Override
        public boolean isTerminated() {
            return true;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }
    }
}
