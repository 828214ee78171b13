package io.saccade.faults.lab;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.saccade.cli.stack.ProcessPlan;
import io.saccade.testkit.Folders;
import io.saccade.triton.TritonClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A copy of the model repository from which the real model server is fed by request, so that a model can be replaced while it
 * is asked. For one thread at a time.
 */
public final class Repository {

    private static final Duration LOADING = Duration.ofMinutes(1);
    private static final String FILE = "model.onnx";

    private final Path from;
    private final Path folder;
    private String server = "";

    Repository(Path from, Path folder) {
        this.from = from;
        this.folder = folder;
    }

    /** The same server, but with this repository, and told by requests what to load. */
    ProcessPlan servedBy(ProcessPlan plan) {
        server = plan.address();
        var command = new ArrayList<>(plan.command());
        int at = command.indexOf("--model-repository");
        if (at < 0) {
            throw new IllegalStateException("the model server must be started with --model-repository, got " + command);
        }
        command.set(at + 1, folder.toString());
        command.addAll(List.of("--model-control-mode", "explicit", "--load-model", "*"));
        return new ProcessPlan(
                plan.name(), plan.wave(), command, plan.environment(), plan.address(), plan.probe(), plan.health());
    }

    /** Copies what the server needs of every model. */
    void copy() throws IOException {
        try (var models = Files.list(from)) {
            for (var model : models.filter(model -> Files.exists(model.resolve("config.pbtxt")))
                    .toList()) {
                var copy = folder.resolve(model.getFileName().toString());
                Files.createDirectories(copy.resolve("1"));
                Files.copy(model.resolve("config.pbtxt"), copy.resolve("config.pbtxt"));
                Files.copy(model.resolve("1").resolve(FILE), copy.resolve("1").resolve(FILE));
            }
        }
    }

    /**
     * Adds a version whose answers are those of the first with the sign of one output turned, so that nobody can take one for
     * the other. It is not served before {@link #load}.
     *
     * @param output a tensor of numbers with a sign
     */
    public void addOpposite(String model, int version, String output) throws IOException {
        var first = Files.readAllBytes(folder.resolve(model).resolve("1").resolve(FILE));
        write(model, version, opposite(first, output));
    }

    /** Adds a version that no server can load. */
    public void addBroken(String model, int version) throws IOException {
        write(model, version, "this is no model".getBytes(StandardCharsets.US_ASCII));
    }

    /** Takes a version away. It is served until {@link #load}. */
    public void remove(String model, int version) {
        Folders.delete(folder.resolve(model).resolve(Integer.toString(version)));
    }

    /**
     * Has the server load a model as it lies here, and waits for it.
     *
     * @throws io.saccade.triton.TritonException if the server cannot
     */
    public void load(String model) {
        try (var client = TritonClient.builder()
                .endpoints(List.of(server))
                .controlTimeout(LOADING)
                .build()) {
            client.loadModel(model);
        }
    }

    private void write(String model, int version, byte[] bytes) throws IOException {
        var place = folder.resolve(model).resolve(Integer.toString(version));
        Files.createDirectories(place);
        Files.write(place.resolve(FILE), bytes);
    }

    // Field numbers of onnx.proto: ModelProto.graph, GraphProto.node, NodeProto.input, output and op_type.
    private static final int GRAPH = 7;
    private static final int NODE = 1;
    private static final int INPUT = 1;
    private static final int OUTPUT = 2;
    private static final int OPERATOR = 4;

    /** The graph with one more node at its end: {@code output = -output}. */
    static byte[] opposite(byte[] onnx, String output) {
        try {
            var before = ByteString.copyFromUtf8(output + "/before");
            var after = ByteString.copyFromUtf8(output);
            var model = UnknownFieldSet.parseFrom(onnx);
            var graph = UnknownFieldSet.parseFrom(
                    model.getField(GRAPH).getLengthDelimitedList().getFirst());
            var nodes = UnknownFieldSet.Field.newBuilder();
            for (var node : graph.getField(NODE).getLengthDelimitedList()) {
                nodes.addLengthDelimited(renamed(UnknownFieldSet.parseFrom(node), after, before));
            }
            nodes.addLengthDelimited(UnknownFieldSet.newBuilder()
                    .addField(INPUT, text(before))
                    .addField(OUTPUT, text(after))
                    .addField(OPERATOR, text(ByteString.copyFromUtf8("Neg")))
                    .build()
                    .toByteString());
            var changed = graph.toBuilder()
                    .clearField(NODE)
                    .addField(NODE, nodes.build())
                    .build();
            return model.toBuilder()
                    .clearField(GRAPH)
                    .addField(GRAPH, text(changed.toByteString()))
                    .build()
                    .toByteArray();
        } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException("a model must be a file of ONNX", e);
        }
    }

    private static ByteString renamed(UnknownFieldSet node, ByteString from, ByteString to) {
        var changed = node.toBuilder();
        for (int field : List.of(INPUT, OUTPUT)) {
            if (!node.hasField(field)) {
                continue;
            }
            var names = UnknownFieldSet.Field.newBuilder();
            node.getField(field)
                    .getLengthDelimitedList()
                    .forEach(name -> names.addLengthDelimited(name.equals(from) ? to : name));
            changed.clearField(field).addField(field, names.build());
        }
        return changed.build().toByteString();
    }

    private static UnknownFieldSet.Field text(ByteString bytes) {
        return UnknownFieldSet.Field.newBuilder().addLengthDelimited(bytes).build();
    }
}
