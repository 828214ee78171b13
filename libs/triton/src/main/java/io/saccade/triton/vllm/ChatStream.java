package io.saccade.triton.vllm;

import io.saccade.triton.DataType;
import io.saccade.triton.InferResult;
import io.saccade.triton.InferStream;
import io.saccade.triton.Tensor;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * An answer as it is written: pieces of text in order, none empty, which joined are the answer. {@link #hasNext()} waits, as in
 * {@link InferStream}, and throws what it throws. Not for several threads, except {@link #close()}, which cancels the generation
 * at the server.
 */
public final class ChatStream implements Iterator<String>, AutoCloseable {
    /** What the backend, being Python, says as long as there is no reason. */
    private static final String NO_REASON = "None";

    private final InferStream results;
    private final StringBuilder text = new StringBuilder();
    private String piece = "";
    private String finish = NO_REASON;
    private long inputTokens;
    private long outputTokens;

    ChatStream(InferStream results) {
        this.results = results;
    }

    @Override
    public boolean hasNext() {
        while (piece.isEmpty()) {
            if (!results.hasNext()) {
                return false;
            }
            read(results.next());
        }
        return true;
    }

    private void read(InferResult result) {
        // Everything is read before the piece is set, so that a broken answer shows none of itself.
        String delta = only(result.output("text_output").asStrings());
        Tensor reason = result.outputs().get("finish_reason");
        if (reason != null) {
            finish = only(reason.asStrings());
        }
        Tensor input = result.outputs().get("num_input_tokens");
        if (input != null && input.type() == DataType.UINT32) {
            inputTokens = sum(input); // the same in each response
        }
        Tensor output = result.outputs().get("num_output_tokens");
        if (output != null && output.type() == DataType.UINT32) {
            outputTokens += sum(output); // those of this response
        }
        text.append(delta);
        piece = delta;
    }

    /** One prompt with one choice has one element; an empty list is an empty piece. */
    private static String only(List<String> elements) {
        return elements.isEmpty() ? "" : elements.getFirst();
    }

    private static long sum(Tensor tensor) {
        long sum = 0;
        for (long value : tensor.asLongs()) {
            sum += value;
        }
        return sum;
    }

    @Override
    public String next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the answer is complete");
        }
        String next = piece;
        piece = "";
        return next;
    }

    /** Waits for what is still to come, and gives all of it: the pieces already read too. */
    public ChatAnswer answer() {
        while (hasNext()) {
            next();
        }
        FinishReason reason = finish.equals(NO_REASON) ? FinishReason.OTHER : FinishReason.of(finish);
        return new ChatAnswer(text.toString(), reason, inputTokens, outputTokens);
    }

    /** Cancels the generation if it has not ended. */
    @Override
    public void close() {
        results.close();
    }
}
