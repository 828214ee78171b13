package io.saccade.modelserver;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saccade.modelserver.batching.Job;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Speaks the contract of Triton's vLLM backend, and its model says the words of the prompt again: for tests of clients where there is no
 * GPU. Tensors, their types and what is refused are those of that backend as of 2026; {@code deploy/triton/backends/vllm_echo} is the same
 * for NVIDIA's Triton.
 *
 * <ul>
 *   <li>A token is a word. The answer is the prompt, without the spaces before and after it, up to {@code max_tokens} (16 if nothing is
 *       said, as in vLLM) or up to a word of {@code stop}; with {@code ignore_eos} it goes round until {@code max_tokens}. Other sampling
 *       parameters change nothing.
 *   <li>The word {@value #SILENCE} is not said: the model is silent from there on until the request is cancelled.
 *   <li>An image must begin like a PNG or a JPEG file. It counts as one token of the prompt.
 *   <li>There are no probabilities, so {@code cumulative_logprob} and {@code logprobs} are never given.
 * </ul>
 */
final class VllmEcho implements Decoupled.Script {
    private static final String SILENCE = "(silence)";
    private static final long MOST_TOKENS = 16;
    private static final List<byte[]> IMAGE_STARTS = List.of(
            new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'},
            new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff});

    /** How the model chooses its words. */
    private record Sampling(long most, List<String> stops, boolean endless) {}

    @Override
    public void answer(Job job, Decoupled.Answers answers) throws InterruptedException {
        String prompt = text(job, "text_input");
        int promptTokens = words(prompt).size();
        for (String image : job.input("image").map(Tensor::asStrings).orElse(List.of())) {
            checkImage(image);
            promptTokens++;
        }
        boolean stream = isSet(job, "stream", false);
        boolean exclude = isSet(job, "exclude_input_in_output", stream);
        if (stream && !exclude) {
            throw refused("When streaming, `exclude_input_in_output` = False is not allowed.");
        }
        Sampling sampling = sampling(text(job, "sampling_parameters"));
        List<String> words = words(prompt);

        StringBuilder said = new StringBuilder(exclude ? "" : prompt);
        int count = 0;
        long total = 0;
        while (true) {
            String word = words.isEmpty() ? "" : words.get((int) (total % words.size()));
            if (word.equals(SILENCE)) {
                answers.pause(Long.MAX_VALUE / 2);
            }
            boolean stopped = words.isEmpty() || sampling.stops().contains(word);
            total++;
            count++;
            if (!stopped) {
                said.append(total == 1 ? "" : " ").append(word);
            }
            String reason = stopped || (total == words.size() && !sampling.endless())
                    ? "stop"
                    : total == sampling.most() ? "length" : "None";
            boolean last = !reason.equals("None");
            if (stream || last) {
                Map<String, Tensor> outputs = outputs(job, said.toString(), reason, promptTokens, count);
                if (last) {
                    answers.addLast(outputs);
                    return;
                }
                answers.add(outputs);
                said.setLength(0);
                count = 0;
            } else {
                answers.pause(0);
            }
        }
    }

    private static Map<String, Tensor> outputs(Job job, String text, String reason, int promptTokens, int count) {
        Map<String, Tensor> outputs = new HashMap<>();
        outputs.put("text_output", Tensor.strings("text_output", Shape.of(1), List.of(text)));
        if (isSet(job, "return_finish_reason", false)) {
            outputs.put("finish_reason", Tensor.strings("finish_reason", Shape.of(1), List.of(reason)));
        }
        if (isSet(job, "return_num_input_tokens", false)) {
            // A scalar, whatever the configuration says: so the vLLM backend does.
            outputs.put("num_input_tokens", uint32("num_input_tokens", Shape.of(), promptTokens));
        }
        if (isSet(job, "return_num_output_tokens", false)) {
            outputs.put("num_output_tokens", uint32("num_output_tokens", Shape.of(1), count));
        }
        return outputs;
    }

    private static Tensor uint32(String name, Shape shape, int value) {
        return Tensor.of(
                name, DataType.UINT32, shape, Tensor.int32(name, shape, value).data());
    }

    private static List<String> words(String prompt) {
        return prompt.isBlank() ? List.of() : List.of(prompt.strip().split("\\s+"));
    }

    private static String text(Job job, String name) {
        return job.input(name).map(input -> input.asStrings().getFirst()).orElse("");
    }

    private static boolean isSet(Job job, String name, boolean otherwise) {
        return job.input(name).map(input -> input.asBooleans()[0]).orElse(otherwise);
    }

    private static void checkImage(String base64) {
        byte[] image;
        try {
            image = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw refused(String.valueOf(e.getMessage()));
        }
        if (IMAGE_STARTS.stream()
                .noneMatch(start -> image.length >= start.length
                        && Arrays.equals(start, 0, start.length, image, 0, start.length))) {
            throw refused("cannot identify image file");
        }
    }

    private static Sampling sampling(String json) {
        Struct.Builder parameters = Struct.newBuilder();
        try {
            JsonFormat.parser().merge(json.isEmpty() ? "{}" : json, parameters);
        } catch (InvalidProtocolBufferException e) {
            throw refused("sampling_parameters must be a JSON object: " + e.getMessage());
        }
        Map<String, Value> given = parameters.getFieldsMap();
        long most =
                given.containsKey("max_tokens") ? (long) given.get("max_tokens").getNumberValue() : MOST_TOKENS;
        if (most < 1) {
            throw refused("max_tokens must be at least 1, got " + most + ".");
        }
        Value stop = given.getOrDefault("stop", Value.getDefaultInstance());
        List<String> stops =
                switch (stop.getKindCase()) {
                    case STRING_VALUE -> List.of(stop.getStringValue());
                    case LIST_VALUE -> texts(stop.getListValue());
                    default -> List.of();
                };
        return new Sampling(
                most,
                stops,
                given.getOrDefault("ignore_eos", Value.getDefaultInstance()).getBoolValue());
    }

    private static List<String> texts(ListValue list) {
        return list.getValuesList().stream().map(Value::getStringValue).toList();
    }

    private static StatusRuntimeException refused(String text) {
        return Status.INTERNAL
                .withDescription("Error generating stream: " + text)
                .asRuntimeException();
    }
}
