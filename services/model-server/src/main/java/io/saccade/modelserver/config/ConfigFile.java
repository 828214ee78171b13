package io.saccade.modelserver.config;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormatParseInfoTree;
import com.google.protobuf.TextFormatParseLocation;
import com.google.protobuf.util.JsonFormat;
import io.saccade.triton.proto.ModelConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code config.pbtxt} as it was written, which still knows on which line each field stands.
 *
 * @see <a href="https://protobuf.dev/reference/protobuf/textformat-spec/">the text format</a>
 */
public final class ConfigFile {
    private static final Pattern POSITION = Pattern.compile("^\\d+:\\d+:\\s*");
    private static final Pattern UNKNOWN_FIELD =
            Pattern.compile("(\\d+):(\\d+):\\s*inference\\.(\\w+(?:\\.\\w+)*)\\.(\\w+)\\s*$", Pattern.MULTILINE);
    private static final Pattern FIELD = Pattern.compile("(\\w+)\\s*(?::|\\{|\\[)");

    private final Path file;
    private final ModelConfig config;
    private final TextFormatParseInfoTree locations;

    private ConfigFile(Path file, ModelConfig config, TextFormatParseInfoTree locations) {
        this.file = file;
        this.config = config;
        this.locations = locations;
    }

    /** The configuration in a file; an empty one if there is none, as everything can come from the graph. */
    public static ConfigFile read(Path file) throws ConfigException {
        if (!Files.exists(file)) {
            return new ConfigFile(
                    file,
                    ModelConfig.getDefaultInstance(),
                    TextFormatParseInfoTree.builder().build());
        }
        String text;
        try {
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ConfigException(file + " cannot be read as UTF-8 text: " + e);
        }
        return parse(file, text);
    }

    /**
     * A configuration that came with a request instead of a file, in protobuf's JSON.
     *
     * @param origin what complaints name instead of a file
     */
    public static ConfigFile ofJson(String origin, String json) throws ConfigException {
        ModelConfig.Builder config = ModelConfig.newBuilder();
        try {
            JsonFormat.parser().merge(json, config);
        } catch (InvalidProtocolBufferException e) {
            throw new ConfigException(
                    origin + " cannot be read as the JSON of a model configuration: " + e.getMessage());
        }
        return new ConfigFile(
                Path.of(origin),
                config.build(),
                TextFormatParseInfoTree.builder().build());
    }

    static ConfigFile parse(Path file, String text) throws ConfigException {
        ModelConfig.Builder config = ModelConfig.newBuilder();
        TextFormatParseInfoTree.Builder locations = TextFormatParseInfoTree.builder();
        try {
            TextFormat.Parser.newBuilder()
                    .setParseInfoTreeBuilder(locations)
                    .build()
                    .merge(text, config);
        } catch (TextFormat.ParseException e) {
            throw new ConfigException(explain(file, text, e));
        }
        return new ConfigFile(file, config.build(), locations.build());
    }

    private static String explain(Path file, String text, TextFormat.ParseException e) {
        String message = String.valueOf(e.getMessage());
        Matcher unknown = UNKNOWN_FIELD.matcher(message);
        if (unknown.find()) {
            return file + ":" + unknown.group(1) + ": field '" + unknown.group(4) + "': expected a field of "
                    + unknown.group(3) + ", got one that does not exist";
        }
        String reason = POSITION.matcher(message).replaceFirst("").strip().replaceAll("\\s*\\R\\s*", " ");
        List<String> lines = text.lines().toList();
        String line = e.getLine() >= 1 && e.getLine() <= lines.size() ? lines.get(e.getLine() - 1) : "";
        Matcher field = FIELD.matcher(line);
        String name = "";
        while (field.find() && field.start() < Math.max(1, e.getColumn())) {
            name = field.group(1);
        }
        return file + ":" + e.getLine() + ": " + (name.isEmpty() ? "" : "field '" + name + "': ") + reason + ", got \""
                + line.strip() + "\"";
    }

    /** What the file says, nothing filled in. */
    public ModelConfig config() {
        return config;
    }

    /** The file. */
    public Path file() {
        return file;
    }

    /** A complaint about a field of the configuration itself. */
    public ConfigException problem(String field, String sentence) {
        return new ConfigException(file + line(field, 0, "") + ": field '" + field + "': " + sentence);
    }

    /** A complaint about one entry of a repeated field, or about a field of that entry. */
    public ConfigException problem(String field, int index, String inner, String sentence) {
        return new ConfigException(file + line(field, index, inner) + ": field '" + field + "': " + sentence);
    }

    /** The line as {@code ":7"}, as near to the inner field as the file tells; empty if it stands nowhere. */
    private String line(String field, int index, String inner) {
        FieldDescriptor descriptor = descriptor(ModelConfig.getDescriptor(), field);
        List<TextFormatParseInfoTree> entries = locations.getNestedTrees(descriptor);
        if (index < entries.size()) {
            for (String near : List.of(inner, "name")) {
                FieldDescriptor nested = descriptor.getMessageType().findFieldByName(near);
                if (nested != null && !entries.get(index).getLocations(nested).isEmpty()) {
                    return line(entries.get(index).getLocation(nested, 0));
                }
            }
        }
        List<TextFormatParseLocation> all = locations.getLocations(descriptor);
        return all.isEmpty() ? "" : line(all.get(Math.min(index, all.size() - 1)));
    }

    private static String line(TextFormatParseLocation location) {
        return ":" + (location.getLine() + 1);
    }

    private static FieldDescriptor descriptor(Descriptor message, String field) {
        FieldDescriptor descriptor = message.findFieldByName(field);
        if (descriptor == null) {
            throw new IllegalArgumentException(message.getName() + " has no field " + field);
        }
        return descriptor;
    }
}
