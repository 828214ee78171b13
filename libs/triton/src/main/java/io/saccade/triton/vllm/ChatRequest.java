package io.saccade.triton.vllm;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A question about images. A final class and no record: an image is an array.
 *
 * <p>Images are files as they are (PNG, JPEG, whatever the server's Pillow reads); they are neither read nor changed here.
 */
public final class ChatRequest {
    private final String text;
    private final List<byte[]> images;
    private final SamplingParameters sampling;
    private final String id;
    private final @Nullable Duration timeout;
    private final Map<String, String> headers;

    private ChatRequest(Builder builder) {
        text = builder.text;
        images = List.copyOf(builder.images);
        sampling = builder.sampling;
        id = builder.id;
        timeout = builder.timeout;
        headers = Map.copyOf(builder.headers);
    }

    /** Starts a request with what the user wrote. */
    public static Builder of(String userText) {
        return new Builder(userText);
    }

    /** What the user wrote, as it came. */
    public String text() {
        return text;
    }

    /** The encoded images, in the prompt's order; not copied. */
    List<byte[]> images() {
        return images;
    }

    /** How many images there are. */
    public int imageCount() {
        return images.size();
    }

    /** How the model chooses its words. */
    public SamplingParameters sampling() {
        return sampling;
    }

    /** The id in the server's log and traces; empty for none. */
    public String id() {
        return id;
    }

    /** Longest time until the whole answer is there; null for the client's default. */
    public @Nullable Duration timeout() {
        return timeout;
    }

    /** gRPC metadata of this call. */
    public Map<String, String> headers() {
        return headers;
    }

    /** Number of characters and images; never the text. */
    @Override
    public String toString() {
        return "ChatRequest[" + id + " " + text.length() + " characters, " + images.size() + " images]";
    }

    /** Collects a request; not for several threads. */
    public static final class Builder {
        private final String text;
        private final List<byte[]> images = new ArrayList<>();
        private SamplingParameters sampling = SamplingParameters.builder().build();
        private String id = "";
        private @Nullable Duration timeout;
        private final Map<String, String> headers = new LinkedHashMap<>();

        private Builder(String text) {
            this.text = requireNonNull(text, "text");
        }

        /** Adds an encoded image; it must not change until the call has begun. */
        public Builder image(byte[] encoded) {
            if (encoded.length == 0) {
                throw new IllegalArgumentException("image " + images.size() + " is empty");
            }
            images.add(encoded);
            return this;
        }

        /** How the model chooses its words; vLLM's defaults without it. */
        public Builder sampling(SamplingParameters sampling) {
            this.sampling = requireNonNull(sampling, "sampling");
            return this;
        }

        /** The id in the server's log and traces. */
        public Builder id(String id) {
            this.id = requireNonNull(id, "id");
            return this;
        }

        /** Longest time until the whole answer is there. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** Adds gRPC metadata. */
        public Builder header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        /** The request. */
        public ChatRequest build() {
            return new ChatRequest(this);
        }
    }
}
