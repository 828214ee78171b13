package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Equal to Pillow, byte for byte, on every committed picture, by every decoder this machine has. */
class ReferenceTest {
    private static final Map<String, PixelMode> MODES = Map.of(
            "1", PixelMode.BILEVEL,
            "L", PixelMode.GREY,
            "LA", PixelMode.GREY_ALPHA,
            "P", PixelMode.PALETTE,
            "RGB", PixelMode.RGB,
            "RGBA", PixelMode.RGBA,
            "CMYK", PixelMode.CMYK);

    static Stream<Arguments> pictures() {
        return Decoders.names().flatMap(decoder -> names(Goldens.pictures()).map(file -> Arguments.of(decoder, file)));
    }

    static Stream<Arguments> oriented() {
        return Decoders.names().flatMap(decoder -> names(Goldens.oriented()).map(file -> Arguments.of(decoder, file)));
    }

    static Stream<Arguments> truncated() {
        return Decoders.names().flatMap(decoder -> names(Goldens.truncated()).map(file -> Arguments.of(decoder, file)));
    }

    private static Stream<String> names(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names.stream();
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void makesTheTensorsPillowMakes(String decoder, String file) {
        // Given
        byte[] encoded = Goldens.picture(file);
        List<String> different = new ArrayList<>();

        // When
        Goldens.pictures().get(file).get("tensors").fields().forEachRemaining(golden -> {
            var prepared = new ImagePreprocessor(Goldens.preprocessing(golden.getKey()), Decoders.named(decoder))
                    .prepare(encoded);
            String digest =
                    prepared instanceof Prepared.Tensor tensor ? Goldens.sha256(tensor.rgb()) : prepared.toString();
            if (!digest.equals(golden.getValue().asText())) {
                different.add(golden.getKey() + ": " + digest);
            }
        });

        // Then
        assertThat(different).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("oriented")
    void turnsThePictureAsPillowDoesWhereTheModelWantsIt(String decoder, String file) {
        // Given
        byte[] encoded = Goldens.picture(file);
        List<String> different = new ArrayList<>();

        // When
        Goldens.oriented().get(file).fields().forEachRemaining(golden -> {
            var plain = Goldens.preprocessing(golden.getKey());
            var turning = new Preprocessing(
                    plain.size(), plain.resize(), plain.filter(), plain.rgb(), plain.output(), OrientationRule.APPLY);
            var prepared = new ImagePreprocessor(turning, Decoders.named(decoder)).prepare(encoded);
            String digest =
                    prepared instanceof Prepared.Tensor tensor ? Goldens.sha256(tensor.rgb()) : prepared.toString();
            if (!digest.equals(golden.getValue().asText())) {
                different.add(golden.getKey() + ": " + digest);
            }
        });

        // Then
        assertThat(different).isEmpty();
    }

    @Test
    void coversEveryOrientationInJpegAndPng() {
        for (int tag = 1; tag <= 8; tag++) {
            assertThat(names(Goldens.oriented())).contains("turned-" + tag + ".jpg", "turned-" + tag + ".png");
        }
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void knowsWhatThePictureWas(String decoder, String file) {
        // Given
        JsonNode golden = Goldens.pictures().get(file);
        var preprocessor =
                new ImagePreprocessor(Goldens.preprocessing("squash/after-resize/33"), Decoders.named(decoder));

        // When
        var prepared = preprocessor.prepare(Goldens.picture(file));

        // Then
        assertThat(prepared).isInstanceOfSatisfying(Prepared.Tensor.class, tensor -> {
            var facts = tensor.facts();
            assertThat(facts.format().name()).isEqualTo(golden.get("format").asText());
            assertThat(facts.mode()).isEqualTo(MODES.get(golden.get("mode").asText()));
            assertThat(facts.width()).isEqualTo(golden.get("width").asInt());
            assertThat(facts.height()).isEqualTo(golden.get("height").asInt());
            assertThat(facts.decode()).isPositive();
            assertThat(facts.preprocess()).isPositive();
            assertThat(tensor.rgb()).hasSize(33 * 33 * 3);
        });
    }

    @ParameterizedTest
    @MethodSource("truncated")
    void readsTruncatedFilesWherePillowDoesAndRefusesThemWhereItDoes(String decoder, String file) {
        // Given
        byte[] whole = Goldens.picture(file);
        var preprocessor =
                new ImagePreprocessor(Goldens.preprocessing("shortest-edge/after-resize/32"), Decoders.named(decoder));
        List<String> different = new ArrayList<>();

        // When
        Goldens.truncated().get(file).forEach(row -> {
            var prepared = preprocessor.prepare(Arrays.copyOf(whole, row.get(0).asInt()));
            String result =
                    switch (prepared) {
                        case Prepared.Tensor tensor -> Goldens.sha256(tensor.rgb());
                        case Prepared.Refused(Refusal refusal) -> refusal.code();
                    };
            String expected = row.get(1).isNull()
                    ? RefusalCode.TRUNCATED.code()
                    : row.get(1).asText();
            if (!result.equals(expected)) {
                different.add(row.get(0) + " of " + whole.length + " bytes: " + result + ", not " + expected);
            }
        });

        // Then
        assertThat(different).isEmpty();
    }

    /** The same check on whole tensors: when a digest differs, this one says where and by how much. */
    @ParameterizedTest
    @MethodSource("wholeTensors")
    void differsFromPillowNowhere(String file, String name, String tensor) {
        // Given
        byte[] expected = Goldens.bytes("tensors/" + tensor);

        // When
        var prepared =
                new ImagePreprocessor(Goldens.preprocessing(name), ImageLimits.DEFAULT).prepare(Goldens.picture(file));

        // Then
        assertThat(((Prepared.Tensor) prepared).rgb()).isEqualTo(expected);
    }

    static Stream<Arguments> wholeTensors() {
        return Stream.of(
                Arguments.of("photo-420.jpg", "shortest-edge/after-resize/32", "photo-420.jpg.shortest-edge.32.rgb"),
                Arguments.of("rgba.png", "shortest-edge/after-resize/32", "rgba.png.shortest-edge.32.rgb"),
                Arguments.of("palette.png", "squash/after-resize/33", "palette.png.squash.33.rgb"));
    }

    @Test
    void coversAtLeastThirtyPicturesThreeTimes() {
        assertThat(Goldens.pictures().size()).isGreaterThanOrEqualTo(30);
        names(Goldens.pictures()).forEach(file -> assertThat(
                        Goldens.pictures().get(file).get("tensors").size())
                .as(file)
                .isGreaterThanOrEqualTo(3));
    }
}
