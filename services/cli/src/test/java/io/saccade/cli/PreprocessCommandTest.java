package io.saccade.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saccade.vision.ImageLimits;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.Prepared;
import io.saccade.vision.Preprocessing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreprocessCommandTest {

    private static final Path ROOT = Path.of(System.getProperty("saccade.root"));
    private static final Path PICTURE = ROOT.resolve("deploy/demo/03-green-diamond-left-pink-square.jpg");
    private static final Map<String, String> FLOATS = Map.of(
            "image.size", "40",
            "image.resize", "longest-edge",
            "image.fill", "1,2,3",
            "image.filter", "lanczos",
            "image.rgb", "before-resize",
            "image.type", "fp32",
            "image.layout", "nchw",
            "image.mean", "0.5,0.5,0.5",
            "image.std", "0.25,0.5,0.5");

    @TempDir
    Path folder;

    @Test
    void writesTheTensorAndAPictureOfIt() throws IOException {
        // When
        var run = CommandLineRun.of(
                "preprocess", "--model", "image-embedding", PICTURE.toString(), "--out", folder.toString());

        // Then
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("JPEG, rgb, ")
                .contains(", orientation 1, decoded by ")
                .contains("sha256")
                .contains("steps")
                .contains(" ms");
        byte[] file = Files.readAllBytes(folder.resolve(PICTURE.getFileName() + ".npy"));
        var image = ImageIO.read(folder.resolve(PICTURE.getFileName() + ".png").toFile());
        int header = file.length - 224 * 224 * 3;
        assertThat(header % 64).isZero();
        assertThat(image.getWidth()).isEqualTo(224);
        assertThat(image.getRGB(5, 7) & 0xFF).isEqualTo(file[header + (7 * 224 + 5) * 3 + 2] & 0xFF);
    }

    @Test
    void writesTheNumbersAServiceWouldSend() throws IOException {
        // Given
        Path models = models();
        var preprocessor = new ImagePreprocessor(Preprocessing.fromManifest(FLOATS), ImageLimits.DEFAULT);
        byte[] expected = ((Prepared.Tensor) preprocessor.prepare(Files.readAllBytes(PICTURE))).rgb();

        // When
        var run = CommandLineRun.of(
                "preprocess",
                "--model",
                "floats",
                "--models",
                models.toString(),
                PICTURE.toString(),
                "-o",
                folder.toString());

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("normalise to fp32");
        byte[] file = Files.readAllBytes(folder.resolve(PICTURE.getFileName() + ".npy"));
        assertThat(Arrays.copyOfRange(file, file.length - expected.length, file.length))
                .isEqualTo(expected);
        assertThat(ImageIO.read(folder.resolve(PICTURE.getFileName() + ".png").toFile())
                        .getHeight())
                .isEqualTo(40);
    }

    @Test
    void turnsThePictureWhereTheModelWantsIt() throws IOException {
        // Given
        Path models = models();
        Path turned = ROOT.resolve("libs/vision/src/test/resources/pictures/turned-6.jpg");

        // When
        var run = CommandLineRun.of(
                "preprocess",
                "--model",
                "turning",
                "--models",
                models.toString(),
                turned.toString(),
                "--decoder",
                "java",
                "-o",
                folder.toString());

        // Then
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("JPEG, rgb, 61x47, orientation 6, decoded by Java")
                .contains("steps   turn clockwise by a quarter; ");
    }

    @Test
    void writesWhatNumpyReads() throws Exception {
        // Given
        var python = pythonWithNumpy();
        assumeTrue(python.isPresent(), "no Python with numpy; .ci/run makes one in .saccade/python");
        var run = CommandLineRun.of(
                "preprocess",
                "--model",
                "floats",
                "--models",
                models().toString(),
                PICTURE.toString(),
                "-o",
                folder.toString());
        var script = "import hashlib, numpy, sys; a = numpy.load(sys.argv[1]); "
                + "print(a.dtype, a.shape, hashlib.sha256(a.tobytes()).hexdigest())";

        // When
        var printed = output(
                python.orElseThrow(),
                "-c",
                script,
                folder.resolve(PICTURE.getFileName() + ".npy").toString());

        // Then
        assertThat(printed.strip()).startsWith("float32 (3, 40, 40) ");
        assertThat(run.out()).contains("sha256 " + printed.strip().substring("float32 (3, 40, 40) ".length()));
    }

    @Test
    void tellsTheCodeOfARefusal() {
        // When
        var run = CommandLineRun.of(
                "preprocess",
                "--model",
                "vqa",
                ROOT.resolve("deploy/demo/11-broken.jpg").toString(),
                PICTURE.toString(),
                "--out",
                folder.toString());

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.NO);
        assertThat(run.out()).contains("11-broken.jpg: refused, image.");
        assertThat(folder.resolve(PICTURE.getFileName() + ".npy")).exists();
        assertThat(folder.resolve("11-broken.jpg.npy")).doesNotExist();
    }

    @Test
    void saysThatAModelTakesNoPictures() {
        // When
        var run = CommandLineRun.of(
                "preprocess", "--model", "text-embedding", PICTURE.toString(), "--out", folder.toString());

        // Then
        assertThat(run.exitCode()).isEqualTo(CliException.NO);
        assertThat(run.err()).contains("text-embedding").contains("image.size");
    }

    private Path models() throws IOException {
        Path models = folder.resolve("models");
        model(models, "floats", FLOATS);
        model(
                models,
                "turning",
                Map.of(
                        "image.size", "40",
                        "image.resize", "squash",
                        "image.filter", "bicubic",
                        "image.rgb", "before-resize",
                        "image.orientation", "apply"));
        return models;
    }

    private static void model(Path models, String name, Map<String, String> parameters) throws IOException {
        Path config = Files.createDirectories(models.resolve(name)).resolve("config.pbtxt");
        var text = new StringBuilder("backend: \"onnxruntime\"\n");
        parameters.forEach((key, value) -> text.append("parameters { key: \"")
                .append(key)
                .append("\" value { string_value: \"")
                .append(value)
                .append("\" } }\n"));
        Files.writeString(config, text);
    }

    private static Optional<String> pythonWithNumpy() {
        return Stream.of(
                        Optional.ofNullable(System.getenv("SACCADE_PYTHON")).orElse(""),
                        ROOT.resolve(".saccade/python/bin/python").toString(),
                        "python3")
                .filter(python -> !python.isEmpty())
                .filter(python -> {
                    try {
                        return output(python, "-c", "import numpy; print('there')")
                                .contains("there");
                    } catch (IOException e) {
                        return false;
                    }
                })
                .findFirst();
    }

    private static String output(String... command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var out = process.getInputStream()) {
            return new String(out.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
