package io.saccade.cli;

import io.saccade.cli.picture.ModelFolder;
import io.saccade.cli.picture.PictureFiles;
import io.saccade.cli.picture.SeenPicture;
import io.saccade.cli.screen.Table;
import io.saccade.vision.DecoderChoice;
import io.saccade.vision.DecoderKind;
import io.saccade.vision.ImageFacts;
import io.saccade.vision.ImageLimits;
import io.saccade.vision.PictureDecoder;
import io.saccade.vision.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "preprocess",
        mixinStandardHelpOptions = true,
        description = {
            "Shows what a model sees: prepares pictures as the services do and writes, for each, the exact tensor as",
            "NAME.npy (numpy.load reads it) and a picture of it as NAME.png; or says why it is refused. Nothing has to",
            "run."
        },
        footer = {
            "%nExamples:",
            "  saccade preprocess --model image-embedding cat.jpg --out seen",
            "  saccade preprocess --model caption holiday/ --out seen",
            "  saccade preprocess --model clip --models /srv/models cat.jpg --out seen",
            "%nExit codes: 0 all were prepared; 1 one was refused; 2 wrongly asked; 3 something is missing."
        })
final class PreprocessCommand implements Callable<Integer> {

    private final Context context;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Files, and folders with files.")
    private List<Path> paths = List.of();

    @Option(names = "--model", required = true, paramLabel = "NAME", description = "A model that takes pictures.")
    private String model = "";

    @Option(
            names = "--models",
            paramLabel = "FOLDER",
            description = "The model repository (default: triton-models of this checkout).")
    private @Nullable Path models;

    @Option(
            names = {"-o", "--out"},
            required = true,
            paramLabel = "DIR",
            description = "Where the files go; made if it is not there. Files of the same names are replaced.")
    private Path out = Path.of("");

    @Option(
            names = "--decoder",
            paramLabel = "WHICH",
            defaultValue = "auto",
            description = "auto, native or java, as saccade.images.decoder of the services (default: auto).")
    private DecoderChoice decoder = DecoderChoice.AUTO;

    PreprocessCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        var repository = models == null ? context.installation().models() : models;
        var preprocessing = ModelFolder.preprocessing(repository, model);
        var files = PictureFiles.find(paths);
        try {
            Files.createDirectories(out);
        } catch (IOException e) {
            throw CliException.usage("'" + out + "' should become a folder, but cannot: " + e.getMessage());
        }
        int refused = 0;
        try (var pictures = pictures()) {
            var seen = new SeenPicture(preprocessing, pictures, out);
            for (var file : files) {
                try {
                    refused += show(file, seen.look(file), preprocessing) ? 0 : 1;
                } catch (IOException e) {
                    throw CliException.missing(file + " could not be prepared: " + e.getMessage(), e);
                }
            }
        }
        return refused == 0 ? 0 : CliException.NO;
    }

    private PictureDecoder pictures() {
        try {
            return PictureDecoder.create(decoder, ImageLimits.DEFAULT, Optional.empty());
        } catch (IllegalArgumentException e) {
            throw CliException.missing(String.valueOf(e.getMessage()), e);
        }
    }

    /** Whether the picture was prepared. */
    private boolean show(Path file, SeenPicture.Result result, Preprocessing preprocessing) {
        return switch (result) {
            case SeenPicture.Refused(var code, var message) -> {
                line(file + ": refused, " + code + ": " + message);
                yield false;
            }
            case SeenPicture.Seen(var facts, var tensor, var png, var sha256) -> {
                line(file + ": " + facts(facts));
                line("  steps   "
                        + String.join("; ", preprocessing.steps(facts.width(), facts.height(), facts.orientation())));
                line("  time    decode " + millis(facts.decode()) + ", prepare " + millis(facts.preprocess()));
                line("  tensor  " + tensor + ", sha256 " + sha256);
                line("  picture " + png);
                yield true;
            }
        };
    }

    private static String facts(ImageFacts facts) {
        return facts.format() + ", "
                + facts.mode().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ", " + facts.width() + "x"
                + facts.height() + ", orientation " + (facts.orientation().ordinal() + 1) + ", decoded by "
                + (facts.decoder() == DecoderKind.JAVA ? "Java" : "a native library");
    }

    private static String millis(Duration time) {
        return String.format(Locale.ROOT, "%.1f ms", time.toNanos() / 1e6);
    }

    /** File names and messages may come from anywhere. */
    private void line(String text) {
        context.screen().line(Table.plain(text));
    }
}
