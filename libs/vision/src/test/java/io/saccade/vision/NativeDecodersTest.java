package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The native decoders beside the Java ones. Whole pictures against Pillow are in {@link ReferenceTest}. */
class NativeDecodersTest {

    @Test
    void namesTheLibrariesItUsesOrWhatIsMissing() {
        // When
        String description = Decoders.of(Decoders.NATIVES).description();

        // Then
        System.out.println(description);
        assertThat(description).contains("JPEG by").contains("WebP by");
        if (!Decoders.complete()) {
            assertThat(description).contains("not");
        }
    }

    @Test
    void doesNotStartWithoutTheLibrariesItIsToldToUse() {
        assumeThat(Decoders.complete()).as("a library is missing").isFalse();

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PictureDecoder.create(DecoderChoice.NATIVE, ImageLimits.DEFAULT, Optional.empty()))
                .withMessageContaining("native")
                .withMessageContaining("Debian package");
    }

    @Test
    void readsCleanPicturesNatively() {
        assumeThat(Decoders.complete()).as("libturbojpeg and libwebp are here").isTrue();

        // When
        var jpeg = Decoders.picture(Decoders.named("native"), Goldens.picture("photo-420.jpg"));
        var large = Decoders.picture(Decoders.named("native"), Goldens.picture("large.jpg"));
        var webp = Decoders.picture(Decoders.named("native"), Goldens.picture("lossless.webp"));

        // Then
        assertThat(List.of(jpeg.decoder(), large.decoder(), webp.decoder())).containsOnly(DecoderKind.NATIVE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "photo-420.jpg",
                "photo-422.jpg",
                "photo-440.jpg",
                "photo-444.jpg",
                "photo-411.jpg",
                "progressive.jpg",
                "restart-markers.jpg",
                "grey.jpg",
                "cmyk.jpg",
                "ycck.jpg"
            })
    void neverChangeWhetherADamagedFileIsReadNorWhyNot(String file) {
        assumeThat(Decoders.NATIVES.jpeg()).as("libturbojpeg is here").isNotNull();

        // Given
        var random = new Random(file.hashCode());
        byte[] whole = Goldens.picture(file);
        List<String> different = new ArrayList<>();

        // When
        for (int i = 0; i < 120; i++) {
            byte[] damaged = Arrays.copyOf(whole, i % 4 == 0 ? random.nextInt(12, whole.length) : whole.length);
            for (int hits = random.nextInt(4); hits >= 0; hits--) {
                // Not the frame header: a damaged size may be an allowed one, of a picture that takes seconds.
                damaged[random.nextInt(Math.min(700, damaged.length - 1), damaged.length)] = (byte) random.nextInt();
            }
            String expected = Decoders.code(Decoders.named("java"), damaged);
            String actual = Decoders.code(Decoders.named("native"), damaged);
            if (!actual.equals(expected)) {
                different.add(i + ": " + actual + ", not " + expected);
            }
        }

        // Then
        assertThat(different).isEmpty();
    }

    private static String outcome(PictureDecoder decoder, byte[] file) {
        return decoder.decode(file, decoded -> switch (decoded) {
            case Decoded.Picture picture -> Goldens.sha256(picture.bitmap().samples());
            case Decoded.Refused(Refusal refusal) -> refusal.code();
        });
    }

    @Test
    void giveManyThreadsTheSameAnswer() throws Exception {
        assumeThat(Decoders.complete()).as("libturbojpeg and libwebp are here").isTrue();

        // Given
        List<String> files = List.of("photo-420.jpg", "large.jpg", "lossy.webp", "grey.jpg");
        List<String> expected = files.stream()
                .map(file -> outcome(Decoders.named("native"), Goldens.picture(file)))
                .toList();
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int which = i % files.size();
            byte[] encoded = Goldens.picture(files.get(which));
            calls.add(() -> outcome(Decoders.named("native"), encoded).equals(expected.get(which)));
        }

        // When
        List<Boolean> answers = new ArrayList<>();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Boolean> answer : pool.invokeAll(calls)) {
                answers.add(answer.get());
            }
        }

        // Then
        assertThat(answers).hasSize(200).doesNotContain(false);
    }
}
