package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreprocessingTest {
    private static final Map<String, String> CLIP = Map.of(
            "image.size", "224",
            "image.resize", "shortest-edge",
            "image.crop", "center",
            "image.filter", "bicubic",
            "image.rgb", "after-resize",
            "tokenizer.length", "77");

    @Test
    void readsAManifestThatCrops() {
        // When
        var preprocessing = Preprocessing.fromManifest(CLIP);

        // Then
        assertThat(preprocessing)
                .isEqualTo(new Preprocessing(
                        224,
                        new Resize.ShortestEdge(224, Resize.Crop.HALF_TO_EVEN),
                        Filter.BICUBIC,
                        RgbOrder.AFTER_RESIZE));
    }

    @Test
    void readsAManifestThatSquashes() {
        // Given
        var blip = new HashMap<>(CLIP);
        blip.putAll(Map.of("image.size", " 384 ", "image.resize", "squash", "image.rgb", "before-resize"));
        blip.remove("image.crop");

        // When
        var preprocessing = Preprocessing.fromManifest(blip);

        // Then
        assertThat(preprocessing)
                .isEqualTo(new Preprocessing(384, Resize.SQUASH, Filter.BICUBIC, RgbOrder.BEFORE_RESIZE));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "image.size   | large    | a whole number from 1 to 4096",
                "image.size   | 0        | a whole number from 1 to 4096",
                "image.size   | 4097     | a whole number from 1 to 4096",
                "image.resize | stretch  | 'shortest-edge' or 'squash'",
                "image.crop   | random   | 'center'",
                "image.crop   | random   | 'center' or 'center-down'",
                "image.edge   | 223      | a whole number from 224 to 4096",
                "image.fill   | 0,0,0    | leaves nothing to fill",
                "image.filter | lanczos3 | 'bicubic' or 'bilinear' or 'box' or 'hamming' or 'lanczos'",
                "image.type   | bf16     | 'fp16' or 'fp32' or 'uint8'",
                "image.layout | chwn     | 'nchw' or 'nhwc'",
                "image.mean   | 0,0,0    | image.type is 'uint8'",
                "image.rgb    | never    | 'after-resize' or 'before-resize'",
                "image.orientation | true | 'apply' or 'ignore'",
            })
    void saysWhichKeyIsWrongWhatItMayBeAndWhatItIs(String key, String value, String expected) {
        // Given
        var wrong = new HashMap<>(CLIP);
        wrong.put(key, value);

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preprocessing.fromManifest(wrong))
                .withMessageContaining(key)
                .withMessageContaining(expected)
                .withMessageContaining(value);
    }

    @Test
    void ignoresTheOrientationUnlessTheModelWantsIt() {
        // Given
        var ignoring = new HashMap<>(CLIP);
        ignoring.put("image.orientation", "ignore");
        var applying = new HashMap<>(CLIP);
        applying.put("image.orientation", " apply ");

        // When, Then
        assertThat(Preprocessing.fromManifest(CLIP).orientation()).isEqualTo(OrientationRule.IGNORE);
        assertThat(Preprocessing.fromManifest(ignoring).orientation()).isEqualTo(OrientationRule.IGNORE);
        assertThat(Preprocessing.fromManifest(applying).orientation()).isEqualTo(OrientationRule.APPLY);
    }

    @Test
    void tellsTheTurnAndWhatFollowsFromIt() {
        // Given
        var applying = new HashMap<>(CLIP);
        applying.put("image.orientation", "apply");

        // When, Then
        assertThat(Preprocessing.fromManifest(applying).steps(321, 243, Orientation.CLOCKWISE))
                .containsExactly(
                        "turn clockwise by a quarter",
                        "resize to 224x295, bicubic",
                        "cut out 224x224 at 0,36",
                        "convert to RGB");
        assertThat(Preprocessing.fromManifest(CLIP).steps(321, 243, Orientation.CLOCKWISE))
                .startsWith("resize to 295x224, bicubic");
    }

    @ParameterizedTest
    @CsvSource({"image.size", "image.resize", "image.crop", "image.filter", "image.rgb"})
    void saysWhichKeyIsMissing(String key) {
        // Given
        var wrong = new HashMap<>(CLIP);
        wrong.remove(key);

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preprocessing.fromManifest(wrong))
                .withMessageStartingWith(key)
                .withMessageContaining("missing");
    }

    @Test
    void refusesACropOfASquashedPicture() {
        // Given
        var wrong = new HashMap<>(CLIP);
        wrong.put("image.resize", "squash");

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preprocessing.fromManifest(wrong))
                .withMessageContaining("image.crop")
                .withMessageContaining("squash");
    }

    @Test
    void readsAManifestThatPadsAndWantsFloats() {
        // Given
        Map<String, String> llava = Map.of(
                "image.size", "336",
                "image.resize", "pad-square",
                "image.fill", "122,116,104",
                "image.filter", "bicubic",
                "image.rgb", "before-resize",
                "image.type", "fp32",
                "image.layout", "nchw",
                "image.mean", "0.48145466, 0.4578275, 0.40821073",
                "image.std", "0.26862954, 0.26130258, 0.27577711");

        // When
        var preprocessing = Preprocessing.fromManifest(llava);

        // Then
        assertThat(preprocessing)
                .isEqualTo(new Preprocessing(
                        336,
                        new Resize.PadSquare(new Colour(122, 116, 104)),
                        Filter.BICUBIC,
                        RgbOrder.BEFORE_RESIZE,
                        new Output(
                                Output.Type.FP32,
                                Output.Layout.NCHW,
                                new Output.Normalisation(
                                        new Output.Rgb((float) 0.48145466, (float) 0.4578275, (float) 0.40821073),
                                        new Output.Rgb((float) 0.26862954, (float) 0.26130258, (float) 0.27577711)))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "image.fill | 1,2         | three whole numbers from 0 to 255",
                "image.fill | 256         | a whole number from 0 to 255",
                "image.rgb  | after-resize | 'before-resize' where image.resize is 'pad-square'",
                "image.std  | 1,0,1       | 3 positive numbers",
                "image.std  | 1,1         | 3 positive numbers",
                "image.mean | 1,x,1       | 3 numbers with commas between",
                "image.mean | 1,NaN,1     | 3 numbers with commas between",
                "image.crop | center      | which crops nothing",
            })
    void saysWhatIsWrongWithAManifestThatPads(String key, String value, String expected) {
        // Given
        var wrong = new HashMap<>(Map.of(
                "image.size", "336",
                "image.resize", "pad-square",
                "image.fill", "122,116,104",
                "image.filter", "bilinear",
                "image.rgb", "before-resize",
                "image.type", "fp16",
                "image.mean", "0.5,0.5,0.5",
                "image.std", "0.5,0.5,0.5"));
        wrong.put(key, value);

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preprocessing.fromManifest(wrong))
                .withMessageContaining(key)
                .withMessageContaining(expected)
                .withMessageContaining(value);
    }

    @Test
    void cannotFillWithAColourWhatIsNotYetRgb() {
        // Given
        var wrong = new HashMap<>(CLIP);
        wrong.remove("image.crop");
        wrong.putAll(Map.of("image.resize", "longest-edge", "image.fill", "255,255,255"));

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preprocessing.fromManifest(wrong))
                .withMessageContaining("image.fill")
                .withMessageContaining("'0,0,0'");
    }

    @Test
    void tellsItsSteps() {
        // Given
        var clip = Preprocessing.fromManifest(CLIP);
        var llava = new Preprocessing(
                336, new Resize.PadSquare(new Colour(122, 116, 104)), Filter.LANCZOS, RgbOrder.BEFORE_RESIZE);

        // When, Then
        assertThat(clip.steps(321, 243, Orientation.NORMAL))
                .containsExactly("resize to 295x224, bicubic", "cut out 224x224 at 36,0", "convert to RGB");
        assertThat(clip.steps(224, 224, Orientation.NORMAL)).containsExactly("convert to RGB");
        assertThat(llava.steps(321, 243, Orientation.NORMAL))
                .containsExactly(
                        "convert to RGB",
                        "fill up with 122,116,104 to 321x321, the picture at 0,39",
                        "resize to 336x336, lanczos");
    }
}
