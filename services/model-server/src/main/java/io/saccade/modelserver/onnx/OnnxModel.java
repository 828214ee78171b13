package io.saccade.modelserver.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.saccade.modelserver.config.Signature;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TensorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One loaded graph. Several threads may run it at once: the weights are there once, however many instances there are. Each
 * thread brings its own {@link InputBuffers}.
 */
public final class OnnxModel implements AutoCloseable {
    private final OrtSession session;
    private final Signature signature;

    private OnnxModel(OrtSession session, Signature signature) {
        this.session = session;
        this.signature = signature;
    }

    /**
     * Loads a graph.
     *
     * @param threads threads inside one run, at least 1; they sleep when idle instead of spinning, as the cores belong to others too
     */
    public static OnnxModel open(Path file, int threads) throws OnnxException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.addConfigEntry("session.inter_op.allow_spinning", "0");
            OrtSession session = OnnxEnvironment.get().createSession(file.toString(), options);
            try {
                return new OnnxModel(
                        session,
                        new Signature(
                                specs(session.getInputInfo().values()),
                                specs(session.getOutputInfo().values())));
            } catch (OnnxException | OrtException e) {
                session.close();
                throw e;
            }
        } catch (OrtException e) {
            throw new OnnxException(file + ": ONNX Runtime cannot load it: " + oneLine(e), e);
        }
    }

    private static List<TensorSpec> specs(Collection<NodeInfo> nodes) throws OnnxException {
        List<TensorSpec> specs = new ArrayList<>();
        for (NodeInfo node : nodes) {
            if (!(node.getInfo() instanceof TensorInfo info)) {
                throw new OnnxException(
                        "'" + node.getName() + "' of the graph must be a tensor, got " + node.getInfo());
            }
            specs.add(new TensorSpec(
                    node.getName(), OnnxTensors.type(node.getName(), info), Shape.of(info.getShape()), false));
        }
        return specs;
    }

    /** What the graph takes and gives. */
    public Signature signature() {
        return signature;
    }

    /**
     * Runs the graph once over the requests of a batch, in their order.
     *
     * @param requests inputs of each request; all have the same names, types, and shapes but for the first dimension, along which they are
     *                 joined
     * @param outputs  names of the wanted outputs
     * @param buffers  of the calling thread
     * @param clock    told when the inputs are in place and when the run is over
     * @return outputs by name, for the whole batch
     */
    public Map<String, Tensor> run(
            List<List<Tensor>> requests, Set<String> outputs, InputBuffers buffers, RunClock clock)
            throws OnnxException {
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try {
            for (int i = 0; i < requests.getFirst().size(); i++) {
                List<Tensor> parts = new ArrayList<>(requests.size());
                for (List<Tensor> request : requests) {
                    parts.add(request.get(i));
                }
                inputs.put(parts.getFirst().name(), OnnxTensors.join(OnnxEnvironment.get(), parts, buffers));
            }
            clock.inputsReady();
            try (OrtSession.Result result = session.run(inputs, outputs)) {
                clock.ran();
                Map<String, Tensor> tensors = new LinkedHashMap<>();
                for (Map.Entry<String, OnnxValue> entry : result) {
                    if (!(entry.getValue() instanceof OnnxTensor value)) {
                        throw new OnnxException("output '" + entry.getKey() + "' is not a tensor");
                    }
                    tensors.put(entry.getKey(), OnnxTensors.read(entry.getKey(), value));
                }
                return tensors;
            }
        } catch (OrtException e) {
            throw new OnnxException("onnx runtime error: " + oneLine(e), e);
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    private static String oneLine(Throwable e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /** Must not be called while a run is under way. */
    @Override
    public void close() throws OnnxException {
        try {
            session.close();
        } catch (OrtException e) {
            throw new OnnxException("a session cannot be closed: " + oneLine(e), e);
        }
    }
}
