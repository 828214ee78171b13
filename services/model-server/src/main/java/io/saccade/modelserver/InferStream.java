package io.saccade.modelserver;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.saccade.modelserver.batching.Job;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelStreamInferResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One stream of requests. As in Triton, models that answer once are answered in the order of their requests and decoupled ones whenever they
 * have an answer, a failed request is an {@code error_message} with its id and leaves the stream open, and cancelling the stream cancels
 * all that is under way on it.
 */
final class InferStream implements StreamObserver<ModelInferRequest> {
    /** Requests under way on one stream; the next is read from the network when one is answered. */
    private static final int MOST_AT_ONCE = 64;

    private static final String FINAL_RESPONSE = "triton_final_response";

    private static final String EMPTY_FINAL_RESPONSE = "triton_enable_empty_final_response";

    /** One request and, once it is there, its answer. Guarded by the stream. */
    private static final class Turn {
        private @Nullable ModelStreamInferResponse answer;
        private @Nullable ServedModel model;
        private @Nullable Job job;
    }

    private final ModelRepository repository;
    private final ResponseWriter writer;
    private final ServerCallStreamObserver<ModelStreamInferResponse> answers;
    private final CallHeaders headers;
    private final Deque<Turn> turns = new ArrayDeque<>();

    /** Requests to decoupled models, which are answered in any order. */
    private final Set<Turn> decoupled = new HashSet<>();

    private boolean halfClosed;
    private boolean over;

    InferStream(
            ModelRepository repository,
            ResponseWriter writer,
            CallHeaders headers,
            ServerCallStreamObserver<ModelStreamInferResponse> answers) {
        this.headers = headers;
        this.repository = repository;
        this.writer = writer;
        this.answers = answers;
        answers.disableAutoRequest();
        answers.setOnCancelHandler(this::cancelAll);
        answers.setOnReadyHandler(this::wakeWriters);
        answers.request(MOST_AT_ONCE);
    }

    @Override
    public void onNext(ModelInferRequest request) {
        Turn turn = new Turn();
        synchronized (this) {
            turns.add(turn);
        }
        try {
            ServedModel model = repository.get(request.getModelName(), request.getModelVersion());
            if (model.isDecoupled()) {
                begin(turn, model, request);
                return;
            }
            Job job = RequestReader.read(model, request, writer.memory(), answers::isCancelled, new Job.Listener() {
                @Override
                public void succeeded(List<Tensor> outputs) {
                    ModelInferResponse written;
                    try {
                        written = writer.write(model, request, outputs);
                    } catch (StatusRuntimeException e) {
                        failed(e.getStatus());
                        return;
                    }
                    ModelInferResponse response = written.toBuilder()
                            .putParameters(
                                    FINAL_RESPONSE,
                                    InferParameter.newBuilder()
                                            .setBoolParam(true)
                                            .build())
                            .build();
                    settle(
                            turn,
                            ModelStreamInferResponse.newBuilder()
                                    .setInferResponse(response)
                                    .build());
                }

                @Override
                public void failed(Status status) {
                    fail(status, () -> settle(turn, failure(model, request, status, true)));
                }

                @Override
                public void refused(Status status) {
                    settle(turn, refusal(request, status));
                }
            });
            synchronized (this) {
                turn.model = model;
                turn.job = job;
            }
            model.submit(job);
        } catch (RuntimeException e) {
            settle(turn, refusal(request, Status.fromThrowable(InferenceService.refusal(e))));
        }
    }

    /** Begins a request of which nobody knows how many answers it has. */
    private void begin(Turn turn, ServedModel model, ModelInferRequest request) {
        Job job = RequestReader.read(model, request, writer.memory(), answers::isCancelled, new Job.Listener() {
            @Override
            public void answered(List<Tensor> outputs, boolean last) {
                try {
                    send(writer.write(model, request, outputs), last);
                } catch (StatusRuntimeException e) {
                    fail(e.getStatus(), () -> send(failure(model, request, e.getStatus(), last)));
                }
                if (last) {
                    leave(turn);
                }
            }

            @Override
            public void answerFailed(Status status) {
                fail(status, () -> send(failure(model, request, status, false)));
            }

            @Override
            public void ended() {
                if (request.getParametersMap()
                        .getOrDefault(EMPTY_FINAL_RESPONSE, InferParameter.getDefaultInstance())
                        .getBoolParam()) {
                    // Triton, too, leaves the version out of an answer without outputs.
                    send(
                            writer.write(model, request, List.of()).toBuilder()
                                    .clearModelVersion()
                                    .build(),
                            true);
                }
                leave(turn);
            }

            @Override
            public void succeeded(List<Tensor> outputs) {
                throw new IllegalStateException("one answer where several were expected");
            }

            @Override
            public void failed(Status status) {
                fail(status, () -> send(failure(model, request, status, true)));
                leave(turn);
            }

            @Override
            public void refused(Status status) {
                send(refusal(request, status));
                leave(turn);
            }
        });
        synchronized (this) {
            turn.model = model;
            turn.job = job;
            turns.remove(turn);
            decoupled.add(turn);
            sendInTurn(); // those behind it need not wait for it
        }
        model.submit(job);
    }

    private void send(ModelInferResponse response, boolean isFinal) {
        send(ModelStreamInferResponse.newBuilder()
                .setInferResponse(response.toBuilder()
                        .putParameters(
                                FINAL_RESPONSE,
                                InferParameter.newBuilder()
                                        .setBoolParam(isFinal)
                                        .build()))
                .build());
    }

    /** Waits until the reader has taken what is already on its way, so that a slow one costs no memory. */
    private synchronized void send(ModelStreamInferResponse answer) {
        boolean interrupted = false;
        while (!over && !interrupted && !answers.isReady()) {
            try {
                wait();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt(); // the model's thread, which ends its work
        } else if (!over) {
            answers.onNext(answer);
        }
    }

    private synchronized void wakeWriters() {
        notifyAll();
    }

    private synchronized void leave(Turn turn) {
        if (decoupled.remove(turn) && !over) {
            answers.request(1);
            endIfDone();
        }
    }

    /** What is told of a request that was never taken. */
    private static ModelStreamInferResponse refusal(ModelInferRequest request, Status status) {
        return ModelStreamInferResponse.newBuilder()
                .setErrorMessage(String.valueOf(status.getDescription()))
                .setInferResponse(ModelInferResponse.newBuilder().setId(request.getId()))
                .build();
    }

    /** What is told of an answer that could not be given. */
    private static ModelStreamInferResponse failure(
            ServedModel model, ModelInferRequest request, Status status, boolean last) {
        return ModelStreamInferResponse.newBuilder()
                .setErrorMessage(String.valueOf(status.getDescription()))
                .setInferResponse(ModelInferResponse.newBuilder()
                        .setModelName(model.name())
                        .setId(request.getId())
                        .putParameters(
                                FINAL_RESPONSE,
                                InferParameter.newBuilder().setBoolParam(last).build()))
                .build();
    }

    /** Tells a failed answer, as a message or, where the caller asked for that, as the end of the whole stream. */
    private void fail(Status status, Runnable inBand) {
        if (!headers.endsOnFailure()) {
            inBand.run();
            return;
        }
        synchronized (this) {
            if (over) {
                return;
            }
            over = true; // nobody else writes from here on
        }
        cancelAll();
        answers.onError(status.asRuntimeException());
    }

    private synchronized void settle(Turn turn, ModelStreamInferResponse answer) {
        turn.answer = answer;
        sendInTurn();
    }

    private void sendInTurn() {
        while (!over && !turns.isEmpty()) {
            ModelStreamInferResponse next = turns.getFirst().answer;
            if (next == null) {
                return;
            }
            turns.removeFirst();
            answers.onNext(next);
            answers.request(1);
        }
        endIfDone();
    }

    private void endIfDone() {
        if (halfClosed && turns.isEmpty() && decoupled.isEmpty() && !over) {
            over = true;
            answers.onCompleted();
        }
    }

    private void cancelAll() {
        List<Turn> open;
        synchronized (this) {
            over = true;
            open = new ArrayList<>(turns);
            open.addAll(decoupled);
            turns.clear();
            decoupled.clear();
            notifyAll();
        }
        for (Turn turn : open) {
            ServedModel model = turn.model;
            Job job = turn.job;
            if (model != null && job != null) {
                model.cancel(job);
            }
        }
    }

    @Override
    public void onError(Throwable failure) {
        cancelAll();
    }

    @Override
    public synchronized void onCompleted() {
        halfClosed = true;
        endIfDone();
    }
}
