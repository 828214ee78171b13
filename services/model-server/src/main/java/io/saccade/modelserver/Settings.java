package io.saccade.modelserver;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saccade.triton.proto.LogSettingsRequest;
import io.saccade.triton.proto.LogSettingsResponse;
import io.saccade.triton.proto.TraceSettingRequest;
import io.saccade.triton.proto.TraceSettingResponse;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What TraceSetting and LogSettings set. They are checked as a Triton checks them that was started without a trace file, kept, and given
 * back; this server writes no traces, and its log keeps the level it was started with.
 */
final class Settings {
    private static final Pattern LEADING_NUMBER = Pattern.compile("\\s*([+-]?[0-9]+)");
    private static final BigInteger UINT32_VALUES = BigInteger.ONE.shiftLeft(32);
    private static final BigInteger LARGEST_UINT32 = UINT32_VALUES.subtract(BigInteger.ONE);
    private static final BigInteger LARGEST_INT32 = BigInteger.valueOf(Integer.MAX_VALUE);
    private static final BigInteger SMALLEST_INT32 = BigInteger.valueOf(Integer.MIN_VALUE);
    private static final BigInteger WITHOUT_END = BigInteger.ONE.negate();

    private static final String RATE = "trace_rate";
    private static final String COUNT = "trace_count";
    private static final String FREQUENCY = "log_frequency";

    /** What holds where nothing else was set. */
    private static final Map<String, String> TRACE_DEFAULTS = Map.of(
            "trace_level", "OFF", RATE, "1000", COUNT, "-1", FREQUENCY, "0", "trace_file", "", "trace_mode", "triton");

    /** Of all models, and of each model what differs. Guarded by this object, as are the settings of the log. */
    private final Map<String, String> traces = new HashMap<>();

    private final Map<String, Map<String, String>> tracesOfModels = new HashMap<>();
    private final Map<String, Boolean> levels =
            new LinkedHashMap<>(Map.of("log_error", true, "log_warning", true, "log_info", true));
    private int verboseLevel;
    private String format = "default";

    /**
     * Sets and tells how requests are traced.
     *
     * @throws StatusRuntimeException if a setting is not what it may be; then none is set
     */
    synchronized TraceSettingResponse traces(TraceSettingRequest request) {
        Map<String, String> changes = new HashMap<>();
        request.getSettingsMap().forEach((name, value) -> {
            switch (name) {
                case "trace_file" ->
                    throw Status.UNIMPLEMENTED
                            .withDescription("trace file location can not be updated through network protocol")
                            .asRuntimeException();
                case "trace_level" -> checkLevels(value.getValueList());
                case RATE, FREQUENCY -> changes.put(name, uint32(name, value.getValueList()));
                case COUNT -> changes.put(name, count(value.getValueList()));
                default -> {
                    // As in Triton: what nobody knows changes nothing.
                }
            }
        });
        Map<String, String> changed = request.getModelName().isEmpty()
                ? traces
                : tracesOfModels.computeIfAbsent(request.getModelName(), _ -> new HashMap<>());
        changes.forEach((name, value) -> {
            if (value.isEmpty()) {
                changed.remove(name);
            } else {
                changed.put(name, value);
            }
        });
        Map<String, String> all = new TreeMap<>(TRACE_DEFAULTS);
        all.putAll(traces);
        all.putAll(changed);
        var response = TraceSettingResponse.newBuilder();
        all.forEach((name, value) -> response.putSettings(
                name,
                TraceSettingResponse.SettingValue.newBuilder().addValue(value).build()));
        return response.build();
    }

    /** Only OFF can be: there is no file to write to, and Triton says the same when it has none. */
    private static void checkLevels(List<String> levels) {
        if (levels.contains("OFF") && levels.size() > 1) {
            throw invalid("Expect only one trace level 'OFF' is specified");
        }
        if (levels.contains("TIMESTAMPS") || levels.contains("TENSORS")) {
            throw invalid("Attempting to set invalid trace setting :trace file name is not given");
        }
    }

    private static String uint32(String name, List<String> values) {
        if (values.isEmpty()) {
            return "";
        }
        BigInteger number = number(name, values, BigInteger.ZERO, LARGEST_UINT32);
        if (number.compareTo(LARGEST_UINT32) > 0) {
            throw outOfRange(name, values.getFirst(), BigInteger.ZERO, LARGEST_UINT32);
        }
        // A negative number goes round, as in C++.
        return number.mod(UINT32_VALUES).toString();
    }

    private static String count(List<String> values) {
        if (values.isEmpty()) {
            return "";
        }
        BigInteger number = number(COUNT, values, WITHOUT_END, LARGEST_INT32);
        if (number.compareTo(SMALLEST_INT32) < 0 || number.compareTo(LARGEST_INT32) > 0) {
            throw outOfRange(COUNT, values.getFirst(), WITHOUT_END, LARGEST_INT32);
        }
        if (number.signum() < 0 && !number.equals(WITHOUT_END)) {
            throw invalid("Unable to parse 'trace_count'. Expecting value >= -1, got: " + values.getFirst());
        }
        return number.toString();
    }

    /** As C++ reads a number: spaces before it and anything behind it do not matter. */
    private static BigInteger number(String name, List<String> values, BigInteger smallest, BigInteger largest) {
        if (values.size() > 1) {
            throw invalid("expect only 1 value for '" + name + "'");
        }
        var matcher = LEADING_NUMBER.matcher(values.getFirst());
        if (!matcher.lookingAt()) {
            throw invalid("Unable to parse '" + name + "', got: " + values.getFirst());
        }
        if (matcher.group(1).length() > 20) {
            throw outOfRange(
                    name, values.getFirst(), smallest, largest); // and a text of digits without end is not computed
        }
        return new BigInteger(matcher.group(1));
    }

    private static StatusRuntimeException outOfRange(
            String name, String value, BigInteger smallest, BigInteger largest) {
        return invalid("Unable to parse '" + name + "', value is out of range [ " + smallest + ", " + largest
                + " ], got: " + value);
    }

    /**
     * Sets and tells what is logged.
     *
     * @throws StatusRuntimeException if a setting is not what it may be; then none is set
     */
    synchronized LogSettingsResponse logs(LogSettingsRequest request) {
        var settings = request.getSettingsMap();
        settings.forEach(Settings::check);
        settings.forEach((name, value) -> {
            switch (name) {
                case "log_verbose_level" -> verboseLevel = value.getUint32Param();
                case "log_format" -> format = value.getStringParam();
                default -> levels.computeIfPresent(name, (_, _) -> value.getBoolParam());
            }
        });
        var response = LogSettingsResponse.newBuilder()
                .putSettings("log_file", text(""))
                .putSettings("log_format", text(format))
                .putSettings(
                        "log_verbose_level",
                        LogSettingsResponse.SettingValue.newBuilder()
                                .setUint32Param(verboseLevel)
                                .build());
        levels.forEach((name, value) -> response.putSettings(
                name,
                LogSettingsResponse.SettingValue.newBuilder()
                        .setBoolParam(value)
                        .build()));
        return response.build();
    }

    private static void check(String name, LogSettingsRequest.SettingValue value) {
        switch (name) {
            case "log_file" ->
                throw Status.UNIMPLEMENTED
                        .withDescription("log file location can not be updated through network protocol")
                        .asRuntimeException();
            case "log_error", "log_warning", "log_info" -> {
                if (!value.hasBoolParam()) {
                    throw invalid("expect boolean for '" + name + "'");
                }
            }
            case "log_verbose_level" -> {
                if (!value.hasUint32Param()) {
                    throw invalid("expect int32 for 'log_verbose_level'");
                }
            }
            case "log_format" -> {
                if (!value.hasStringParam()) {
                    throw invalid("expect string for 'log_format'");
                }
                if (!value.getStringParam().equals("default")
                        && !value.getStringParam().equals("ISO8601")) {
                    throw invalid("invalid argument for log_format, got: " + value.getStringParam());
                }
            }
            default -> {
                // As in Triton: what nobody knows changes nothing.
            }
        }
    }

    private static LogSettingsResponse.SettingValue text(String value) {
        return LogSettingsResponse.SettingValue.newBuilder()
                .setStringParam(value)
                .build();
    }

    private static StatusRuntimeException invalid(String text) {
        return Status.INVALID_ARGUMENT.withDescription(text).asRuntimeException();
    }
}
