package io.saccade.modelserver.onnx;

/** ONNX Runtime refused a graph or a run; its text is the runtime's own. */
public final class OnnxException extends Exception {
    OnnxException(String message, Throwable cause) {
        super(message, cause);
    }

    OnnxException(String message) {
        super(message);
    }
}
