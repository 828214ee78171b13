package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Equal to Pillow and numpy, byte for byte, in every way a manifest can ask for. */
class PreprocessingReferenceTest {
    private static final JsonNode PICTURES = Goldens.json("preprocessing.json");

    static IntStream pictures() {
        return IntStream.range(0, PICTURES.size());
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void makesTheTensorsOfTheReferences(int number) {
        // Given
        JsonNode golden = PICTURES.get(number);
        PixelMode mode = DrawnPicture.MODES.get(golden.get("mode").asText());
        Bitmap bitmap = DrawnPicture.draw(
                mode,
                golden.get("width").asInt(),
                golden.get("height").asInt(),
                golden.get("seed").asInt());
        List<String> different = new ArrayList<>();

        // When
        golden.get("cases").forEach(row -> {
            var maker = new TensorMaker(
                    Preprocessing.fromManifest(parameters(row.get(0).asText())));
            String digest = Goldens.sha256(maker.tensor(bitmap));
            if (!digest.startsWith(row.get(1).asText())) {
                different.add(row.get(0).asText());
            }
        });

        // Then
        assertThat(different)
                .as("%s of %s x %s", mode, bitmap.width(), bitmap.height())
                .isEmpty();
    }

    @Test
    void usesItsBuffersAgainWithoutMixingPictures() {
        // Given
        var maker = new TensorMaker(Preprocessing.fromManifest(parameters(
                "size=33 resize=shortest-edge crop=center filter=bicubic rgb=after-resize type=fp32 layout=nchw "
                        + "mean=0.5,0.5,0.5 std=0.5,0.5,0.5")));
        List<String> alone = new ArrayList<>();
        List<String> together = new ArrayList<>();

        // When
        for (int number = 0; number < PICTURES.size(); number += 5) {
            JsonNode golden = PICTURES.get(number);
            Bitmap bitmap = DrawnPicture.draw(
                    DrawnPicture.MODES.get(golden.get("mode").asText()),
                    golden.get("width").asInt(),
                    golden.get("height").asInt(),
                    number);
            together.add(Goldens.sha256(maker.tensor(bitmap)));
            alone.add(Goldens.sha256(new TensorMaker(Preprocessing.fromManifest(parameters(
                            "size=33 resize=shortest-edge crop=center filter=bicubic rgb=after-resize type=fp32 "
                                    + "layout=nchw mean=0.5,0.5,0.5 std=0.5,0.5,0.5")))
                    .tensor(bitmap)));
        }

        // Then
        assertThat(together).isEqualTo(alone);
    }

    @Test
    void leavesThePictureAlone() {
        for (PixelMode mode : PixelMode.values()) {
            // Given
            Bitmap bitmap = DrawnPicture.draw(mode, 61, 40, 4);
            byte[] before = bitmap.samples().clone();

            // When
            new TensorMaker(Preprocessing.fromManifest(
                            parameters("size=32 resize=squash filter=lanczos rgb=after-resize")))
                    .tensor(bitmap);

            // Then
            assertThat(bitmap.samples()).as("%s", mode).isEqualTo(before);
        }
    }

    @Test
    void coversEveryValueOfEveryKeyOnAtLeastTwoHundredPictures() {
        // Given
        Map<String, Set<String>> values = new HashMap<>();
        Set<String> modes = new HashSet<>();
        int tensors = 0;

        // When
        for (JsonNode picture : PICTURES) {
            modes.add(picture.get("mode").asText());
            for (JsonNode row : picture.get("cases")) {
                tensors++;
                parameters(row.get(0).asText())
                        .forEach((key, value) -> values.computeIfAbsent(key, _ -> new HashSet<>())
                                .add(value));
            }
        }

        // Then
        assertThat(PICTURES.size()).isGreaterThanOrEqualTo(200);
        assertThat(tensors).isGreaterThanOrEqualTo(1_000);
        assertThat(modes).isEqualTo(DrawnPicture.MODES.keySet());
        assertThat(values.get("image.resize"))
                .containsExactlyInAnyOrder("shortest-edge", "squash", "longest-edge", "pad-square");
        assertThat(values.get("image.filter")).hasSize(Filter.values().length);
        assertThat(values.get("image.crop")).containsExactlyInAnyOrder("center", "center-down");
        assertThat(values.get("image.type")).containsExactlyInAnyOrder("uint8", "fp16", "fp32");
        assertThat(values.get("image.layout")).containsExactlyInAnyOrder("nhwc", "nchw");
    }

    private static Map<String, String> parameters(String text) {
        Map<String, String> parameters = new HashMap<>();
        for (String part : text.split(" ", -1)) {
            int equals = part.indexOf('=');
            parameters.put("image." + part.substring(0, equals), part.substring(equals + 1));
        }
        return parameters;
    }
}
