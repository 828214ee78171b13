package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.util.Utils;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Equal to the Rust library, id for id, for the three kinds of tokenizer that models use. */
class TextTokenizerTest {
    private static final JsonNode GOLDENS = Goldens.json("tokenizers/goldens.json");
    private static final Map<String, Long> UNKNOWN = Map.of("wordpiece", 1L, "clip", -1L, "unigram", 2L);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"wordpiece", "clip", "unigram"})
    void givesTheIdsAndTheTextsTheReferenceGives(String kind) throws IOException {
        // Given
        List<String> different = new ArrayList<>();

        // When
        try (var tokenizer = tokenizer(kind)) {
            for (JsonNode row : GOLDENS.get(kind).get("rows")) {
                long[] expected = ids(row.get("ids"));
                String text = row.get("text").asText();
                String decoded = tokenizer.decode(Arrays.copyOfRange(expected, 1, expected.length));
                long[] ids = tokenizer.encode(text);
                if (!Arrays.equals(ids, expected)) {
                    different.add(text + ": " + Arrays.toString(ids) + ", not " + Arrays.toString(expected));
                }
                if (!decoded.equals(row.get("decoded").asText())) {
                    different.add(text + ": '" + decoded + "', not '"
                            + row.get("decoded").asText() + "'");
                }
            }
        }

        // Then
        assertThat(different).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"wordpiece", "clip", "unigram"})
    void neverMakesASpecialTokenOfAUsersText(String kind) throws IOException {
        // Given
        JsonNode special = GOLDENS.get(kind).get("special");
        JsonNode frame = GOLDENS.get(kind).get("frame");
        Set<Long> forbidden = new HashSet<>();
        special.fieldNames().forEachRemaining(id -> forbidden.add(Long.valueOf(id)));
        forbidden.remove(UNKNOWN.get(kind));
        var spec = new TokenizerSpec(400, 1_000_000, null, null, null, Set.of());
        List<Long> counts = new ArrayList<>();

        // When
        try (var tokenizer = TextTokenizer.load(file(kind), spec)) {
            for (JsonNode token : special) {
                for (String text : List.of("red%sstar", "red %s star", "%s", "%1$s%1$s", "%s red %1$s")) {
                    long[] ids = tokenizer.encode(text.formatted(token.asText()));
                    counts.add(Arrays.stream(ids).filter(forbidden::contains).count());
                }
            }
        }

        // Then
        assertThat(counts).hasSizeGreaterThan(9).containsOnly((long) frame.size());
    }

    @Test
    void keepsTheClosingTokenLastWhenItCuts() throws IOException {
        // Given
        var spec = new TokenizerSpec(6, 0, null, null, 3L, Set.of());

        // When
        long[] ids;
        try (var tokenizer = TextTokenizer.load(file("wordpiece"), spec)) {
            ids = tokenizer.encode("a small red circle in the top left and more");
        }

        // Then
        assertThat(ids).hasSize(6).startsWith(2).endsWith(3);
    }

    @Test
    void stopsAndSkipsWhenItDecodes() throws IOException {
        // Given
        var spec = new TokenizerSpec(16, 0, null, null, 3L, Set.of(2L));

        // When
        String text;
        try (var tokenizer = TextTokenizer.load(file("wordpiece"), spec)) {
            long[] ids = tokenizer.encode("red star");
            long[] more = Arrays.copyOf(ids, ids.length + 2);
            System.arraycopy(ids, 1, more, ids.length, 2);
            text = tokenizer.decode(more);
        }

        // Then
        assertThat(text).isEqualTo("red star");
    }

    @Test
    void findsWhatNoTextHasInTheIdsOfAModel() throws IOException {
        try (var tokenizer = tokenizer("clip")) {
            // Given
            long[] ids = tokenizer.encode("a red star");
            long[] astray = ids.clone();
            astray[2] = 999_999;

            // When
            var none = tokenizer.firstUnknown(ids);
            var one = tokenizer.firstUnknown(astray);

            // Then
            assertThat(none).isEmpty();
            assertThat(one).hasValue(999_999);
        }
    }

    @Test
    void decodesWhateverAModelGives() throws IOException {
        // Given
        long[] nonsense = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 4_000_000_000L, 999_999};

        // When
        String text;
        try (var tokenizer = tokenizer("clip")) {
            text = tokenizer.decode(nonsense) + tokenizer.decode(new long[0]);
        }

        // Then
        assertThat(text).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"wordpiece", "clip", "unigram"})
    void survivesAnyText(String kind) throws IOException {
        // Given
        var random = new Random(20262);
        List<String> texts =
                new ArrayList<>(List.of("\uD800", "\uDC00\uD800", "a\uD83Db", "\u0000", "red ".repeat(20_000)));
        for (int i = 0; i < 300; i++) {
            var text = new StringBuilder();
            for (int n = random.nextInt(60); n > 0; n--) {
                text.append((char) random.nextInt(i % 2 == 0 ? 0x10000 : 0x180));
            }
            texts.add(text.toString());
        }

        // When
        List<long[]> encoded = new ArrayList<>();
        try (var tokenizer = tokenizer(kind)) {
            texts.forEach(text -> encoded.add(tokenizer.encode(text)));
        }

        // Then
        assertThat(encoded).allSatisfy(ids -> assertThat(ids)
                .hasSize(GOLDENS.get(kind).get("spec").get("length").asInt()));
    }

    @Test
    void givesManyThreadsTheSameIds() throws Exception {
        // Given
        JsonNode rows = GOLDENS.get("clip").get("rows");
        List<Boolean> answers = new ArrayList<>();

        // When
        try (var tokenizer = tokenizer("clip");
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                JsonNode row = rows.get(2 + i % 6);
                calls.add(() -> Arrays.equals(tokenizer.encode(row.get("text").asText()), ids(row.get("ids"))));
            }
            for (Future<Boolean> answer : pool.invokeAll(calls)) {
                answers.add(answer.get());
            }
        }

        // Then
        assertThat(answers).hasSize(400).doesNotContain(false);
    }

    @Test
    void saysWhichFileIsMissing() {
        // Given
        Path nowhere = folder.resolve("tokenizer.json");

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TextTokenizer.load(nowhere, new TokenizerSpec(8, 0, null, null, null, Set.of())))
                .withMessageContaining(nowhere.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"model\": 1}", "{\"model\": {\"type\": \"Unheard\"}}", "\u0000\u0001"})
    void saysWhichFileIsNoTokenizer(String content) throws IOException {
        // Given
        Path broken = Files.writeString(folder.resolve("broken.json"), content);

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TextTokenizer.load(broken, new TokenizerSpec(8, 0, null, null, null, Set.of())))
                .withMessageContaining(broken.toString())
                .withMessageContaining("is not a tokenizer.json");
    }

    @Test
    void namesBothDigestsWhenTheFileIsAnother() throws IOException {
        // Given
        Path file = file("clip");
        String expected = "0".repeat(64);
        String actual = GOLDENS.get("clip").get("spec").get("sha256").asText();

        // When, Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TextTokenizer.load(file, new TokenizerSpec(8, 0, null, expected, null, Set.of())))
                .withMessageContaining(expected)
                .withMessageContaining(actual);
    }

    @Test
    void staysOffline() throws IOException {
        // When
        tokenizer("clip").close();

        // Then
        assertThat(Utils.isOfflineMode()).isTrue();
    }

    private TextTokenizer tokenizer(String kind) throws IOException {
        JsonNode spec = GOLDENS.get(kind).get("spec");
        Set<Long> skip = new HashSet<>();
        spec.get("skip").forEach(id -> skip.add(id.asLong()));
        return TextTokenizer.load(
                file(kind),
                new TokenizerSpec(
                        spec.get("length").asInt(),
                        spec.get("pad").asLong(),
                        spec.has("first") ? spec.get("first").asLong() : null,
                        spec.get("sha256").asText(),
                        spec.get("stop").asLong(),
                        skip));
    }

    private Path file(String kind) throws IOException {
        return Files.write(folder.resolve(kind + ".json"), Goldens.bytes("tokenizers/" + kind + ".json"));
    }

    private static long[] ids(JsonNode array) {
        long[] ids = new long[array.size()];
        Arrays.setAll(ids, i -> array.get(i).asLong());
        return ids;
    }
}
