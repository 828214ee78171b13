package io.saccade.modelserver.onnx;

/** Told, on the running thread, where a run stands. */
public interface RunClock {
    /** The inputs lie where the graph reads them. */
    void inputsReady();

    /** The graph has run; the outputs are still to be brought out. */
    void ran();
}
