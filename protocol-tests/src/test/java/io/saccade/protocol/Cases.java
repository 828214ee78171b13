package io.saccade.protocol;

import static io.saccade.protocol.Requests.bare;
import static io.saccade.protocol.Requests.bytes;
import static io.saccade.protocol.Requests.contents;
import static io.saccade.protocol.Requests.counting;
import static io.saccade.protocol.Requests.doubles;
import static io.saccade.protocol.Requests.flag;
import static io.saccade.protocol.Requests.floats;
import static io.saccade.protocol.Requests.infer;
import static io.saccade.protocol.Requests.ints;
import static io.saccade.protocol.Requests.longs;
import static io.saccade.protocol.Requests.number;
import static io.saccade.protocol.Requests.output;
import static io.saccade.protocol.Requests.raw;
import static io.saccade.protocol.Requests.real;
import static io.saccade.protocol.Requests.shape;
import static io.saccade.protocol.Requests.strings;
import static io.saccade.protocol.Requests.text;
import static io.saccade.protocol.Requests.typed;
import static io.saccade.protocol.Requests.unsigned;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.Status.Code;
import io.grpc.health.v1.HealthCheckRequest;
import io.saccade.protocol.Requests.Input;
import io.saccade.triton.DataType;
import io.saccade.triton.proto.CudaSharedMemoryRegisterRequest;
import io.saccade.triton.proto.CudaSharedMemoryStatusRequest;
import io.saccade.triton.proto.CudaSharedMemoryUnregisterRequest;
import io.saccade.triton.proto.InferParameter;
import io.saccade.triton.proto.InferTensorContents;
import io.saccade.triton.proto.LogSettingsRequest;
import io.saccade.triton.proto.ModelConfigRequest;
import io.saccade.triton.proto.ModelInferRequest;
import io.saccade.triton.proto.ModelMetadataRequest;
import io.saccade.triton.proto.ModelReadyRequest;
import io.saccade.triton.proto.ModelRepositoryParameter;
import io.saccade.triton.proto.ModelStatisticsRequest;
import io.saccade.triton.proto.RepositoryIndexRequest;
import io.saccade.triton.proto.RepositoryModelLoadRequest;
import io.saccade.triton.proto.RepositoryModelUnloadRequest;
import io.saccade.triton.proto.ServerLiveRequest;
import io.saccade.triton.proto.ServerMetadataRequest;
import io.saccade.triton.proto.ServerReadyRequest;
import io.saccade.triton.proto.SystemSharedMemoryRegisterRequest;
import io.saccade.triton.proto.SystemSharedMemoryStatusRequest;
import io.saccade.triton.proto.SystemSharedMemoryUnregisterRequest;
import io.saccade.triton.proto.TraceSettingRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The questions, in the order in which they are asked. None depends on time: a queue that must be full or must time out waits for a batch
 * that never comes. State changes only in the groups "repository", "ensemble" and "decoupled", each of which uses its own models.
 */
final class Cases {

    static final Path REPOSITORY = Checkout.path("protocol-tests/src/test/resources/repository");

    private static final List<DataType> TYPES = List.of(DataType.values());
    private static final List<Long> SIXTEEN = shape(1, 16);

    /** The group of those that end a stream with the status of a failure. */
    static final String ENDINGS = "triton_grpc_error";

    /** For a graph of the suite, as it travels with a request to load. */
    private static final String CONFIGURATION = "{\"backend\":\"onnxruntime\",\"max_batch_size\":2,"
            + "\"input\":[{\"name\":\"IN\",\"data_type\":\"TYPE_INT32\",\"dims\":[-1]}],"
            + "\"output\":[{\"name\":\"OUT\",\"data_type\":\"TYPE_INT32\",\"dims\":[-1]}]}";

    private final List<Case> cases = new ArrayList<>();
    private String group = "";

    private Cases() {}

    /** What both servers are started with: every model but those that cases load. */
    static List<String> options() {
        List<String> options = new ArrayList<>(List.of("--model-control-mode=explicit"));
        TYPES.forEach(type -> options.add("--load-model=" + identity(type)));
        for (String model : List.of(
                "add_sub",
                "add_sub_whole",
                "fixed",
                "reshaped",
                "newest",
                "newest_two",
                "every",
                "chosen",
                "waits",
                "full",
                "times_out",
                "may_shorten",
                "must_not_shorten",
                "priorities",
                "counted",
                "fails")) {
            options.add("--load-model=" + model);
        }
        return options;
    }

    static List<Case> all() {
        var cases = new Cases();
        cases.health();
        cases.readiness();
        cases.metadata();
        cases.configuration();
        cases.types();
        cases.contents_();
        cases.strings_();
        cases.batches();
        cases.shapes();
        cases.inputs();
        cases.outputs();
        cases.versions();
        cases.ids();
        cases.parameters();
        cases.queues();
        cases.statistics();
        cases.failures();
        cases.repository();
        cases.streams();
        cases.sharedMemory();
        cases.settings();
        cases.ensembles();
        cases.decoupled();
        cases.endings();
        return List.copyOf(cases.cases);
    }

    private void ok(String name, Message request, String part) {
        ok(name, new Call.Unary(request), part);
    }

    private void ok(String name, Call call, String part) {
        cases.add(new Case(group, name, call, Code.OK, part));
    }

    private void refused(String name, Code code, Message request, String part) {
        refused(name, code, new Call.Unary(request), part);
    }

    private void refused(String name, Code code, Call call, String part) {
        cases.add(new Case(group, name, call, code, part));
    }

    private void invalid(String name, ModelInferRequest.Builder request, String part) {
        refused(name, Code.INVALID_ARGUMENT, request.build(), part);
    }

    /** The answer's output is these very bytes. */
    private void same(String name, ModelInferRequest.Builder request, ByteString out) {
        ok(name, request.build(), content(out));
    }

    private static String content(ByteString out) {
        return out.size() > 200
                ? out.size() + " bytes"
                : "raw_output_contents: \"" + TextFormat.escapeBytes(out) + "\"";
    }

    private static Call sequence(Message... requests) {
        List<Call> calls = new ArrayList<>();
        for (Message request : requests) {
            calls.add(new Call.Unary(request));
        }
        return new Call.Sequence(calls);
    }

    private static String identity(DataType type) {
        return "identity_" + type.name().toLowerCase(Locale.ROOT);
    }

    private static Input in(long rows) {
        int[] values = new int[(int) rows];
        for (int i = 0; i < rows; i++) {
            values[i] = i;
        }
        return raw("IN", "INT32", shape(rows, 1), ints(values));
    }

    private static Input sixteen(String name) {
        return raw(name, "INT32", SIXTEEN, ints(new int[16]));
    }

    private void health() {
        group = "health";
        ok("live", ServerLiveRequest.getDefaultInstance(), "live: true");
        ok("ready", ServerReadyRequest.getDefaultInstance(), "ready: true");
        ok("gRPC's health of the server", HealthCheckRequest.getDefaultInstance(), "status: SERVING");
        ok(
                "gRPC's health of a service",
                HealthCheckRequest.newBuilder()
                        .setService("inference.GRPCInferenceService")
                        .build(),
                "status: SERVING");
        ok(
                "gRPC's health of a service that is none",
                HealthCheckRequest.newBuilder().setService("nope").build(),
                "");
        ok("server metadata", ServerMetadataRequest.getDefaultInstance(), "extensions: \"binary_tensor_data\"");
    }

    private static ModelReadyRequest ready(String model, String version) {
        return ModelReadyRequest.newBuilder().setName(model).setVersion(version).build();
    }

    private void readiness() {
        group = "readiness";
        ok("a model", ready("add_sub", ""), "ready: true");
        ok("a version", ready("every", "2"), "ready: true");
        ok("a version that the policy leaves out", ready("chosen", "2"), "");
        ok("an older version under the default policy", ready("newest", "2"), "");
        ok("an unknown version", ready("add_sub", "9"), "");
        ok("an unknown model", ready("nope", ""), "");
        ok("a model that is not loaded", ready("comes_and_goes", ""), "");
        ok("no name", ready("", ""), "");
        refused("a version that is no number", Code.INVALID_ARGUMENT, ready("add_sub", "x"), "version string 'x'");
        refused("a negative version", Code.INVALID_ARGUMENT, ready("add_sub", "-2"), "'-2'");
        ok("version 0", ready("add_sub", "0"), "");
    }

    private static ModelMetadataRequest metadata(String model, String version) {
        return ModelMetadataRequest.newBuilder()
                .setName(model)
                .setVersion(version)
                .build();
    }

    private void metadata() {
        group = "metadata";
        for (DataType type : TYPES) {
            ok("of a model of " + type, metadata(identity(type), ""), "datatype: \"" + type + "\"");
        }
        ok("of two inputs and two outputs", metadata("add_sub", ""), "name: \"DIFF\"");
        ok("without a batch", metadata("fixed", ""), "shape: 2");
        ok("of a reshaped model", metadata("reshaped", ""), "shape: 1");
        ok("of all versions", metadata("every", ""), "versions: \"2\"");
        ok("of one of all versions", metadata("every", "1"), "name: \"every\"");
        ok("of chosen versions", metadata("chosen", ""), "versions: \"3\"");
        ok("of the newest version", metadata("newest", ""), "versions: \"3\"");
        ok("of the newest two versions", metadata("newest_two", ""), "versions: \"2\"");
        refused("of an unknown model", Code.NOT_FOUND, metadata("nope", ""), "unknown model: 'nope' is not found");
        refused("of no model", Code.NOT_FOUND, metadata("", ""), "unknown model: '' is not found");
        refused("of an unknown version", Code.NOT_FOUND, metadata("every", "9"), "'every' version 9 is not found");
        refused("of a version left out", Code.NOT_FOUND, metadata("chosen", "2"), "'chosen' version 2 is not found");
        refused("of a version that is no number", Code.INVALID_ARGUMENT, metadata("every", "x"), "integral value > 0");
        refused("of a model that is not loaded", Code.NOT_FOUND, metadata("comes_and_goes", ""), "is not found");
    }

    private static ModelConfigRequest config(String model, String version) {
        return ModelConfigRequest.newBuilder()
                .setName(model)
                .setVersion(version)
                .build();
    }

    private void configuration() {
        group = "configuration";
        for (String model :
                List.of("add_sub", "identity_bytes", "fixed", "reshaped", "every", "chosen", "full", "priorities")) {
            ok("of " + model, config(model, ""), "name: \"" + model + "\"");
        }
        ok("of a version", config("every", "2"), "name: \"every\"");
        refused("of an unknown model", Code.NOT_FOUND, config("nope", ""), "unknown model: 'nope' is not found");
        refused("of an unknown version", Code.NOT_FOUND, config("every", "9"), "'every' version 9 is not found");
        refused("of a version that is no number", Code.INVALID_ARGUMENT, config("every", "x"), "integral value > 0");
    }

    /** Two values of each type, as bytes. */
    private static ByteString two(DataType type) {
        return switch (type) {
            case BOOL -> bytes(1, 0);
            case BYTES -> strings("one", "two");
            case FP16 -> bytes(0x00, 0x3c, 0x01, 0x80); // 1 and the negative number nearest to 0
            case BF16 -> bytes(0x80, 0x3f, 0x40, 0x40);
            case FP32 -> floats(1.5f, -2);
            case FP64 -> doubles(1.5, -2);
            default -> counting(2 * type.size());
        };
    }

    private static InferTensorContents.Builder contentsOf(DataType type) {
        return switch (type) {
            case BOOL -> contents().addBoolContents(true).addBoolContents(false);
            case UINT8, UINT16, UINT32 -> contents().addUintContents(7).addUintContents(200);
            case UINT64 -> contents().addUint64Contents(7).addUint64Contents(-1);
            case INT8, INT16, INT32 -> contents().addIntContents(7).addIntContents(-100);
            case INT64 -> contents().addInt64Contents(7).addInt64Contents(Long.MIN_VALUE);
            case FP32 -> contents().addFp32Contents(1.5f).addFp32Contents(-2);
            case FP64 -> contents().addFp64Contents(1.5).addFp64Contents(-2);
            case BYTES ->
                contents().addBytesContents(ByteString.copyFromUtf8("one")).addBytesContents(ByteString.EMPTY);
            case FP16, BF16 -> contents().addFp32Contents(1.5f).addFp32Contents(-2);
        };
    }

    private void types() {
        group = "types";
        ByteString noNumbers = floats(
                Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f, Float.MIN_VALUE, Float.MAX_VALUE);
        same(
                "FP32, what is no number, endless and very small",
                infer("identity_fp32", raw("IN", "FP32", shape(1, 6), noNumbers)),
                noNumbers);
        ByteString noHalves = bytes(0x01, 0x7e, 0x00, 0x7c, 0x00, 0xfc, 0x01, 0x00);
        same(
                "FP16, what is no number, endless and very small",
                infer("identity_fp16", raw("IN", "FP16", shape(1, 4), noHalves)),
                noHalves);
        for (DataType type : TYPES) {
            String model = identity(type);
            String name = type.name();
            ByteString two = two(type);
            same(name + ", raw", infer(model, raw("IN", name, shape(1, 2), two)), two);
            same(name + ", raw, two rows", infer(model, raw("IN", name, shape(2, 1), two)), two);
            ByteString four = two.concat(two);
            same(
                    name + ", raw, eight rows",
                    infer(
                            model,
                            raw(
                                    "IN",
                                    name,
                                    shape(8, 2),
                                    four.concat(four).concat(four).concat(four))),
                    four.concat(four).concat(four).concat(four));
            same(
                    name + ", raw, rows of nothing",
                    infer(model, raw("IN", name, shape(1, 0), ByteString.EMPTY)),
                    ByteString.EMPTY);
            var typed = infer(model, typed("IN", name, shape(1, 2), contentsOf(type)));
            if (type == DataType.FP16 || type == DataType.BF16) {
                invalid(name + ", typed, which it cannot be", typed, "");
            } else {
                ok(name + ", typed", typed.build(), "datatype: \"" + name + "\"");
                ok(
                        name + ", typed, two rows",
                        infer(model, typed("IN", name, shape(2, 1), contentsOf(type)))
                                .build(),
                        "datatype: \"" + name + "\"");
            }
            invalid(
                    name + ", raw, a byte short",
                    infer(model, raw("IN", name, shape(1, 2), two.substring(0, two.size() - 1))),
                    "");
            invalid(
                    name + ", raw, a byte too many",
                    infer(model, raw("IN", name, shape(1, 2), two.concat(bytes(0)))),
                    "");
            invalid(name + ", raw, no bytes", infer(model, raw("IN", name, shape(1, 2), ByteString.EMPTY)), "");
            DataType other = TYPES.get((TYPES.indexOf(type) + 1) % TYPES.size());
            invalid(
                    name + ", sent as " + other,
                    infer(model, raw("IN", other.name(), shape(1, 2), two(other))),
                    "data-type is '" + other + "', but model '" + model + "' expects '" + type + "'");
        }
        same(
                "FP32, not a number and infinite",
                infer(
                        "identity_fp32",
                        raw(
                                "IN",
                                "FP32",
                                shape(1, 4),
                                floats(Float.NaN, Float.NEGATIVE_INFINITY, -0f, Float.MIN_VALUE))),
                floats(Float.NaN, Float.NEGATIVE_INFINITY, -0f, Float.MIN_VALUE));
        same(
                "FP64, not a number and infinite",
                infer(
                        "identity_fp64",
                        raw("IN", "FP64", shape(1, 3), doubles(Double.NaN, Double.POSITIVE_INFINITY, -0.0))),
                doubles(Double.NaN, Double.POSITIVE_INFINITY, -0.0));
        same(
                "FP16, not a number and infinite",
                infer("identity_fp16", raw("IN", "FP16", shape(1, 3), bytes(0x01, 0x7e, 0x00, 0x7c, 0x00, 0x80))),
                bytes(0x01, 0x7e, 0x00, 0x7c, 0x00, 0x80));
        same(
                "INT64, largest and smallest",
                infer("identity_int64", raw("IN", "INT64", shape(1, 2), longs(Long.MAX_VALUE, Long.MIN_VALUE))),
                longs(Long.MAX_VALUE, Long.MIN_VALUE));
        same("UINT64, largest", infer("identity_uint64", raw("IN", "UINT64", shape(1, 1), longs(-1))), longs(-1));
        same(
                "a megabyte",
                infer("identity_uint8", raw("IN", "UINT8", shape(1, 1 << 20), ByteString.copyFrom(new byte[1 << 20]))),
                ByteString.copyFrom(new byte[1 << 20]));
    }

    private void contents_() {
        group = "contents";
        var ints = contents().addAllIntContents(Collections.nCopies(16, 3));
        Input a = typed("A", "INT32", SIXTEEN, ints);
        Input b = typed("B", "INT32", SIXTEEN, ints);
        ok("both typed", infer("add_sub", a, b).build(), "name: \"SUM\"");
        invalid("typed and raw together", infer("add_sub", a, sixteen("B")), "contents field must not be specified");
        invalid("raw and typed together", infer("add_sub", sixteen("A"), b), "contents field must not be specified");
        invalid(
                "raw for one of two",
                infer("add_sub", sixteen("A"), bare("B", "INT32", SIXTEEN)),
                "unable to find data");
        invalid("typed for one of two", infer("add_sub", a, bare("B", "INT32", SIXTEEN)), "unable to find data");
        invalid(
                "no contents",
                infer("add_sub", bare("A", "INT32", SIXTEEN), bare("B", "INT32", SIXTEEN)),
                "unable to find data");
        invalid("empty typed contents", infer("identity_int32", typed("IN", "INT32", shape(1, 1), contents())), "");
        ok(
                "more raw contents than inputs",
                infer("identity_int32", in(1)).addRawInputContents(ints(1)).build(),
                "name: \"OUT\"");
        invalid(
                "too few typed values",
                infer(
                        "identity_int32",
                        typed("IN", "INT32", shape(1, 2), contents().addIntContents(1))),
                "");
        invalid(
                "too many typed values",
                infer(
                        "identity_int32",
                        typed(
                                "IN",
                                "INT32",
                                shape(1, 1),
                                contents().addIntContents(1).addIntContents(2))),
                "");
        invalid(
                "values in the field of another type",
                infer(
                        "identity_int32",
                        typed("IN", "INT32", shape(1, 1), contents().addFp32Contents(1))),
                "");
        invalid(
                "INT32 in the field of INT64",
                infer(
                        "identity_int32",
                        typed("IN", "INT32", shape(1, 1), contents().addInt64Contents(1))),
                "");
        invalid(
                "UINT8 in the signed field",
                infer(
                        "identity_uint8",
                        typed("IN", "UINT8", shape(1, 1), contents().addIntContents(1))),
                "");
        invalid(
                "BYTES in the field of BOOL",
                infer(
                        "identity_bytes",
                        typed("IN", "BYTES", shape(1, 1), contents().addBoolContents(true))),
                "");
        ok(
                "INT8 too large for a byte",
                infer(
                                "identity_int8",
                                typed("IN", "INT8", shape(1, 1), contents().addIntContents(300)))
                        .build(),
                "");
        ok(
                "UINT16 too large for two bytes",
                infer(
                                "identity_uint16",
                                typed("IN", "UINT16", shape(1, 1), contents().addUintContents(70_000)))
                        .build(),
                "");
        invalid(
                "two fields filled",
                infer(
                        "identity_int32",
                        typed(
                                "IN",
                                "INT32",
                                shape(1, 1),
                                contents().addIntContents(1).addFp32Contents(1))),
                "");
        ok(
                "true as another byte than 1",
                infer("identity_bool", raw("IN", "BOOL", shape(1, 1), bytes(1))).build(),
                "");
    }

    private static ModelInferRequest.Builder words(int count, ByteString bytes) {
        return infer("identity_bytes", raw("IN", "BYTES", shape(1, count), bytes));
    }

    private void strings_() {
        group = "BYTES";
        for (String text : List.of("", "text", "äöü €", "𝄞 and 猫", "a\u0000b", "a\nb", "\"quoted\"")) {
            same(
                    "'" + text.replace("\n", "\\n").replace("\u0000", "\\0") + "'",
                    words(1, strings(text)),
                    strings(text));
        }
        same("300 characters", words(1, strings("x".repeat(300))), strings("x".repeat(300)));
        same("70,000 characters", words(1, strings("y".repeat(70_000))), strings("y".repeat(70_000)));
        same("of different lengths", words(3, strings("", "longer", "x")), strings("", "longer", "x"));
        invalid("a length cut short", words(1, bytes(5, 0)), "incomplete string length indicator");
        invalid(
                "a text cut short",
                words(1, ints(5).concat(bytes('a', 'b'))),
                "expecting string of length 5 but only 2 bytes");
        invalid("a length past 2 GiB", words(1, ints(-1)), "incomplete string data");
        invalid("one text too few", words(2, strings("a")), "");
        invalid("one text too many", words(1, strings("a", "b")), "");
        invalid("a length after the last text", words(1, strings("a").concat(bytes(1))), "");
    }

    private void batches() {
        group = "batch";
        ok("as large as allowed", infer("identity_int32", in(8)).build(), "shape: 8");
        invalid(
                "one row too large",
                infer("identity_int32", in(9)),
                "inference request batch-size must be <= 8 for 'identity_int32'");
        invalid(
                "a million rows",
                infer("identity_int32", raw("IN", "INT32", shape(1_000_000, 1), ints(1))),
                "batch-size must be <= 8");
        cases.add(new Case(
                group,
                "no rows",
                new Call.Unary(infer("identity_int32", raw("IN", "INT32", shape(0, 1), ByteString.EMPTY))
                        .build()),
                Code.INVALID_ARGUMENT,
                ""));
        invalid(
                "of different sizes",
                infer("add_sub", sixteen("A"), raw("B", "INT32", shape(2, 16), ints(new int[32]))),
                "batch size does not match other inputs");
        invalid(
                "no batch dimension",
                infer(
                        "add_sub",
                        raw("A", "INT32", shape(16), ints(new int[16])),
                        raw("B", "INT32", shape(16), ints(new int[16]))),
                "");
        invalid("no shape", infer("identity_int32", raw("IN", "INT32", shape(), ints(1))), "");
        invalid(
                "a batch where there is none",
                infer("fixed", raw("IN", "FP32", shape(1, 2, 3), floats(new float[6]))),
                "unexpected shape for input 'IN' for model 'fixed'");
        ok(
                "whole, without a batch",
                infer(
                                "add_sub_whole",
                                raw("A", "INT32", shape(16), ints(new int[16])),
                                raw("B", "INT32", shape(16), ints(new int[16])))
                        .build(),
                "shape: 16");
        invalid("whole, with one", infer("add_sub_whole", sixteen("A"), sixteen("B")), "unexpected shape");
        for (int rows : new int[] {1, 4}) {
            ok(
                    "reshaped, " + rows,
                    infer("reshaped", raw("IN", "FP32", shape(rows, 1), floats(new float[rows])))
                            .build(),
                    "shape: " + rows);
        }
        invalid(
                "reshaped, one row too large",
                infer("reshaped", raw("IN", "FP32", shape(5, 1), floats(new float[5]))),
                "must be <= 4");
        invalid(
                "reshaped, of the graph's shape",
                infer("reshaped", raw("IN", "FP32", shape(2), floats(new float[2]))),
                "unexpected shape");
        ok(
                "eight requests of one row make one batch",
                new Call.Sequence(List.of(
                        new Call.Crowd(
                                Collections.nCopies(8, infer("waits", in(1)).build()), 8),
                        counted("waits", "execution_count: 1"))),
                "execution_count: 1");
        ok("a full batch does not wait", infer("waits", in(8)).build(), "shape: 8");
    }

    private void shapes() {
        group = "shape";
        ok(
                "as configured",
                infer("fixed", raw("IN", "FP32", shape(2, 3), floats(1, 2, 3, 4, 5, 6)))
                        .build(),
                "shape: 3");
        invalid(
                "transposed",
                infer("fixed", raw("IN", "FP32", shape(3, 2), floats(new float[6]))),
                "Expected [2,3], got [3,2]");
        invalid("flat", infer("fixed", raw("IN", "FP32", shape(6), floats(new float[6]))), "Expected [2,3], got [6]");
        invalid(
                "one column short",
                infer("add_sub", raw("A", "INT32", shape(1, 15), ints(new int[15])), sixteen("B")),
                "Expected [-1,16], got [1,15]");
        invalid(
                "one dimension too many",
                infer("identity_int32", raw("IN", "INT32", shape(1, 1, 1), ints(1))),
                "unexpected shape");
        invalid("variable", infer("identity_int32", raw("IN", "INT32", shape(1, -1), ints(1))), "");
        invalid("a negative dimension", infer("identity_int32", raw("IN", "INT32", shape(1, -5), ints(1))), "");
        invalid("a variable batch", infer("identity_int32", raw("IN", "INT32", shape(-1, 1), ints(1))), "");
        invalid(
                "more elements than bytes",
                infer("identity_int32", raw("IN", "INT32", shape(1, 1L << 40), ints(1))),
                "byte size mismatch");
        invalid(
                "more elements than can be counted",
                infer("identity_int32", raw("IN", "INT32", shape(1, Long.MAX_VALUE), ints(1))),
                "");
    }

    private void inputs() {
        group = "inputs";
        ok("in the model's order", infer("add_sub", sixteen("A"), sixteen("B")).build(), "name: \"SUM\"");
        same(
                "in another order",
                infer(
                        "add_sub",
                        raw("B", "INT32", SIXTEEN, ints(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
                        sixteen("A")),
                ints(-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        invalid(
                "one missing",
                infer("add_sub", sixteen("A")),
                "expected 2 inputs but got 1 inputs for model 'add_sub'. Got input(s) ['A'], but missing required input(s) ['B']");
        invalid("the other missing", infer("add_sub", sixteen("B")), "missing required input(s) ['A']");
        invalid("all missing", infer("add_sub"), "expected 2 inputs but got 0 inputs");
        invalid("one more, unknown", infer("add_sub", sixteen("A"), sixteen("B"), sixteen("C")), "");
        invalid(
                "an unknown one instead",
                infer("add_sub", sixteen("A"), sixteen("C")),
                "unexpected inference input 'C' for model 'add_sub'");
        invalid(
                "one twice",
                infer("add_sub", sixteen("A"), sixteen("A"), sixteen("B")),
                "input 'A' already exists in request");
        invalid(
                "in other letters",
                infer("identity_int32", raw("in", "INT32", shape(1, 1), ints(1))),
                "unexpected inference input 'in'");
        invalid(
                "without a name",
                infer("identity_int32", raw("", "INT32", shape(1, 1), ints(1))),
                "unexpected inference input ''");
        invalid(
                "without a datatype",
                infer("identity_int32", raw("IN", "", shape(1, 1), ints(1))),
                "data-type is '<invalid>'");
        invalid(
                "of a datatype that is none",
                infer("identity_int32", raw("IN", "FLOAT", shape(1, 1), ints(1))),
                "data-type is '<invalid>'");
        invalid(
                "of a datatype in small letters",
                infer("identity_int32", raw("IN", "int32", shape(1, 1), ints(1))),
                "data-type is '<invalid>'");
        invalid(
                "of a configuration's datatype",
                infer("identity_int32", raw("IN", "TYPE_INT32", shape(1, 1), ints(1))),
                "data-type is '<invalid>'");
        ok(
                "with a parameter of its own",
                ModelInferRequest.newBuilder(infer("identity_int32", in(1)).build())
                        .setInputs(0, in(1).tensor().toBuilder().putParameters("mine", number(1)))
                        .build(),
                "name: \"OUT\"");
        invalid(
                "wrong in two ways: name and type",
                infer("identity_int32", raw("X", "FP32", shape(1, 1), ints(1))),
                "");
        invalid(
                "wrong in two ways: type and shape",
                infer("identity_int32", raw("IN", "FP32", shape(1, 1, 1), ints(1))),
                "");
        invalid("wrong in two ways: shape and size", infer("fixed", raw("IN", "FP32", shape(3, 2), ints(1))), "");
        invalid(
                "wrong in two ways: type and size",
                infer("identity_int32", raw("IN", "FP64", shape(1, 1), ints(1))),
                "");
    }

    private static ModelInferRequest.Builder sum(String... outputs) {
        var request = infer("add_sub", sixteen("A"), sixteen("B"));
        for (String name : outputs) {
            request.addOutputs(output(name));
        }
        return request;
    }

    private void outputs() {
        group = "outputs";
        ok("none named are all", sum().build(), "name: \"DIFF\"");
        ok("the first", sum("SUM").build(), "name: \"SUM\"");
        ok("the second", sum("DIFF").build(), "name: \"DIFF\"");
        ok("both", sum("SUM", "DIFF").build(), "name: \"DIFF\"");
        ok("both, in another order", sum("DIFF", "SUM").build(), "name: \"DIFF\"");
        ok("one twice", sum("SUM", "SUM").build(), "name: \"SUM\"");
        invalid("an unknown one", sum("Z"), "unexpected inference output 'Z' for model 'add_sub'");
        invalid("a known and an unknown one", sum("SUM", "Z"), "unexpected inference output 'Z' for model 'add_sub'");
        invalid("without a name", sum(""), "unexpected inference output '' for model 'add_sub'");
        invalid("an input", sum("A"), "unexpected inference output 'A'");
        ok(
                "with a parameter of its own",
                sum().addOutputs(output("SUM").toBuilder().putParameters("mine", text("x")))
                        .build(),
                "name: \"SUM\"");
        ok(
                "classes",
                infer("identity_fp32", raw("IN", "FP32", shape(1, 4), floats(1, 4, 2, 3)))
                        .addOutputs(output("OUT").toBuilder().putParameters("classification", number(2)))
                        .build(),
                "4.000000:1");
        invalid(
                "classes, not as a number",
                infer("identity_fp32", raw("IN", "FP32", shape(1, 4), floats(1, 4, 2, 3)))
                        .addOutputs(output("OUT").toBuilder().putParameters("classification", text("2"))),
                "invalid value type for 'classification' parameter, expected int64_param");
    }

    private static ModelInferRequest one(String model, String version) {
        return infer(model, raw("IN", "INT32", shape(1), ints(10)))
                .setModelVersion(version)
                .build();
    }

    private void versions() {
        group = "versions";
        ok("newest, any", one("newest", ""), content(ints(13)));
        ok("newest, 3", one("newest", "3"), content(ints(13)));
        refused("newest, 2", Code.NOT_FOUND, one("newest", "2"), "'newest' version 2 is not found");
        ok("newest two, any", one("newest_two", ""), content(ints(13)));
        ok("newest two, 2", one("newest_two", "2"), content(ints(12)));
        refused("newest two, 1", Code.NOT_FOUND, one("newest_two", "1"), "'newest_two' version 1 is not found");
        ok("every, any", one("every", ""), content(ints(13)));
        for (int version = 1; version <= 3; version++) {
            ok("every, " + version, one("every", Integer.toString(version)), content(ints(10 + version)));
        }
        ok("chosen, any", one("chosen", ""), content(ints(13)));
        ok("chosen, 1", one("chosen", "1"), content(ints(11)));
        refused("chosen, one left out", Code.NOT_FOUND, one("chosen", "2"), "'chosen' version 2 is not found");
        refused("unknown", Code.NOT_FOUND, one("every", "9"), "'every' version 9 is not found");
        refused("of an unknown model", Code.NOT_FOUND, one("nope", "1"), "unknown model: 'nope'");
        refused("0", Code.NOT_FOUND, one("every", "0"), "'every' version 0 is not found");
        for (String text : List.of("x", "-2", "99999999999999999999")) {
            refused("'" + text + "'", Code.INVALID_ARGUMENT, one("every", text), "'" + text + "'");
        }
        ok("'01'", one("every", "01"), content(ints(11)));
        ok("' 1'", one("every", " 1"), content(ints(11)));
        ok("'+1'", one("every", "+1"), content(ints(11)));
        ok("'1.5'", one("every", "1.5"), content(ints(11)));
        ok("'1x'", one("every", "1x"), content(ints(11)));
        refused("'-1'", Code.INVALID_ARGUMENT, one("every", "-1"), "");
        refused("unknown model", Code.NOT_FOUND, one("nope", ""), "Request for unknown model: 'nope' is not found");
        refused("no model", Code.NOT_FOUND, one("", ""), "Request for unknown model: '' is not found");
        refused("a path for a model", Code.NOT_FOUND, one("../repository/every", ""), "is not found");
        refused("a model in other letters", Code.NOT_FOUND, one("Every", ""), "unknown model: 'Every' is not found");
    }

    private void ids() {
        group = "id";
        for (String id : List.of("1", "request äöü", "x".repeat(100))) {
            ok(
                    "comes back: " + id.substring(0, Math.min(12, id.length())),
                    infer("identity_int32", in(1)).setId(id).build(),
                    "name: \"OUT\"");
        }
        invalid(
                "in a refusal",
                infer("identity_int32", in(9)).setId("mine"),
                "[request id: mine] inference request batch-size");
        invalid(
                "none in a refusal",
                infer("identity_int32", in(9)),
                "[request id: <id_unknown>] inference request batch-size");
    }

    private static ModelInferRequest.Builder with(String key, InferParameter value) {
        return infer("identity_int32", in(1)).putParameters(key, value);
    }

    private void parameters() {
        group = "parameters";
        Map<String, InferParameter> own =
                new TreeMap<>(Map.of("text", text("x"), "number", number(1), "flag", flag(true), "real", real(0.5)));
        own.forEach((name, value) -> ok("an own " + name, with("mine", value).build(), "name: \"OUT\""));
        invalid("an own unsigned number", with("mine", unsigned(1)), "");
        invalid("without a value", with("mine", InferParameter.getDefaultInstance()), "");
        ok("without a name", with("", text("x")).build(), "name: \"OUT\"");
        invalid(
                "a reserved name",
                with("triton_mine", text("x")),
                "parameter keys starting with 'triton_' are reserved for Triton usage");
        invalid(
                "only the reserved beginning",
                with("triton_", text("x")),
                "parameter keys starting with 'triton_' are reserved");
        invalid(
                "triton_final_response",
                with("triton_final_response", flag(true)),
                "parameter keys starting with 'triton_' are reserved");
        ok(
                "triton_enable_empty_final_response",
                with("triton_enable_empty_final_response", flag(true)).build(),
                "name: \"OUT\"");
        invalid(
                "triton_enable_empty_final_response as text",
                with("triton_enable_empty_final_response", text("x")),
                "");
        for (int priority = 0; priority <= 3; priority++) {
            ok(
                    "priority " + priority + " of two",
                    infer("priorities", in(1))
                            .putParameters("priority", number(priority))
                            .build(),
                    "name: \"OUT\"");
        }
        ok(
                "priority 1, unsigned",
                infer("priorities", in(1))
                        .putParameters("priority", unsigned(1))
                        .build(),
                "name: \"OUT\"");
        ok("priority where there are none", with("priority", number(1)).build(), "name: \"OUT\"");
        invalid("priority -1", with("priority", number(-1)), "");
        invalid("priority as text", with("priority", text("1")), "invalid value type for 'priority' parameter");
        ok("timeout 0", with("timeout", number(0)).build(), "name: \"OUT\"");
        ok("timeout where none is allowed", with("timeout", number(1)).build(), "name: \"OUT\"");
        invalid(
                "timeout as text",
                with("timeout", text("1")),
                "invalid value type for 'timeout' parameter, expected int64_param");
        invalid(
                "timeout as an unsigned number",
                with("timeout", unsigned(1)),
                "invalid value type for 'timeout' parameter");
        ok("timeout -1", with("timeout", number(-1)).build(), "name: \"OUT\"");
        ok("sequence_id without sequences", with("sequence_id", number(1)).build(), "name: \"OUT\"");
        ok("sequence_id as text", with("sequence_id", text("one")).build(), "name: \"OUT\"");
        invalid("sequence_id as a flag", with("sequence_id", flag(true)), "");
        ok("sequence_start", with("sequence_start", flag(true)).build(), "name: \"OUT\"");
        invalid("sequence_start as a number", with("sequence_start", number(1)), "");
        invalid("sequence_end as text", with("sequence_end", text("x")), "");
    }

    private void queues() {
        group = "queue";
        refused(
                "full: the third of two",
                Code.UNAVAILABLE,
                new Call.Crowd(Collections.nCopies(3, infer("full", in(1)).build()), 1),
                "Exceeds maximum queue size");
        refused(
                "full: the next one too",
                Code.UNAVAILABLE,
                new Call.Crowd(Collections.nCopies(3, infer("full", in(1)).build()), 1),
                "Exceeds maximum queue size");
        refused(
                "the policy's timeout",
                Code.UNAVAILABLE,
                infer("times_out", in(1)).build(),
                "Request timeout expired");
        refused(
                "the request's timeout",
                Code.UNAVAILABLE,
                infer("may_shorten", in(1)).putParameters("timeout", number(1)).build(),
                "Request timeout expired");
        refused(
                "a timeout longer than the policy's, not allowed",
                Code.UNAVAILABLE,
                infer("times_out", in(1))
                        .putParameters("timeout", number(600_000_000))
                        .build(),
                "Request timeout expired");
        ok(
                "the request's timeout, not allowed",
                infer("must_not_shorten", in(1))
                        .putParameters("timeout", number(1))
                        .build(),
                "name: \"OUT\"");
        refused(
                "the caller's deadline",
                Code.DEADLINE_EXCEEDED,
                new Call.Late(infer("waits", in(1)).build(), Duration.ofMillis(100)),
                "");
        ok(
                "given up, and the server goes on",
                new Call.Sequence(List.of(
                        new Call.Cancelled(infer("waits", in(1)).build()),
                        new Call.Unary(infer("identity_int32", in(1)).build()))),
                "name: \"OUT\"");
        refused(
                "given up before it began",
                Code.DEADLINE_EXCEEDED,
                new Call.Late(infer("identity_int32", in(1)).build(), Duration.ofNanos(1)),
                "");
    }

    private static ModelStatisticsRequest stats(String model, String version) {
        return ModelStatisticsRequest.newBuilder()
                .setName(model)
                .setVersion(version)
                .build();
    }

    /** Triton counts after it has answered. */
    private static Call counted(String model, String part) {
        return new Call.Until(stats(model, ""), part);
    }

    private void statistics() {
        group = "statistics";
        ok("before the first request", stats("counted", ""), "name: \"counted\"");
        ok(
                "after one row and three",
                new Call.Sequence(List.of(
                        new Call.Unary(infer("counted", in(1)).build()),
                        new Call.Unary(infer("counted", in(3)).build()),
                        counted("counted", "execution_count: 2"))),
                "inference_count: 4");
        ok(
                "a refused request does not count",
                sequence(infer("counted", in(9)).build(), stats("counted", "")),
                "inference_count: 4");
        ok("of a version", stats("counted", "1"), "execution_count: 2");
        ok("of all versions", stats("every", ""), "version: \"3\"");
        refused(
                "of an unknown model",
                Code.INVALID_ARGUMENT,
                stats("nope", ""),
                "requested model 'nope' is not available");
        refused(
                "of an unknown version",
                Code.INVALID_ARGUMENT,
                stats("counted", "9"),
                "requested model version is not available for model 'counted'");
        refused("of a version that is no number", Code.INVALID_ARGUMENT, stats("counted", "x"), "");
        refused(
                "of a model that is not loaded",
                Code.INVALID_ARGUMENT,
                stats("comes_and_goes", ""),
                "is not available");
    }

    private void failures() {
        group = "failures";
        ok(
                "a model that can",
                infer("fails", raw("IN", "INT64", shape(2), longs(0, 2))).build(),
                content(longs(10, 30)));
        refused(
                "a model that cannot",
                Code.INTERNAL,
                infer("fails", raw("IN", "INT64", shape(1), longs(7))).build(),
                "");
        ok(
                "it can again",
                infer("fails", raw("IN", "INT64", shape(1), longs(1))).build(),
                content(longs(20)));
    }

    private static RepositoryModelLoadRequest load(String model) {
        return RepositoryModelLoadRequest.newBuilder().setModelName(model).build();
    }

    private static RepositoryModelUnloadRequest unload(String model) {
        return RepositoryModelUnloadRequest.newBuilder().setModelName(model).build();
    }

    /** Triton answers before the model is gone, and is not ready until then. */
    private static Call unloaded(String model) {
        return new Call.Sequence(List.of(
                new Call.Unary(unload(model)),
                new Call.Until(RepositoryIndexRequest.getDefaultInstance(), "reason: \"unloaded\"")));
    }

    private static RepositoryModelLoadRequest loadWith(
            String model, String key, UnaryOperator<ModelRepositoryParameter.Builder> value) {
        return RepositoryModelLoadRequest.newBuilder()
                .setModelName(model)
                .putParameters(
                        key, value.apply(ModelRepositoryParameter.newBuilder()).build())
                .build();
    }

    private static RepositoryModelLoadRequest loadFile(String model, String file) {
        byte[] graph;
        try {
            graph = Files.readAllBytes(REPOSITORY.resolve("identity_int32/1/model.onnx"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return loadWith(model, "config", value -> value.setStringParam(CONFIGURATION)).toBuilder()
                .putParameters(
                        file,
                        ModelRepositoryParameter.newBuilder()
                                .setBytesParam(ByteString.copyFrom(graph))
                                .build())
                .build();
    }

    private void repository() {
        group = "repository";
        String model = "comes_and_goes";
        ok("index", RepositoryIndexRequest.getDefaultInstance(), "name: \"comes_and_goes\"");
        ok(
                "index of what is ready",
                RepositoryIndexRequest.newBuilder().setReady(true).build(),
                "state: \"READY\"");
        refused(
                "index of another repository",
                Code.UNIMPLEMENTED,
                RepositoryIndexRequest.newBuilder().setRepositoryName("other").build(),
                "");
        ok("load", sequence(load(model), ready(model, "")), "ready: true");
        ok("infer when loaded", infer(model, in(1)).build(), "name: \"OUT\"");
        ok("load what is loaded", sequence(load(model), ready(model, "")), "ready: true");
        ok("unload", unloaded(model), "state: \"UNAVAILABLE\"");
        ok("ready when unloaded", ready(model, ""), "");
        refused(
                "infer when unloaded",
                Code.NOT_FOUND,
                infer(model, in(1)).build(),
                "'comes_and_goes' has no available versions");
        refused(
                "infer of a version when unloaded",
                Code.UNAVAILABLE,
                infer(model, in(1)).setModelVersion("1").build(),
                "'comes_and_goes' version 1 is not at ready state");
        refused("metadata when unloaded", Code.NOT_FOUND, metadata(model, ""), "has no available versions");
        refused("statistics when unloaded", Code.INVALID_ARGUMENT, stats(model, ""), "is not available");
        ok("index when unloaded", RepositoryIndexRequest.getDefaultInstance(), "reason: \"unloaded\"");
        ok("unload what is unloaded", unload(model), "");
        ok("load again", sequence(load(model), infer(model, in(1)).build()), "name: \"OUT\"");
        ok("unload again", unloaded(model), "state: \"UNAVAILABLE\"");
        ok("the server is ready with a model unloaded", ServerReadyRequest.getDefaultInstance(), "ready: true");
        refused(
                "load an unknown model",
                Code.INTERNAL,
                load("nope"),
                "failed to load 'nope', failed to poll from model repository");
        refused("load no model", Code.INTERNAL, load(""), "failed to load ''");
        refused("load a path", Code.INTERNAL, load("../repository/every"), "failed to load");
        ok("unload an unknown model", unload("nope"), "");
        ok("unload no model", unload(""), "");
        refused(
                "load a graph that is none",
                Code.INVALID_ARGUMENT,
                load("broken_graph"),
                "load failed for model 'broken_graph'");
        refused("load a model without a version", Code.INVALID_ARGUMENT, load("broken_no_version"), "");
        refused("load a configuration that is none", Code.INTERNAL, load("broken_config"), "");
        refused("load a model under another name", Code.INTERNAL, load("broken_name"), "");
        ok("what failed to load is not ready", ready("broken_graph", ""), "");
        refused(
                "infer what failed to load",
                Code.NOT_FOUND,
                infer("broken_graph", in(1)).build(),
                "'broken_graph' has no available versions");
        refused(
                "load from another repository",
                Code.UNIMPLEMENTED,
                load(model).toBuilder().setRepositoryName("other").build(),
                "");
        refused(
                "unload from another repository",
                Code.UNIMPLEMENTED,
                unload(model).toBuilder().setRepositoryName("other").build(),
                "");
        refused(
                "load with an unknown parameter",
                Code.INVALID_ARGUMENT,
                loadWith(model, "mine", value -> value.setStringParam("x")),
                "");
        refused(
                "load with a configuration that is no text",
                Code.INVALID_ARGUMENT,
                loadWith(model, "config", value -> value.setInt64Param(1)),
                "");
        refused(
                "load with a file and no configuration",
                Code.INTERNAL,
                loadWith(model, "file:1/model.onnx", value -> value.setBytesParam(bytes(1))),
                "");
        ok(
                "load with a configuration",
                sequence(loadWith(model, "config", value -> value.setStringParam(CONFIGURATION)), config(model, "")),
                "max_batch_size: 2");
        refused(
                "load with a file that is text",
                Code.INVALID_ARGUMENT,
                loadWith(model, "file:1/model.onnx", value -> value.setStringParam("x")),
                "expected bytes_param");
        ok(
                "load with a file in place of the repository's",
                sequence(
                        loadFile(model, "file:7/model.onnx"),
                        metadata(model, ""),
                        infer(model, in(1)).build()),
                "name: \"OUT\"");
        ok("load the repository's file again", sequence(load(model), metadata(model, "")), "versions: \"1\"");
        ok(
                "load with a file a model that the repository does not have",
                sequence(
                        loadFile("brought_along", "file:1/model.onnx"),
                        infer("brought_along", in(1)).build()),
                "name: \"OUT\"");
        ok("unload what was brought along", unload("brought_along"), "");
        refused("load what was brought along and is gone", Code.INTERNAL, load("brought_along"), "failed to load");
        refused(
                "load with a file that is no graph",
                Code.INVALID_ARGUMENT,
                loadFile(model, "file:1/model.onnx").toBuilder()
                        .putParameters(
                                "file:1/model.onnx",
                                ModelRepositoryParameter.newBuilder()
                                        .setBytesParam(bytes(1))
                                        .build())
                        .build(),
                "load failed for model 'comes_and_goes'");
        refused("load with a file of no version", Code.INVALID_ARGUMENT, loadFile(model, "file:model.onnx"), "");
        refused("load with a file elsewhere", Code.INTERNAL, loadFile(model, "file:../model.onnx"), "");
        refused("load with a file far away", Code.INTERNAL, loadFile(model, "file:1/../../../../model.onnx"), "");
        refused("load with a file without a name", Code.INTERNAL, loadFile(model, "file:"), "");
        refused(
                "load with a configuration that cannot be read",
                Code.INTERNAL,
                loadWith(model, "config", value -> value.setStringParam("{")),
                "");
        ok("load the repository's file at last", sequence(load(model), ready(model, "")), "ready: true");
        ok(
                "unload with its dependents",
                RepositoryModelUnloadRequest.newBuilder()
                        .setModelName(model)
                        .putParameters(
                                "unload_dependents",
                                ModelRepositoryParameter.newBuilder()
                                        .setBoolParam(true)
                                        .build())
                        .build(),
                "");
        ok(
                "unload with an unknown parameter",
                RepositoryModelUnloadRequest.newBuilder()
                        .setModelName(model)
                        .putParameters(
                                "mine",
                                ModelRepositoryParameter.newBuilder()
                                        .setBoolParam(true)
                                        .build())
                        .build(),
                "");
    }

    private static Call stream(ModelInferRequest.Builder... requests) {
        List<ModelInferRequest> all = new ArrayList<>();
        for (var request : requests) {
            all.add(request.build());
        }
        return new Call.Streaming(all, Map.of());
    }

    private void streams() {
        group = "stream";
        String end = "the stream ended";
        ok("no request", stream(), end);
        ok("one request", stream(infer("identity_int32", in(1)).setId("1")), end);
        ok(
                "three requests, in order",
                stream(
                        infer("identity_int32", in(1)).setId("1"),
                        infer("every", raw("IN", "INT32", shape(1), ints(1))).setId("2"),
                        infer("identity_int32", in(2)).setId("3")),
                end);
        ok(
                "an error between",
                stream(
                        infer("identity_int32", in(1)).setId("1"),
                        infer("identity_int32", in(9)).setId("2"),
                        infer("identity_int32", in(2)).setId("3")),
                end);
        ok("an unknown model", stream(infer("nope", in(1)).setId("1")), end);
        ok(
                "a model that fails",
                stream(infer("fails", raw("IN", "INT64", shape(1), longs(7))).setId("1")),
                end);
        ok(
                "an empty final response asked for",
                stream(with("triton_enable_empty_final_response", flag(true)).setId("1")),
                end);
        ok("a timeout in the queue", stream(infer("times_out", in(1)).setId("1")), end);
        ok("without an id", stream(infer("identity_int32", in(1)), infer("identity_int32", in(9))), end);
    }

    private void sharedMemory() {
        group = "shared memory";
        ok("status of none", SystemSharedMemoryStatusRequest.getDefaultInstance(), "");
        refused(
                "status of an unknown region",
                Code.NOT_FOUND,
                SystemSharedMemoryStatusRequest.newBuilder().setName("none").build(),
                "Unable to find system shared memory region: 'none'");
        refused(
                "register what is not there",
                Code.INTERNAL,
                SystemSharedMemoryRegisterRequest.newBuilder()
                        .setName("mine")
                        .setKey("/saccade_protocol_none")
                        .setByteSize(64)
                        .build(),
                "Unable to open shared memory region: '/saccade_protocol_none'");
        refused(
                "register a key of Triton's own",
                Code.INTERNAL,
                SystemSharedMemoryRegisterRequest.newBuilder()
                        .setName("mine")
                        .setKey("triton_python_backend_shm_region_1")
                        .setByteSize(64)
                        .build(),
                "");
        ok(
                "unregister an unknown region",
                SystemSharedMemoryUnregisterRequest.newBuilder().setName("none").build(),
                "");
        ok("unregister all", SystemSharedMemoryUnregisterRequest.getDefaultInstance(), "");
        ok("status of CUDA's none", CudaSharedMemoryStatusRequest.getDefaultInstance(), "");
        refused(
                "status of an unknown region of CUDA's",
                Code.NOT_FOUND,
                CudaSharedMemoryStatusRequest.newBuilder().setName("none").build(),
                "Unable to find cuda shared memory region: 'none'");
        refused(
                "register CUDA's without a GPU",
                Code.INVALID_ARGUMENT,
                CudaSharedMemoryRegisterRequest.newBuilder()
                        .setName("mine")
                        .setRawHandle(counting(64))
                        .setByteSize(64)
                        .build(),
                "failed to register shared memory region");
        ok(
                "unregister an unknown region of CUDA's",
                CudaSharedMemoryUnregisterRequest.newBuilder().setName("none").build(),
                "");
        ok("unregister all of CUDA's", CudaSharedMemoryUnregisterRequest.getDefaultInstance(), "");
        var input = bare("IN", "INT32", shape(1, 1)).tensor().toBuilder()
                .putParameters("shared_memory_region", text("none"))
                .putParameters("shared_memory_byte_size", number(4));
        refused(
                "an input in an unknown region",
                Code.NOT_FOUND,
                ModelInferRequest.newBuilder()
                        .setModelName("identity_int32")
                        .addInputs(input)
                        .build(),
                "Unable to find shared memory region: 'none'");
        refused(
                "an output in an unknown region",
                Code.NOT_FOUND,
                infer("identity_int32", in(1))
                        .addOutputs(output("OUT").toBuilder()
                                .putParameters("shared_memory_region", text("none"))
                                .putParameters("shared_memory_byte_size", number(4)))
                        .build(),
                "Unable to find shared memory region: 'none'");
    }

    private void settings() {
        group = "settings";
        ok("of traces", TraceSettingRequest.getDefaultInstance(), "trace_level");
        ok(
                "of a model's traces",
                TraceSettingRequest.newBuilder().setModelName("add_sub").build(),
                "trace_level");
        refused(
                "of an unknown model's traces",
                Code.INVALID_ARGUMENT,
                TraceSettingRequest.newBuilder().setModelName("nope").build(),
                "");
        ok("of traces, an unknown one", traces("", "mine", "x"), "trace_level");
        ok("rate of traces", traces("", "trace_rate", "7"), "value: \"7\"");
        ok("rate of traces with something behind it", traces("", "trace_rate", "7x"), "value: \"7\"");
        ok("rate of traces below 0", traces("", "trace_rate", "-1"), "value: \"4294967295\"");
        ok("rate of traces, again the default", traces("", "trace_rate"), "value: \"1000\"");
        ok("rate of a model's traces", traces("add_sub", "trace_rate", "9"), "value: \"9\"");
        ok("rate of all other traces", TraceSettingRequest.getDefaultInstance(), "value: \"1000\"");
        ok("rate of a model's traces, again that of all", traces("add_sub", "trace_rate"), "value: \"1000\"");
        ok("count of traces", traces("", "trace_count", "5"), "value: \"5\"");
        ok("count of traces, again without end", traces("", "trace_count", "-1"), "value: \"-1\"");
        ok("frequency of the trace's file", traces("", "log_frequency", "3"), "value: \"3\"");
        ok("frequency of the trace's file, again the default", traces("", "log_frequency"), "trace_level");
        ok("level OFF", traces("", "trace_level", "OFF"), "value: \"OFF\"");
        ok("an unknown level", traces("", "trace_level", "LOUD"), "value: \"OFF\"");
        for (String[] wrong : new String[][] {
            {"trace_rate", "x"},
            {"trace_rate", "1", "2"},
            {"trace_rate", "4294967296"},
            {"trace_rate", "99999999999999999999999"},
            {"trace_count", "x"},
            {"trace_count", "-2"},
            {"trace_count", "99999999999"},
            {"log_frequency", "x"},
            {"trace_level", "OFF", "TIMESTAMPS"},
            {"trace_level", "TIMESTAMPS"},
            {"trace_level", "TENSORS"}
        }) {
            String[] values = Arrays.copyOfRange(wrong, 1, wrong.length);
            refused(
                    wrong[0] + " " + String.join(" and ", values),
                    Code.INVALID_ARGUMENT,
                    traces("", wrong[0], values),
                    "");
        }
        refused(
                "a file for traces",
                Code.UNIMPLEMENTED,
                traces("", "trace_file", "trace.json"),
                "trace file location can not be updated");
        ok("of logs", LogSettingsRequest.getDefaultInstance(), "log_info");
        ok("of logs, an unknown one", logs("mine", value -> value.setBoolParam(true)), "log_info");
        ok("log without information", logs("log_info", value -> value.setBoolParam(false)), "bool_param: false");
        ok("log with information", logs("log_info", value -> value.setBoolParam(true)), "bool_param: true");
        ok("a verbose log", logs("log_verbose_level", value -> value.setUint32Param(2)), "uint32_param: 2");
        ok("a log no more verbose", logs("log_verbose_level", value -> value.setUint32Param(0)), "uint32_param: 0");
        ok("another format of the log", logs("log_format", value -> value.setStringParam("ISO8601")), "ISO8601");
        ok("the first format of the log", logs("log_format", value -> value.setStringParam("default")), "default");
        for (String name : List.of("log_info", "log_warning", "log_error", "log_verbose_level")) {
            refused(
                    name + " as text",
                    Code.INVALID_ARGUMENT,
                    logs(name, value -> value.setStringParam("x")),
                    "expect ");
        }
        refused(
                "an unknown format of the log",
                Code.INVALID_ARGUMENT,
                logs("log_format", value -> value.setStringParam("x")),
                "invalid argument for log_format, got: x");
        refused(
                "a format of the log that is no text",
                Code.INVALID_ARGUMENT,
                logs("log_format", value -> value.setUint32Param(1)),
                "expect string for 'log_format'");
        refused(
                "a file for the log",
                Code.UNIMPLEMENTED,
                logs("log_file", value -> value.setStringParam("server.log")),
                "log file location can not be updated");
    }

    private static TraceSettingRequest traces(String model, String name, String... values) {
        return TraceSettingRequest.newBuilder()
                .setModelName(model)
                .putSettings(
                        name,
                        TraceSettingRequest.SettingValue.newBuilder()
                                .addAllValue(List.of(values))
                                .build())
                .build();
    }

    private static LogSettingsRequest logs(String name, UnaryOperator<LogSettingsRequest.SettingValue.Builder> value) {
        return LogSettingsRequest.newBuilder()
                .putSettings(
                        name,
                        value.apply(LogSettingsRequest.SettingValue.newBuilder())
                                .build())
                .build();
    }

    private void ensembles() {
        group = "ensemble";
        ok("load, with the models in it", sequence(load("chain"), ready("counted_again", "")), "ready: true");
        ok("metadata", metadata("chain", ""), "platform: \"ensemble\"");
        same("infer", infer("chain", in(3)), ints(0, 1, 2));
        ok(
                "infer, one of a sequence",
                infer("chain", in(1))
                        .putParameters("sequence_id", number(7))
                        .putParameters("sequence_start", flag(true))
                        .build(),
                "int64_param: 7");
        ok(
                "infer, one of a sequence with a text as its name",
                infer("chain", in(1)).putParameters("sequence_id", text("mine")).build(),
                "string_param: \"mine\"");
        invalid("too large a batch", infer("chain", in(9)), "batch-size must be <= 8 for 'chain'");
        ok("counted in each model", counted("counted_again", "execution_count: 3"), "inference_count: 5");
        ok(
                "unload with the models in it",
                sequence(
                        RepositoryModelUnloadRequest.newBuilder()
                                .setModelName("chain")
                                .putParameters(
                                        "unload_dependents",
                                        ModelRepositoryParameter.newBuilder()
                                                .setBoolParam(true)
                                                .build())
                                .build(),
                        ready("chain", "")),
                "");
    }

    /** The numbers up to the count. */
    private static ModelInferRequest.Builder times(int count) {
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = 10 + i;
        }
        return infer("repeats", raw("IN", "INT32", shape(count), ints(numbers))).setId("1");
    }

    private static ModelInferRequest.Builder failing(int count, int position) {
        Input fail = raw("FAIL", "UINT32", shape(1), ints(position));
        return times(count).addInputs(fail.tensor()).addAllRawInputContents(fail.raw());
    }

    private void decoupled() {
        group = "decoupled";
        String end = "the stream ended";
        ok("load", sequence(load("repeats"), load("vlm"), ready("vlm", "")), "ready: true");
        refused(
                "a single call",
                Code.UNIMPLEMENTED,
                times(1).build(),
                "ModelInfer RPC doesn't support models with decoupled transaction policy");
        ok("metadata", metadata("repeats", ""), "name: \"IDX\"");
        ok("three answers", stream(times(3)), end);
        ok("one output of three answers", stream(times(3).addOutputs(output("IDX"))), end);
        ok("no answer", stream(times(0)), end);
        ok(
                "three answers and an empty final one",
                stream(times(3).putParameters("triton_enable_empty_final_response", flag(true))),
                end);
        ok(
                "no answer but an empty final one",
                stream(times(0).putParameters("triton_enable_empty_final_response", flag(true))),
                end);
        ok("an error between the answers", stream(failing(3, 1)), end);
        ok("a request that is none", stream(infer("repeats", raw("IN", "INT32", shape(2, 1), ints(1, 2)))), end);

        group = "vLLM's contract";
        ok("metadata", metadata("vlm", ""), "name: \"num_output_tokens\"");
        ok("answers as they are written", stream(says("three words here", "stream")), end);
        ok(
                "with all that can be told",
                stream(says(
                        "three words here",
                        "stream",
                        "return_finish_reason",
                        "return_num_input_tokens",
                        "return_num_output_tokens")),
                end);
        ok("the prompt and the answer", stream(says("three words here")), end);
        ok("the answer alone", stream(says("three words here", "exclude_input_in_output")), end);
        ok(
                "an answer cut short",
                stream(with(says("three words here", "stream", "return_finish_reason"), "{\"max_tokens\":2}")),
                end);
        ok(
                "a text that stops",
                stream(with(says("three words here", "stream", "return_finish_reason"), "{\"stop\":[\"words\"]}")),
                end);
        ok("a sampling parameter that cannot be", stream(with(says("a", "stream"), "{\"max_tokens\":0}")), end);
        ok("a picture", stream(seeing(says("what is it", "stream", "return_num_input_tokens"), "iVBORw0KGgo=")), end);
        ok("a picture that is none", stream(seeing(says("what is it", "stream"), "AAAA")), end);
    }

    /** After each of these Triton may be gone: see {@link TritonIT}. So each loads its model, and they are the last. */
    private void endings() {
        group = ENDINGS;
        Input delays = raw("DELAY", "UINT32", shape(2), ints(0, 0));
        refused(
                "a failure",
                Code.INVALID_ARGUMENT,
                ending("repeats", times(1).addInputs(delays.tensor()).addAllRawInputContents(delays.raw())),
                "expected IN and DELAY shape to match, got [1] and [2]");
        refused(
                "a picture that is none",
                Code.INTERNAL,
                ending("vlm", seeing(says("what is it", "stream"), "AAAA")),
                "Error generating stream: cannot identify image file");
        ok("an answer", ending("vlm", says("three words here", "stream")), "the stream ended");
        ok(
                "a request that was never taken",
                ending("repeats", infer("repeats", raw("IN", "INT32", shape(2, 1), ints(1, 2)))),
                "the stream ended");
    }

    private static Call ending(String model, ModelInferRequest.Builder request) {
        return new Call.Sequence(List.of(
                new Call.Unary(load(model)),
                new Call.Streaming(List.of(request.build()), Map.of("triton_grpc_error", "true"))));
    }

    private static ModelInferRequest.Builder says(String prompt, String... flags) {
        List<Input> inputs = new ArrayList<>(List.of(raw("text_input", "BYTES", shape(1), strings(prompt))));
        for (String flag : flags) {
            inputs.add(raw(flag, "BOOL", shape(1), bytes(1)));
        }
        return infer("vlm", inputs.toArray(Input[]::new)).setId("1");
    }

    private static ModelInferRequest.Builder with(ModelInferRequest.Builder request, String sampling) {
        Input input = raw("sampling_parameters", "BYTES", shape(1), strings(sampling));
        return request.addInputs(input.tensor()).addAllRawInputContents(input.raw());
    }

    private static ModelInferRequest.Builder seeing(ModelInferRequest.Builder request, String base64) {
        Input input = raw("image", "BYTES", shape(1), strings(base64));
        return request.addInputs(input.tensor()).addAllRawInputContents(input.raw());
    }
}
