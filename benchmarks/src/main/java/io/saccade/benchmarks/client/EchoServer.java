package io.saccade.benchmarks.client;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A server that takes any request and answers an embedding of 512 floats at once: all that a call costs on the server's side but the
 * model. Runs in a process of its own, so that what the client allocates and computes can be told from what the server does.
 */
final class EchoServer implements AutoCloseable {
    private static final int EMBEDDING = 512;

    private final Process process;
    private final int port;

    private EchoServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static EchoServer start() throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EchoServer.class.getName()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.US_ASCII);
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the echo server ended at once");
        }
        return new EchoServer(process, Integer.parseInt(line));
    }

    String endpoint() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        process.destroy();
    }

    /** The server's process; ends when its parent does. */
    public static void main(String[] args) throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .maxInboundMessageSize(64 << 20)
                .directExecutor()
                .addService(new Embedding())
                .build()
                .start();
        System.out.println(server.getPort());
        while (System.in.read() >= 0) {
            // until the parent closes the other end
        }
        server.shutdownNow();
    }

    private static final class Embedding extends GRPCInferenceServiceImplBase {
        private static final ModelInferResponse ANSWER = ModelInferResponse.newBuilder()
                .setModelName("embedding")
                .setModelVersion("1")
                .addOutputs(ModelInferResponse.InferOutputTensor.newBuilder()
                        .setName("embedding")
                        .setDatatype("FP32")
                        .addShape(1)
                        .addShape(EMBEDDING))
                .addRawOutputContents(ByteString.copyFrom(new byte[EMBEDDING * Float.BYTES]))
                .build();

        @Override
        public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answers) {
            answers.onNext(ANSWER);
            answers.onCompleted();
        }
    }
}
