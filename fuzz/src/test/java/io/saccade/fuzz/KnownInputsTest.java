package io.saccade.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the fuzzer once found stays found: every committed input, and some damaged from a fixed seed, without the fuzzer. */
class KnownInputsTest {
    private static final Path ROOT = Path.of(System.getProperty("saccade.root"));
    private static final int DAMAGED = 400;

    /** The targets, by the names that the command takes. */
    enum Target {
        SNIFF("sniff"),
        JPEG("jpeg"),
        PNG("png"),
        GIF("gif"),
        BMP("bmp"),
        TIFF("tiff"),
        WEBP("webp"),
        URL("url"),
        ADDRESS("address"),
        IMAGE_EVENT("image-event"),
        QUESTION_EVENT("question-event"),
        BUCKET_EVENT("bucket-event"),
        TOKENIZER("tokenizer");

        private final String name;

        Target(String name) {
            this.name = name;
        }

        void run(byte[] data) {
            switch (this) {
                case SNIFF -> SniffTarget.fuzzerTestOneInput(data);
                case JPEG -> JpegTarget.fuzzerTestOneInput(data);
                case PNG -> PngTarget.fuzzerTestOneInput(data);
                case GIF -> GifTarget.fuzzerTestOneInput(data);
                case BMP -> BmpTarget.fuzzerTestOneInput(data);
                case TIFF -> TiffTarget.fuzzerTestOneInput(data);
                case WEBP -> WebpTarget.fuzzerTestOneInput(data);
                case URL -> UrlTarget.fuzzerTestOneInput(data);
                case ADDRESS -> AddressTarget.fuzzerTestOneInput(data);
                case IMAGE_EVENT -> ImageEventTarget.fuzzerTestOneInput(data);
                case QUESTION_EVENT -> QuestionEventTarget.fuzzerTestOneInput(data);
                case BUCKET_EVENT -> BucketEventTarget.fuzzerTestOneInput(data);
                case TOKENIZER -> TokenizerTarget.fuzzerTestOneInput(data);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void holdsForEveryCommittedInput(Target target) {
        // Given
        List<Path> inputs = inputs(target);

        // When, Then
        assertThat(inputs).isNotEmpty();
        for (Path input : inputs) {
            assertThatCode(() -> target.run(Files.readAllBytes(input)))
                    .as("%s of %s", input.getFileName(), target.name)
                    .doesNotThrowAnyException();
        }
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void holdsForDamagedInputs(Target target) throws IOException {
        // Given
        List<Path> inputs = inputs(target);
        var random = new Random(target.name.hashCode());

        for (int i = 0; i < DAMAGED; i++) {
            byte[] damaged = damage(Files.readAllBytes(inputs.get(i % inputs.size())), random);

            // When, Then
            assertThatCode(() -> target.run(damaged))
                    .as("damaged input %s of %s", i, target.name)
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void hasATargetForEveryFolderOfInputs() throws IOException {
        try (Stream<Path> folders = Files.list(ROOT.resolve("fuzz/inputs"))) {
            assertThat(folders.map(folder -> folder.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(Arrays.stream(Target.values())
                            .map(target -> target.name)
                            .toList());
        }
    }

    private static byte[] damage(byte[] whole, Random random) {
        byte[] damaged = Arrays.copyOf(whole, random.nextInt(3) == 0 ? random.nextInt(whole.length + 1) : whole.length);
        int reach = random.nextBoolean() ? damaged.length : Math.min(damaged.length, 200);
        for (int hits = random.nextInt(6); hits >= 0 && reach > 0; hits--) {
            damaged[random.nextInt(reach)] = (byte) random.nextInt();
        }
        return damaged;
    }

    private static List<Path> inputs(Target target) {
        try (Stream<Path> files = Files.list(ROOT.resolve("fuzz/inputs").resolve(target.name))) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
