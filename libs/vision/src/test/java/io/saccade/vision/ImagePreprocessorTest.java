package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagePreprocessorTest {
    private static final Preprocessing SQUASH_32 =
            new Preprocessing(32, Resize.SQUASH, Filter.BICUBIC, RgbOrder.AFTER_RESIZE);

    private final ImagePreprocessor preprocessor = new ImagePreprocessor(SQUASH_32, ImageLimits.DEFAULT);

    static Stream<String> refused() {
        List<String> files = new ArrayList<>();
        Goldens.refused().fieldNames().forEachRemaining(files::add);
        return files.stream();
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesWithTheCodeOfTheReason(String file) {
        // Given
        byte[] encoded = Goldens.bytes("refused/" + file);

        // When
        var prepared = preprocessor.prepare(encoded);

        // Then
        assertThat(prepared).isInstanceOfSatisfying(Prepared.Refused.class, refused -> {
            assertThat(refused.refusal().code())
                    .isEqualTo(Goldens.refused().get(file).asText());
            assertThat(refused.refusal().message()).isNotBlank();
        });
    }

    @Test
    void refusesNoBytes() {
        // When
        var prepared = preprocessor.prepare(new byte[0]);

        // Then
        assertThat(code(prepared)).isEqualTo("image.empty");
    }

    @Test
    void refusesMoreBytesThanAllowedWithoutLookingAtThem() {
        // Given
        var strict = new ImagePreprocessor(SQUASH_32, new ImageLimits(100, 1000, 1000));

        // When
        var prepared = strict.prepare(new byte[101]);

        // Then
        assertThat(code(prepared)).isEqualTo("image.too_large");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rgb.png", "photo-444.jpg"})
    void refusesOnePixelMoreThanAllowed(String file) {
        // Given
        byte[] encoded = Goldens.picture(file);
        int pixels = Goldens.pictures().get(file).get("width").asInt()
                * Goldens.pictures().get(file).get("height").asInt();

        // When
        var fits = new ImagePreprocessor(SQUASH_32, new ImageLimits(1 << 20, pixels, 1000)).prepare(encoded);
        var tooMany = new ImagePreprocessor(SQUASH_32, new ImageLimits(1 << 20, pixels - 1, 1000)).prepare(encoded);

        // Then
        assertThat(code(fits)).isEqualTo("ok");
        assertThat(code(tooMany)).isEqualTo("image.too_many_pixels");
    }

    @Test
    void refusesAnEdgeOnePixelTooLong() {
        // Given
        byte[] encoded = Goldens.picture("rgb.png");

        // When
        var fits = new ImagePreprocessor(SQUASH_32, new ImageLimits(1 << 20, 1 << 20, 130)).prepare(encoded);
        var tooLong = new ImagePreprocessor(SQUASH_32, new ImageLimits(1 << 20, 1 << 20, 129)).prepare(encoded);

        // Then
        assertThat(code(fits)).isEqualTo("ok");
        assertThat(code(tooLong)).isEqualTo("image.side_too_long");
    }

    @Test
    void namesTheFormatItDoesNotRead() {
        // When
        var prepared = preprocessor.prepare(Goldens.bytes("refused/avif.avif"));

        // Then
        assertThat(((Prepared.Refused) prepared).refusal().message())
                .contains("JPEG, PNG, WebP, GIF, BMP or TIFF")
                .contains("AVIF");
    }

    @Test
    void everyReasonHasItsOwnCodeAndATest() {
        // Given
        List<String> tested = new ArrayList<>(List.of(
                "image.empty",
                "image.too_large",
                "image.truncated", // ReferenceTest
                "image.too_slow", // PatienceTest
                "image.crashed_decoder"));
        Goldens.refused().forEach(code -> tested.add(code.asText()));

        // When
        var codes = Arrays.stream(RefusalCode.values()).map(RefusalCode::code).toList();

        // Then
        assertThat(codes).doesNotHaveDuplicates().allMatch(code -> code.matches("image\\.[a-z_]+"));
        assertThat(tested).containsAll(codes);
        assertThat(RefusalCode.values())
                .allSatisfy(code -> assertThat(code.sentence()).matches("[A-Z].*\\."));
    }

    @Test
    void neverThrowsOnRandomBytes() {
        // Given
        var random = new Random(20261);
        List<byte[]> heads = List.of(
                new byte[0],
                Arrays.copyOf(Goldens.picture("photo-420.jpg"), 3),
                Arrays.copyOf(Goldens.picture("photo-420.jpg"), 700),
                Arrays.copyOf(Goldens.picture("rgb.png"), 8),
                Arrays.copyOf(Goldens.picture("rgb.png"), 41));

        // When
        List<Prepared> answers = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            byte[] head = heads.get(i % heads.size());
            byte[] bytes = new byte[head.length + random.nextInt(400)];
            random.nextBytes(bytes);
            System.arraycopy(head, 0, bytes, 0, head.length);
            answers.add(preprocessor.prepare(bytes));
        }

        // Then
        assertThat(answers).hasSize(2_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "progressive.jpg",
                "photo-440.jpg",
                "grey.jpg",
                "ycck.jpg",
                "rgb.png",
                "palette-16.png",
                "interlaced-rgb.png",
                "interlaced-bilevel.png",
                "text.png",
                "rgb-16.png",
                "gif.gif",
                "interlaced.gif",
                "palette.bmp",
                "rle8.bmp",
                "rgb-tiff_lzw.tiff",
                "predictor.tiff",
                "tiles.tiff",
                "lossless.webp",
                "lossy-alpha.webp"
            })
    void neverThrowsOnDamagedPictures(String file) {
        // Given
        var random = new Random(file.hashCode());
        byte[] whole = Goldens.picture(file);
        var quick = new ImagePreprocessor(SQUASH_32, new ImageLimits(1 << 20, 1_000_000, 4096));

        // When
        List<Prepared> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            byte[] damaged = Arrays.copyOf(whole, i % 3 == 0 ? random.nextInt(whole.length) : whole.length);
            int reach = i % 2 == 0 ? damaged.length : Math.min(damaged.length, 700);
            for (int hits = random.nextInt(8); hits >= 0 && reach > 0; hits--) {
                damaged[random.nextInt(reach)] = (byte) random.nextInt();
            }
            answers.add(quick.prepare(damaged));
        }

        // Then
        assertThat(answers).hasSize(300);
    }

    @Test
    void refusesABombFromItsHeaderInNoTime() {
        // Given
        byte[] bomb = Goldens.bytes("refused/huge-area.png");
        preprocessor.prepare(bomb);

        // When
        long start = System.nanoTime();
        var prepared = preprocessor.prepare(bomb);
        long millis = (System.nanoTime() - start) / 1_000_000;

        // Then
        assertThat(code(prepared)).isEqualTo("image.too_many_pixels");
        assertThat(millis).isLessThan(50);
    }

    @Test
    void leavesTheBytesItReadsAlone() {
        // Given
        byte[] encoded = Goldens.picture("rgba.png");
        byte[] copy = encoded.clone();

        // When
        preprocessor.prepare(encoded);

        // Then
        assertThat(encoded).isEqualTo(copy);
    }

    @Test
    void givesManyThreadsTheSameAnswer() throws Exception {
        // Given
        var shared = new ImagePreprocessor(Goldens.preprocessing("squash/after-resize/33"), ImageLimits.DEFAULT);
        List<String> files = List.of("photo-420.jpg", "rgba.png", "cmyk.jpg", "palette.png");
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String file = files.get(i % files.size());
            String expected = Goldens.pictures()
                    .get(file)
                    .get("tensors")
                    .get("squash/after-resize/33")
                    .asText();
            calls.add(() -> shared.prepare(Goldens.picture(file)) instanceof Prepared.Tensor tensor
                    && Goldens.sha256(tensor.rgb()).equals(expected));
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

    private static String code(Prepared prepared) {
        return switch (prepared) {
            case Prepared.Tensor _ -> "ok";
            case Prepared.Refused(Refusal refusal) -> refusal.code();
        };
    }
}
