package io.saccade.triton;

import static java.util.Objects.requireNonNull;

import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A call that failed: at the server, on the way, or because the answer broke the protocol. Its text holds names, types and
 * shapes, never the contents of a tensor.
 */
public final class TritonException extends RuntimeException {
    /** A backend can put anything into its message, a whole traceback too. */
    private static final int LONGEST_SERVER_TEXT = 600;

    /** A chain of causes may be a ring. */
    private static final int DEEPEST_REASON = 8;

    /** The kind of failure. */
    private final Fault fault;

    /** The model that was called. */
    private final String model;

    /** The gRPC code. */
    private final Status.Code code;

    private TritonException(Fault fault, String model, Status.Code code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.fault = requireNonNull(fault, "fault");
        this.model = requireNonNull(model, "model");
        this.code = requireNonNull(code, "code");
    }

    /** The failure a gRPC status means. */
    static TritonException of(String what, String model, Throwable failure) {
        Status status = Status.fromThrowable(failure);
        String text = text(status);
        return new TritonException(
                FaultTable.faultOf(status.getCode(), text),
                model,
                status.getCode(),
                what + (model.isEmpty() ? "" : " of model '" + model + "'") + " failed: " + status.getCode() + ": "
                        + text,
                failure);
    }

    /** The failure a text means that came inside a stream, without a status; {@link FaultTable} knows which it stands for. */
    static TritonException inBand(String what, String model, String text) {
        return of(
                what,
                model,
                FaultTable.codeOf(text).toStatus().withDescription(text).asRuntimeException());
    }

    private static String text(Status status) {
        String text = status.getDescription();
        Throwable cause = status.getCause();
        // A status that a server sent has no cause; the transport's own has one, INTERNAL where the other side speaks
        // no HTTP/2.
        boolean isTransport = status.getCode() == Status.Code.UNAVAILABLE
                || status.getCode() == Status.Code.INTERNAL && cause != null;
        if (text == null) {
            text = cause == null ? "the server gave no reason" : cause.toString();
        } else if (isTransport) {
            text = withReasons(text, cause); // "io exception" alone does not say what was refused
        }
        String shortened = text.length() <= LONGEST_SERVER_TEXT ? text : text.substring(0, LONGEST_SERVER_TEXT) + "...";
        return isTransport ? shortened + FaultTable.hint(text) : shortened;
    }

    private static String withReasons(String text, @Nullable Throwable cause) {
        StringBuilder all = new StringBuilder(text);
        Throwable each = cause;
        for (int i = 0; i < DEEPEST_REASON && each != null; i++) {
            String reason = each.getMessage();
            if (reason != null && all.indexOf(reason) < 0) {
                all.append(": ").append(reason);
            }
            each = each.getCause();
        }
        return all.toString();
    }

    /** The same failure with a sentence on what to look at. */
    TritonException withAdvice(String advice) {
        return new TritonException(fault, model, code, getMessage() + " (" + advice + ")", this);
    }

    /** An answer that arrived and is not one: it will be the same next time. */
    static TritonException protocol(String model, String message, @Nullable Throwable cause) {
        return new TritonException(
                Fault.PERMANENT,
                model,
                Status.Code.INTERNAL,
                (model.isEmpty() ? "" : "model '" + model + "' broke the protocol: ") + message,
                cause);
    }

    /** An answer that is one, and cannot be used. */
    static TritonException answer(String model, String message) {
        return new TritonException(
                Fault.PERMANENT, model, Status.Code.INTERNAL, "answer of model '" + model + "': " + message, null);
    }

    /** A request that was not sent, as the server would refuse it. */
    static TritonException refused(String model, String message) {
        return new TritonException(Fault.PERMANENT, model, Status.Code.INVALID_ARGUMENT, message, null);
    }

    /** What the failure means for the item that was sent. */
    public Fault fault() {
        return fault;
    }

    /** The model that was called; empty where the call concerned the server. */
    public String model() {
        return model;
    }

    /** The gRPC status code; INTERNAL for an answer that broke the protocol. */
    public Status.Code code() {
        return code;
    }
}
