package io.saccade.protocol;

import com.google.protobuf.Message;
import io.saccade.triton.proto.ModelInferRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What is asked of a server. Each gives one or more answers. */
sealed interface Call {

    /** One request, one answer; the request's type says which call it is. */
    record Unary(Message request) implements Call {}

    /** Calls one after the other, each when the one before is answered; the answers of all. */
    record Sequence(List<Call> calls) implements Call {
        public Sequence {
            calls = List.copyOf(calls);
        }
    }

    /** One stream with these headers that is closed after these requests; its messages, and how it ended. */
    record Streaming(List<ModelInferRequest> requests, Map<String, String> headers) implements Call {
        public Streaming {
            headers = Map.copyOf(headers);
            requests = List.copyOf(requests);
        }
    }

    /**
     * Requests all at once.
     *
     * @param answers how many answers to wait for, whichever come first; the other requests are then cancelled
     */
    record Crowd(List<ModelInferRequest> requests, int answers) implements Call {
        public Crowd {
            requests = List.copyOf(requests);
        }
    }

    /** One request whose caller gives up after this time. */
    record Late(ModelInferRequest request, Duration deadline) implements Call {}

    /** One request whose caller gives up at once. */
    record Cancelled(ModelInferRequest request) implements Call {}

    /** The same request again and again until it is refused or this is in the answer, which is the only one that counts. */
    record Until(Message request, String part) implements Call {}
}
