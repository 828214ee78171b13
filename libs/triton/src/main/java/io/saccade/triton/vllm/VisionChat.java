package io.saccade.triton.vllm;

import static java.util.Objects.requireNonNull;

import io.saccade.triton.DataType;
import io.saccade.triton.InferRequest;
import io.saccade.triton.ModelContract;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import java.util.Base64;
import java.util.List;

/**
 * Asks a model of Triton's vLLM backend about images. Safe for any number of threads.
 *
 * <p>The backend's contract, from {@code vllm_backend} {@code src/model.py} and {@code src/utils/request.py}: a decoupled model
 * without batch dimension; {@code text_input} is the whole prompt, {@code image} the images in base64,
 * {@code sampling_parameters} JSON. The prompt is excluded from the output, which the backend does by itself only when it
 * streams.
 *
 * <p>The user's text cannot bring special tokens into the prompt, see {@link PromptTemplate}. No text of a request or an answer
 * is ever logged or put into an exception by this class.
 */
public final class VisionChat {
    private static final Shape ONE = Shape.of(1);

    private final TritonClient client;
    private final String model;
    private final PromptTemplate template;

    /**
     * A chat with a model.
     *
     * @param client   stays the caller's to close
     * @param model    name of the model in Triton's repository
     * @param template how this model wants its prompt
     */
    public VisionChat(TritonClient client, String model, PromptTemplate template) {
        this.client = requireNonNull(client, "client");
        this.model = requireNonNull(model, "model");
        this.template = requireNonNull(template, "template");
    }

    /** What a model must declare to be asked here; compare it with {@link TritonClient#describe} at start. */
    public static ModelContract contract() {
        return ModelContract.of()
                .input("text_input", DataType.BYTES, 1)
                .input("image", DataType.BYTES, -1)
                .input("stream", DataType.BOOL, 1)
                .input("sampling_parameters", DataType.BYTES, 1)
                .input("exclude_input_in_output", DataType.BOOL, 1)
                .output("text_output", DataType.BYTES, -1);
    }

    /**
     * Asks, and gives the answer as it is written; to be closed.
     *
     * @throws IllegalArgumentException if there are images and the template has no place for them
     */
    public ChatStream stream(ChatRequest request) {
        return new ChatStream(client.stream(message(request, true)));
    }

    /**
     * Asks, and waits for the whole answer; the backend sends it in one piece.
     *
     * @throws io.saccade.triton.TritonException when there is none
     * @throws IllegalArgumentException          if there are images and the template has no place for them
     */
    public ChatAnswer ask(ChatRequest request) {
        try (ChatStream stream = new ChatStream(client.stream(message(request, false)))) {
            return stream.answer();
        }
    }

    private InferRequest message(ChatRequest request, boolean stream) {
        InferRequest.Builder message = InferRequest.to(model)
                .id(request.id())
                .headers(request.headers())
                .input(Tensor.strings("text_input", ONE, List.of(template.fill(request.text(), request.imageCount()))))
                .input(Tensor.strings(
                        "sampling_parameters", ONE, List.of(request.sampling().json())))
                .input(flag("stream", stream))
                .input(flag("exclude_input_in_output", true))
                .input(flag("return_finish_reason", true))
                .input(flag("return_num_input_tokens", true))
                .input(flag("return_num_output_tokens", true));
        if (request.imageCount() > 0) {
            message.input(Tensor.bytes(
                    "image",
                    Shape.of(request.imageCount()),
                    request.images().stream()
                            .map(image -> Base64.getEncoder().encode(image))
                            .toList()));
        }
        if (request.timeout() != null) {
            message.timeout(request.timeout());
        }
        return message.build();
    }

    private static Tensor flag(String name, boolean value) {
        return Tensor.bool(name, ONE, value);
    }
}
