package io.saccade.modelserver;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.saccade.modelserver.batching.Job;
import io.saccade.modelserver.config.ConfigException;
import io.saccade.triton.DataType;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.proto.CudaSharedMemoryRegisterRequest;
import io.saccade.triton.proto.CudaSharedMemoryRegisterResponse;
import io.saccade.triton.proto.CudaSharedMemoryStatusRequest;
import io.saccade.triton.proto.CudaSharedMemoryStatusResponse;
import io.saccade.triton.proto.CudaSharedMemoryUnregisterRequest;
import io.saccade.triton.proto.CudaSharedMemoryUnregisterResponse;
import io.saccade.triton.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.saccade.triton.proto.LogSettingsRequest;
import io.saccade.triton.proto.LogSettingsResponse;
import io.saccade.triton.proto.ModelConfigRequest;
import io.saccade.triton.proto.ModelConfigResponse;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelInferResponse;
import io.saccade.triton.proto.ModelInput;
import io.saccade.triton.proto.ModelMetadataRequest;
import io.saccade.triton.proto.ModelMetadataResponse;
import io.saccade.triton.proto.ModelMetadataResponse.TensorMetadata;
import io.saccade.triton.proto.ModelOutput;
import io.saccade.triton.proto.ModelReadyRequest;
import io.saccade.triton.proto.ModelReadyResponse;
import io.saccade.triton.proto.ModelRepositoryParameter;
import io.saccade.triton.proto.ModelStatisticsRequest;
import io.saccade.triton.proto.ModelStatisticsResponse;
import io.saccade.triton.proto.ModelStreamInferResponse;
import io.saccade.triton.proto.RepositoryIndexRequest;
import io.saccade.triton.proto.RepositoryIndexResponse;
import io.saccade.triton.proto.RepositoryModelLoadRequest;
import io.saccade.triton.proto.RepositoryModelLoadResponse;
import io.saccade.triton.proto.RepositoryModelUnloadRequest;
import io.saccade.triton.proto.RepositoryModelUnloadResponse;
import io.saccade.triton.proto.ServerLiveRequest;
import io.saccade.triton.proto.ServerLiveResponse;
import io.saccade.triton.proto.ServerMetadataRequest;
import io.saccade.triton.proto.ServerMetadataResponse;
import io.saccade.triton.proto.ServerReadyRequest;
import io.saccade.triton.proto.ServerReadyResponse;
import io.saccade.triton.proto.SystemSharedMemoryRegisterRequest;
import io.saccade.triton.proto.SystemSharedMemoryRegisterResponse;
import io.saccade.triton.proto.SystemSharedMemoryStatusRequest;
import io.saccade.triton.proto.SystemSharedMemoryStatusResponse;
import io.saccade.triton.proto.SystemSharedMemoryUnregisterRequest;
import io.saccade.triton.proto.SystemSharedMemoryUnregisterResponse;
import io.saccade.triton.proto.TraceSettingRequest;
import io.saccade.triton.proto.TraceSettingResponse;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The calls of the protocol. */
final class InferenceService extends GRPCInferenceServiceImplBase {
    static final String SERVER_NAME = "saccade-model-server";

    /** Begins the load parameters that are files. */
    private static final String FILE = "file:";

    /** Of Triton's extensions, those that are really here. */
    private static final List<String> EXTENSIONS = List.of(
            "classification",
            "model_repository",
            "model_repository(unload_dependents)",
            "schedule_policy",
            "model_configuration",
            "binary_tensor_data",
            "parameters",
            "statistics");

    private static final Logger LOGGER = LoggerFactory.getLogger(InferenceService.class);

    private final ModelRepository repository;
    private final boolean explicitControl;
    private final String serverVersion;
    private final BooleanSupplier ready;
    private final ResponseWriter writer;
    private final Settings settings = new Settings();

    InferenceService(
            ModelRepository repository,
            boolean explicitControl,
            String serverVersion,
            BooleanSupplier ready,
            ResponseWriter writer) {
        this.writer = writer;
        this.repository = repository;
        this.explicitControl = explicitControl;
        this.serverVersion = serverVersion;
        this.ready = ready;
    }

    @Override
    public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> answers) {
        answer(answers, () -> ServerLiveResponse.newBuilder().setLive(true).build());
    }

    @Override
    public void serverReady(ServerReadyRequest request, StreamObserver<ServerReadyResponse> answers) {
        answer(answers, () -> ServerReadyResponse.newBuilder()
                .setReady(ready.getAsBoolean())
                .build());
    }

    @Override
    public void serverMetadata(ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> answers) {
        answer(answers, () -> ServerMetadataResponse.newBuilder()
                .setName(SERVER_NAME)
                .setVersion(serverVersion)
                .addAllExtensions(EXTENSIONS)
                .addAllExtensions(writer.memory().isAllowed() ? List.of("system_shared_memory") : List.of())
                .build());
    }

    @Override
    public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> answers) {
        answer(answers, () -> {
            boolean modelReady;
            try {
                modelReady = repository.get(request.getName(), request.getVersion()) != null;
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
                    throw e;
                }
                modelReady = false; // as Triton did until 26.03; a model that is unknown is simply not ready
            }
            return ModelReadyResponse.newBuilder().setReady(modelReady).build();
        });
    }

    @Override
    public void modelMetadata(ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> answers) {
        answer(answers, () -> {
            ServedModel model = repository.get(request.getName(), request.getVersion());
            ModelMetadataResponse.Builder metadata = ModelMetadataResponse.newBuilder()
                    .setName(model.name())
                    .setPlatform(model.config().getPlatform());
            if (request.getVersion().isEmpty()) {
                repository.readyVersions(model.name()).forEach(version -> metadata.addVersions(Long.toString(version)));
            } else {
                metadata.addVersions(Long.toString(model.version()));
            }
            for (ModelInput input : model.config().getInputList()) {
                metadata.addInputs(metadata(model, input.getName(), input.getDataType(), input.getDimsList()));
            }
            for (ModelOutput output : model.config().getOutputList()) {
                metadata.addOutputs(metadata(model, output.getName(), output.getDataType(), output.getDimsList()));
            }
            return metadata.build();
        });
    }

    private static TensorMetadata metadata(
            ServedModel model, String name, io.saccade.triton.proto.DataType type, List<Long> dims) {
        TensorMetadata.Builder metadata = TensorMetadata.newBuilder()
                .setName(name)
                .setDatatype(DataType.of(type).map(DataType::name).orElse(""));
        if (model.batches()) {
            metadata.addShape(Shape.VARIABLE);
        }
        return metadata.addAllShape(dims).build();
    }

    @Override
    public void modelConfig(ModelConfigRequest request, StreamObserver<ModelConfigResponse> answers) {
        answer(answers, () -> ModelConfigResponse.newBuilder()
                .setConfig(
                        repository.get(request.getName(), request.getVersion()).config())
                .build());
    }

    @Override
    public void modelStatistics(ModelStatisticsRequest request, StreamObserver<ModelStatisticsResponse> answers) {
        answer(answers, () -> {
            ModelStatisticsResponse.Builder all = ModelStatisticsResponse.newBuilder();
            for (ServedModel model : repository.ready()) {
                if ((request.getName().isEmpty() || request.getName().equals(model.name()))
                        && (request.getVersion().isEmpty()
                                || request.getVersion().equals(Long.toString(model.version())))) {
                    all.addModelStats(model.statistics());
                }
            }
            if (all.getModelStatsCount() == 0 && !request.getName().isEmpty()) {
                throw Status.INVALID_ARGUMENT
                        .withDescription(
                                repository.readyVersions(request.getName()).isEmpty()
                                        ? "requested model '" + request.getName() + "' is not available"
                                        : "requested model version is not available for model '" + request.getName()
                                                + "'")
                        .asRuntimeException();
            }
            return all.build();
        });
    }

    @Override
    public void repositoryIndex(RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> answers) {
        answer(answers, () -> {
            checkRepository(request.getRepositoryName());
            RepositoryIndexResponse.Builder index = RepositoryIndexResponse.newBuilder();
            try {
                repository.index().stream()
                        .filter(model -> !request.getReady() || model.isReady())
                        .forEach(model -> index.addModelsBuilder()
                                .setName(model.model())
                                .setVersion(model.version())
                                .setState(model.state())
                                .setReason(model.reason()));
            } catch (LoadException e) {
                throw Status.INTERNAL
                        .withDescription(e.getMessage())
                        .withCause(e)
                        .asRuntimeException();
            }
            return index.build();
        });
    }

    @Override
    public void repositoryModelLoad(
            RepositoryModelLoadRequest request, StreamObserver<RepositoryModelLoadResponse> answers) {
        answer(answers, () -> {
            checkRepository(request.getRepositoryName());
            checkControl();
            String name = request.getModelName();
            Optional<ModelRepository.Replacement> replacement = replacement(request);
            boolean isWhole =
                    replacement.isPresent() && !replacement.get().files().isEmpty();
            if (isWhole ? !ModelRepository.isName(name) : !repository.has(name)) {
                throw notPolled(name);
            }
            try {
                repository.load(name, replacement);
            } catch (LoadException e) {
                // As in Triton: a configuration that cannot be read is INTERNAL, a model that cannot be run is not.
                var status = e.getCause() instanceof ConfigException || e.getCause() instanceof IOException
                        ? Status.INTERNAL
                        : Status.INVALID_ARGUMENT;
                throw status.withDescription("load failed for model '" + name + "': " + e.getMessage())
                        .withCause(e)
                        .asRuntimeException();
            }
            return RepositoryModelLoadResponse.getDefaultInstance();
        });
    }

    private static StatusRuntimeException notPolled(String name) {
        return Status.INTERNAL
                .withDescription("failed to load '" + name + "', failed to poll from model repository")
                .asRuntimeException();
    }

    /** What a load request brings along, instead of what is in the repository. */
    private static Optional<ModelRepository.Replacement> replacement(RepositoryModelLoadRequest request) {
        Optional<String> config = Optional.empty();
        Map<String, ByteString> files = new HashMap<>();
        for (Map.Entry<String, ModelRepositoryParameter> parameter :
                request.getParametersMap().entrySet()) {
            ModelRepositoryParameter value = parameter.getValue();
            if (parameter.getKey().startsWith(FILE)) {
                if (!value.hasBytesParam()) {
                    throw wrongType(parameter.getKey(), "bytes_param");
                }
                files.put(parameter.getKey().substring(FILE.length()), value.getBytesParam());
            } else if (!parameter.getKey().equals("config")) {
                throw Status.INVALID_ARGUMENT
                        .withDescription("unrecognized load parameter '" + parameter.getKey() + "'.")
                        .asRuntimeException();
            } else if (!value.hasStringParam()) {
                throw wrongType(parameter.getKey(), "string_param");
            } else {
                config = Optional.of(value.getStringParam());
            }
        }
        if (config.isEmpty() && !files.isEmpty()) {
            throw notPolled(request.getModelName()); // files say nothing without a configuration
        }
        return config.map(json -> new ModelRepository.Replacement(json, files));
    }

    private static StatusRuntimeException wrongType(String parameter, String expected) {
        return Status.INVALID_ARGUMENT
                .withDescription(
                        "invalid value type for load parameter '" + parameter + "', expected " + expected + ".")
                .asRuntimeException();
    }

    @Override
    public void repositoryModelUnload(
            RepositoryModelUnloadRequest request, StreamObserver<RepositoryModelUnloadResponse> answers) {
        answer(answers, () -> {
            checkRepository(request.getRepositoryName());
            checkControl();
            if (request.getParametersMap()
                    .getOrDefault("unload_dependents", ModelRepositoryParameter.getDefaultInstance())
                    .getBoolParam()) {
                repository.unloadWithSteps(request.getModelName());
            } else {
                repository.unload(request.getModelName());
            }
            return RepositoryModelUnloadResponse.getDefaultInstance();
        });
    }

    private static void checkRepository(String name) {
        if (!name.isEmpty()) {
            throw Status.UNIMPLEMENTED
                    .withDescription("'repository_name' specification is not supported")
                    .asRuntimeException();
        }
    }

    private void checkControl() {
        if (!explicitControl) {
            throw Status.UNAVAILABLE
                    .withDescription("explicit model load / unload is not allowed if polling is enabled")
                    .asRuntimeException();
        }
    }

    @Override
    public void systemSharedMemoryStatus(
            SystemSharedMemoryStatusRequest request, StreamObserver<SystemSharedMemoryStatusResponse> answers) {
        answer(answers, () -> writer.memory().status(request.getName()));
    }

    @Override
    public void systemSharedMemoryRegister(
            SystemSharedMemoryRegisterRequest request, StreamObserver<SystemSharedMemoryRegisterResponse> answers) {
        answer(answers, () -> {
            writer.memory().register(request.getName(), request.getKey(), request.getOffset(), request.getByteSize());
            return SystemSharedMemoryRegisterResponse.getDefaultInstance();
        });
    }

    @Override
    public void systemSharedMemoryUnregister(
            SystemSharedMemoryUnregisterRequest request, StreamObserver<SystemSharedMemoryUnregisterResponse> answers) {
        answer(answers, () -> {
            writer.memory().unregister(request.getName());
            return SystemSharedMemoryUnregisterResponse.getDefaultInstance();
        });
    }

    @Override
    public void cudaSharedMemoryStatus(
            CudaSharedMemoryStatusRequest request, StreamObserver<CudaSharedMemoryStatusResponse> answers) {
        answer(answers, () -> {
            if (!request.getName().isEmpty()) {
                throw Status.NOT_FOUND
                        .withDescription("Unable to find cuda shared memory region: '" + request.getName() + "'")
                        .asRuntimeException();
            }
            return CudaSharedMemoryStatusResponse.getDefaultInstance();
        });
    }

    /** As Triton where there is no GPU: no handle is one. */
    @Override
    public void cudaSharedMemoryRegister(
            CudaSharedMemoryRegisterRequest request, StreamObserver<CudaSharedMemoryRegisterResponse> answers) {
        answer(answers, () -> {
            throw Status.INVALID_ARGUMENT
                    .withDescription("failed to register shared memory region: invalid args")
                    .asRuntimeException();
        });
    }

    @Override
    public void cudaSharedMemoryUnregister(
            CudaSharedMemoryUnregisterRequest request, StreamObserver<CudaSharedMemoryUnregisterResponse> answers) {
        answer(answers, CudaSharedMemoryUnregisterResponse::getDefaultInstance);
    }

    @Override
    public void traceSetting(TraceSettingRequest request, StreamObserver<TraceSettingResponse> answers) {
        answer(answers, () -> {
            String model = request.getModelName();
            if (!model.isEmpty() && repository.readyVersions(model).isEmpty()) {
                throw Status.INVALID_ARGUMENT
                        .withDescription("Request for unknown model : " + model)
                        .asRuntimeException();
            }
            return settings.traces(request);
        });
    }

    @Override
    public void logSettings(LogSettingsRequest request, StreamObserver<LogSettingsResponse> answers) {
        answer(answers, () -> settings.logs(request));
    }

    @Override
    public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answers) {
        try {
            ServerCallStreamObserver<ModelInferResponse> call = (ServerCallStreamObserver<ModelInferResponse>) answers;
            ServedModel model = repository.get(request.getModelName(), request.getModelVersion());
            if (model.isDecoupled()) {
                throw Status.UNIMPLEMENTED
                        .withDescription("ModelInfer RPC doesn't support models with decoupled transaction policy")
                        .asRuntimeException();
            }
            Job job = RequestReader.read(
                    model, request, writer.memory(), Context.current()::isCancelled, new Job.Listener() {
                        @Override
                        public void succeeded(List<Tensor> outputs) {
                            ModelInferResponse response;
                            try {
                                response = writer.write(model, request, outputs);
                            } catch (RuntimeException e) {
                                call.onError(refusal(e));
                                return;
                            }
                            try {
                                call.onNext(response);
                                call.onCompleted();
                            } catch (StatusRuntimeException e) {
                                LOGGER.atDebug().setCause(e).log("nobody waits for the answer any more");
                            }
                        }

                        @Override
                        public void failed(Status status) {
                            call.onError(status.asRuntimeException());
                        }
                    });
            // Also keeps a late answer from being an error: gRPC then drops it.
            call.setOnCancelHandler(() -> model.cancel(job));
            model.submit(job);
        } catch (RuntimeException e) {
            answers.onError(refusal(e));
        }
    }

    @Override
    public StreamObserver<ModelInferRequest> modelStreamInfer(StreamObserver<ModelStreamInferResponse> answers) {
        return new InferStream(
                repository, writer, CallHeaders.current(), (ServerCallStreamObserver<ModelStreamInferResponse>)
                        answers);
    }

    static RuntimeException refusal(RuntimeException e) {
        if (e instanceof StatusRuntimeException) {
            return e;
        }
        LOGGER.atError().setCause(e).log("a call failed in a way nobody thought of");
        return Status.INTERNAL.withDescription("unexpected: " + e).asRuntimeException();
    }

    private static <T> void answer(StreamObserver<T> answers, Supplier<T> call) {
        T message;
        try {
            message = call.get();
        } catch (RuntimeException e) {
            answers.onError(refusal(e));
            return;
        }
        answers.onNext(message);
        answers.onCompleted();
    }
}
