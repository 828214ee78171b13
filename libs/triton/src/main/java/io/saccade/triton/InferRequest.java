package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One inference to ask for.
 *
 * @param model      name of the model
 * @param version    version of the model, empty for the one the server chooses
 * @param id         comes back in the answer and stands in the server's log and traces; empty for none
 * @param inputs     tensors, at least one, no name twice; with a batch dimension if the model has one
 * @param outputs    names of the outputs wanted; empty for all
 * @param outputBytes most bytes of an output, 1 or more, by names that stand in {@code outputs}: room for it in shared memory
 * @param timeout    longest wait for the answer, waiting in the server's queue included; null for the client's default
 * @param parameters request parameters: Boolean, Long, Double or String
 * @param headers    gRPC metadata of this call, such as W3C {@code traceparent}
 */
public record InferRequest(
        String model,
        String version,
        String id,
        List<Tensor> inputs,
        List<String> outputs,
        Map<String, Long> outputBytes,
        @Nullable Duration timeout,
        Map<String, Object> parameters,
        Map<String, String> headers) {

    /** Checks what can be checked without knowing the model. */
    public InferRequest {
        requireNonNull(version, "version");
        requireNonNull(id, "id");
        if (model.isEmpty()) {
            throw new IllegalArgumentException("a request needs the name of a model");
        }
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        outputBytes = Map.copyOf(outputBytes);
        parameters = Map.copyOf(parameters);
        headers = Map.copyOf(headers);
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException("a request to model '" + model + "' needs at least one input");
        }
        Set<String> names = new HashSet<>();
        for (Tensor input : inputs) {
            if (!names.add(input.name())) {
                throw new IllegalArgumentException(
                        "input '" + input.name() + "' occurs twice in a request to model '" + model + "'");
            }
        }
        for (Map.Entry<String, Long> room : outputBytes.entrySet()) {
            if (!outputs.contains(room.getKey())) {
                throw new IllegalArgumentException("output '" + room.getKey()
                        + "' has room but is not asked for in a request to model '" + model + "'");
            }
            if (room.getValue() < 1) {
                throw new IllegalArgumentException(
                        "output '" + room.getKey() + "' must have room for 1 byte or more, got " + room.getValue());
            }
        }
        parameters.forEach((name, value) -> {
            if (!(value instanceof Boolean
                    || value instanceof Long
                    || value instanceof Double
                    || value instanceof String)) {
                throw new IllegalArgumentException(
                        "parameter '" + name + "' must be Boolean, Long, Double or String, got "
                                + value.getClass().getSimpleName());
            }
        });
    }

    /** Starts a request to a model. */
    public static Builder to(String model) {
        return new Builder(model);
    }

    /** Collects a request; not for several threads. */
    public static final class Builder {
        private final String model;
        private String version = "";
        private String id = "";
        private final List<Tensor> inputs = new ArrayList<>();
        private final List<String> outputs = new ArrayList<>();
        private final Map<String, Long> outputBytes = new LinkedHashMap<>();
        private @Nullable Duration timeout;
        private final Map<String, Object> parameters = new LinkedHashMap<>();
        private final Map<String, String> headers = new LinkedHashMap<>();

        private Builder(String model) {
            this.model = model;
        }

        /** The model that will be asked. */
        public String model() {
            return model;
        }

        /** The version to ask; without it the server chooses. */
        public Builder version(String version) {
            this.version = version;
            return this;
        }

        /** The id that comes back in the answer. */
        public Builder id(String id) {
            this.id = id;
            return this;
        }

        /** Adds an input. */
        public Builder input(Tensor input) {
            inputs.add(input);
            return this;
        }

        /** Asks for this output, and no others but those named as well. */
        public Builder output(String name) {
            outputs.add(name);
            return this;
        }

        /**
         * Asks for this output as {@link #output(String)}, and says how large it can be, so that a client with shared memory can make
         * room for it there. An output that is larger then fails the call; over the network the number has no effect.
         *
         * @param mostBytes 1 or more; for {@link DataType#BYTES} with 4 bytes for the length of each element
         */
        public Builder output(String name, long mostBytes) {
            outputBytes.put(name, mostBytes);
            return output(name);
        }

        /** Longest wait for the answer. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** Adds a request parameter: Boolean, Long, Double or String. */
        public Builder parameter(String name, Object value) {
            parameters.put(name, value);
            return this;
        }

        /** Adds gRPC metadata. */
        public Builder header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        /** Adds gRPC metadata. */
        public Builder headers(Map<String, String> headers) {
            this.headers.putAll(headers);
            return this;
        }

        /** The request, checked. */
        public InferRequest build() {
            return new InferRequest(model, version, id, inputs, outputs, outputBytes, timeout, parameters, headers);
        }
    }
}
