package io.saccade.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.saccade.contract.EventJson;
import io.saccade.triton.InferRequest;
import io.saccade.triton.InferResult;
import io.saccade.triton.ModelInfo;
import io.saccade.triton.Shape;
import io.saccade.triton.Tensor;
import io.saccade.triton.TritonClient;
import io.saccade.vision.ImageLimits;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.Prepared;
import io.saccade.vision.Preprocessing;
import io.saccade.vision.TextTokenizer;
import io.saccade.vision.TokenizerSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How good the committed models are on pictures drawn now, of combinations they were never trained on, through our own
 * preprocessing, client and model server. The seed is not one of training; {@code -Dsaccade.quality.seed} sets another.
 */
class SamplePackQualityST {

    private static final int PICTURES = Integer.getInteger("saccade.quality.pictures", 1000);
    private static final int SEED = Integer.getInteger("saccade.quality.seed", 20_261_121);
    private static final int GALLERY = 100;

    @TempDir
    static Path folder;

    private static List<Truth> truths;
    private static ModelServerProcess server;
    private static TritonClient client;
    private static final Map<String, ModelInfo> MODELS = new ConcurrentHashMap<>();

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Truth(String file, String caption, List<Asked> questions, List<String> labels) {

        @JsonIgnoreProperties(ignoreUnknown = true)
        record Asked(String question, String answer) {}
    }

    @BeforeAll
    static void drawAndServe() throws Exception {
        var python = Python.with("PIL", "numpy");
        Python.run(
                python,
                Repository.path("triton-models/sample/draw.py"),
                "--count",
                Integer.toString(PICTURES),
                "--seed",
                Integer.toString(SEED),
                "--split",
                "test",
                "--out",
                folder.toString());
        var mapper = EventJson.create().mapper();
        truths = new ArrayList<>();
        for (var line : Files.readAllLines(folder.resolve("truth.jsonl"))) {
            truths.add(mapper.readValue(line, Truth.class));
        }
        server = ModelServerProcess.start(folder.resolve("model-server.log"));
        client = TritonClient.builder().endpoint(server.endpoint()).build();
    }

    @AfterAll
    static void stop() {
        if (client != null) {
            client.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @Test
    void captionsAreRightToTheWord() throws Exception {
        // Given
        var tokenizer = tokenizer("caption");

        // When
        var captions = each(truth -> tokenizer.decode(
                infer("caption", image("caption", truth)).output("tokens").asLongs()));

        // Then
        double right = share(captions, (truth, caption) -> caption.equals(truth.caption()));
        report("caption exact match", right);
        assertThat(right).isGreaterThanOrEqualTo(0.88);
    }

    @Test
    void answersAreRightToTheWord() throws Exception {
        // Given
        var tokenizer = tokenizer("vqa");

        // When
        var answers = each(truth -> {
            var image = image("vqa", truth);
            var given = new ArrayList<String>();
            for (var asked : truth.questions()) {
                var ids = tokenizer.encode(asked.question());
                var result = infer("vqa", image, Tensor.int64("input_ids", Shape.of(1, ids.length), ids));
                given.add(tokenizer.decode(result.output("tokens").asLongs()));
            }
            return given;
        });

        // Then
        int asked = 0;
        int right = 0;
        for (int i = 0; i < truths.size(); i++) {
            for (int q = 0; q < truths.get(i).questions().size(); q++) {
                asked++;
                right += answers.get(i)
                                .get(q)
                                .equals(truths.get(i).questions().get(q).answer())
                        ? 1
                        : 0;
            }
        }
        report("answers exact match of " + asked, (double) right / asked);
        assertThat((double) right / asked).isGreaterThanOrEqualTo(0.95);
    }

    @Test
    void aTextFindsItsPictureAmongAHundred() throws Exception {
        // Given
        var tokenizer = tokenizer("text-embedding");

        // When
        var images = each(truth -> infer("image-embedding", image("image-embedding", truth))
                .output("embedding")
                .asFloats());
        var texts = each(truth -> {
            var ids = tokenizer.encode(truth.caption());
            return infer("text-embedding", Tensor.int64("input_ids", Shape.of(1, ids.length), ids))
                    .output("embedding")
                    .asFloats();
        });

        // Then
        int found = 0;
        int galleries = truths.size() / GALLERY * GALLERY;
        for (int i = 0; i < galleries; i++) {
            int best = best(texts.get(i), images.subList(i / GALLERY * GALLERY, i / GALLERY * GALLERY + GALLERY));
            // Two pictures may show the same: then either is right.
            found += truths.get(i / GALLERY * GALLERY + best)
                            .caption()
                            .equals(truths.get(i).caption())
                    ? 1
                    : 0;
        }
        report("text to image R@1 of 100", (double) found / galleries);
        assertThat((double) found / galleries).isGreaterThanOrEqualTo(0.95);
    }

    @Test
    void moderationSeparatesForbiddenSymbolsFromHarmlessOnes() throws Exception {
        // Given
        var info = info("moderation");
        var labels = List.of(info.requireParameter("labels").split(","));
        var thresholds = Arrays.stream(info.requireParameter("thresholds").split(","))
                .mapToDouble(Double::parseDouble)
                .toArray();

        // When
        var scores = each(truth ->
                infer("moderation", image("moderation", truth)).output("scores").asFloats());

        // Then
        int forbidden = 0;
        int caught = 0;
        for (int label = 0; label < labels.size(); label++) {
            var with = new ArrayList<Float>();
            var without = new ArrayList<Float>();
            for (int i = 0; i < truths.size(); i++) {
                boolean present = truths.get(i).labels().contains(labels.get(label));
                (present ? with : without).add(scores.get(i)[label]);
                forbidden += present ? 1 : 0;
                caught += present && scores.get(i)[label] >= thresholds[label] ? 1 : 0;
            }
            assertThat(with).as("pictures with " + labels.get(label)).hasSizeGreaterThan(10);
            double auc = auc(with, without);
            report("moderation AUC of " + labels.get(label), auc);
            assertThat(auc).isGreaterThanOrEqualTo(0.99);
        }
        report("moderation recall at the shipped thresholds", (double) caught / forbidden);
        assertThat((double) caught / forbidden).isGreaterThanOrEqualTo(0.98);
    }

    private interface Look<T> {
        T at(Truth truth) throws Exception;
    }

    private interface Check<T> {
        boolean isRight(Truth truth, T seen);
    }

    private static <T> List<T> each(Look<T> look) throws Exception {
        try (var threads = Executors.newFixedThreadPool(8)) {
            var futures = new ArrayList<Future<T>>();
            for (var truth : truths) {
                futures.add(threads.submit(() -> look.at(truth)));
            }
            var seen = new ArrayList<T>();
            for (var future : futures) {
                seen.add(future.get());
            }
            return seen;
        }
    }

    private static <T> double share(List<T> seen, Check<T> check) {
        int right = 0;
        for (int i = 0; i < seen.size(); i++) {
            right += check.isRight(truths.get(i), seen.get(i)) ? 1 : 0;
        }
        return (double) right / seen.size();
    }

    private static ModelInfo info(String model) {
        return MODELS.computeIfAbsent(model, client::describe);
    }

    private static TextTokenizer tokenizer(String model) {
        var parameters = new HashMap<>(info(model).parameters());
        return TextTokenizer.load(
                Repository.path("triton-models").resolve(model).resolve(parameters.get("tokenizer.file")),
                TokenizerSpec.fromManifest(parameters));
    }

    private static Tensor image(String model, Truth truth) throws Exception {
        var preprocessing = Preprocessing.fromManifest(info(model).parameters());
        var prepared = new ImagePreprocessor(preprocessing, ImageLimits.DEFAULT)
                .prepare(Files.readAllBytes(folder.resolve(truth.file())));
        return switch (prepared) {
            case Prepared.Tensor tensor ->
                Tensor.uint8("image", Shape.of(1, preprocessing.size(), preprocessing.size(), 3), tensor.rgb());
            case Prepared.Refused refused -> throw new AssertionError(truth.file() + ": " + refused.refusal());
        };
    }

    private static InferResult infer(String model, Tensor... inputs) {
        var request = InferRequest.to(model);
        for (var input : inputs) {
            request.input(input);
        }
        return client.inferBlocking(request.build());
    }

    private static int best(float[] text, List<float[]> images) {
        int best = 0;
        double highest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < images.size(); i++) {
            double dot = 0;
            for (int d = 0; d < text.length; d++) {
                dot += (double) text[d] * images.get(i)[d];
            }
            if (dot > highest) {
                highest = dot;
                best = i;
            }
        }
        return best;
    }

    /** The probability that a picture with the symbol scores above one without; ties count half (Mann-Whitney). */
    private static double auc(List<Float> with, List<Float> without) {
        double wins = 0;
        for (float a : with) {
            for (float b : without) {
                wins += a > b ? 1 : a == b ? 0.5 : 0;
            }
        }
        return wins / ((double) with.size() * without.size());
    }

    private static void report(String what, double share) {
        System.out.printf("QUALITY %s = %.4f (%d pictures, seed %d)%n", what, share, PICTURES, SEED);
    }
}
