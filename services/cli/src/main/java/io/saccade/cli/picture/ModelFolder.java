package io.saccade.cli.picture;

import com.google.protobuf.TextFormat;
import io.saccade.cli.CliException;
import io.saccade.triton.proto.ModelConfig;
import io.saccade.vision.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A folder of the model repository, read without a server. */
public final class ModelFolder {

    private ModelFolder() {}

    /**
     * What a model wants done to a picture.
     *
     * @throws CliException if there is no such model, its configuration cannot be read, or it takes no picture
     */
    public static Preprocessing preprocessing(Path models, String name) {
        var known = names(models);
        if (!known.contains(name)) {
            throw CliException.usage(
                    "there is no model '" + name + "' in " + models + ", expected one of " + String.join(", ", known));
        }
        var file = models.resolve(name).resolve("config.pbtxt");
        try {
            return Preprocessing.fromManifest(parameters(file));
        } catch (TextFormat.ParseException e) {
            throw CliException.missing(file + " cannot be read as a model's configuration: " + e.getMessage(), e);
        } catch (IOException e) {
            throw CliException.missing(file + " cannot be read: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw CliException.no(
                    "model '" + name + "' does not say how a picture becomes its input: " + e.getMessage());
        }
    }

    private static Map<String, String> parameters(Path file) throws IOException {
        var config = ModelConfig.newBuilder();
        TextFormat.merge(Files.readString(file), config);
        var parameters = new HashMap<String, String>();
        config.getParametersMap().forEach((key, value) -> parameters.put(key, value.getStringValue()));
        return parameters;
    }

    private static List<String> names(Path models) {
        try (var folders = Files.list(models)) {
            return folders.filter(folder -> Files.isRegularFile(folder.resolve("config.pbtxt")))
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw CliException.missing("the models should be in " + models + ", but it cannot be read", e);
        }
    }
}
