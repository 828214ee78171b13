package io.saccade.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.Task;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EventJsonTest {

    private static final String SECRET = "the-users-own-words";

    private final EventJson json = EventJson.create();

    static Stream<Arguments> events() {
        return Samples.all().entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
    }

    @Test
    void hasASampleOfEveryEvent() {
        assertThat(Samples.all().keySet()).containsExactlyInAnyOrderElementsOf(EventType.ALL);
    }

    @ParameterizedTest
    @MethodSource("events")
    void readsBackWhatItWrote(EventType<?> type, Object event) throws Exception {
        assertThat(json.read(type, json.write(event))).isEqualTo(event);
    }

    @ParameterizedTest
    @MethodSource("events")
    void readsVectorsInEitherForm(EventType<?> type, Object event) throws Exception {
        assertThat(json.read(type, EventJson.withBase64Vectors().write(event))).isEqualTo(event);
    }

    @ParameterizedTest
    @MethodSource("events")
    void ignoresFieldsItDoesNotKnow(EventType<?> type, Object event) throws Exception {
        // Given
        var tree = (ObjectNode) json.mapper().readTree(json.write(event));
        tree.putObject("newerField").put("deep", true);

        // When
        var read = json.read(type, json.mapper().writeValueAsBytes(tree));

        // Then
        assertThat(read).isEqualTo(event);
    }

    @Test
    void writesNoFieldsButTheComponents() throws Exception {
        assertThat(json.mapper().readTree(json.write(Samples.ASKED)).fieldNames())
                .toIterable()
                .containsExactly("id", "imageId", "tenant", "image", "question", "deadline", "askedAt");
        assertThat(json.mapper().readTree(json.write(Samples.SUBMITTED)).fieldNames())
                .toIterable()
                .doesNotContain("imageId");
    }

    @Test
    void writesOneEventAlwaysAsTheSameBytes() {
        assertThat(json.write(ImageSubmitted.of("a", ImageRef.inline(new byte[1]))))
                .asString(UTF_8)
                .isEqualTo("{\"id\":\"a\",\"tenant\":\"default\",\"image\":{\"inline\":\"AA==\"},\"questions\":[],"
                        + "\"tasks\":[\"embedding\",\"caption\",\"answers\",\"moderation\"],\"priority\":\"live\","
                        + "\"attributes\":{}}");
    }

    @Test
    void fillsWhatIsLeftOut() throws Exception {
        // When
        var event = json.read(
                EventType.IMAGE_SUBMITTED, "{\"id\":\"a\",\"image\":{\"uri\":\"https://host/a.png\"}}".getBytes(UTF_8));

        // Then
        assertThat(event.tenant()).isEqualTo("default");
        assertThat(event.tasks()).containsExactly(Task.values());
        assertThat(event.questions()).isEmpty();
        assertThat(event.priority()).isEqualTo(Priority.LIVE);
        assertThat(event.attributes()).isEmpty();
        assertThat(event.deadline()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"2026-11-21T12:00:00Z", "2026-11-21T13:00:00+01:00", "2026-11-21T12:00:00.000000000Z"})
    void readsTimesWithAnyOffset(String time) throws Exception {
        var event = json.read(EventType.IMAGE_SUBMITTED, submitted("\"deadline\":\"" + time + "\""));
        assertThat(event.deadline()).isEqualTo(Instant.parse("2026-11-21T12:00:00Z"));
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                // what is no JSON object at all
                bad("{\"id\":\"" + SECRET, "ImageSubmitted.id: not valid JSON from here on"),
                bad("{\"id\":\"a\",,}", "ImageSubmitted must be a JSON object, but this is no JSON at byte"),
                bad(SECRET, "ImageSubmitted must be a JSON object, but this is no JSON at byte"),
                bad("", "ImageSubmitted must be a JSON object, got an empty value"),
                bad("null", "ImageSubmitted must be a JSON object, got null"),
                bad("[]", "ImageSubmitted: expected an object, got nothing or another kind of JSON value"),
                bad("\"" + SECRET + "\"", "ImageSubmitted: expected an object, got"),
                bad("7", "ImageSubmitted: expected an object, got"),
                bad(ok() + "{}", "ImageSubmitted"),
                // missing or null
                bad("{}", "ImageSubmitted: id is required, but it is missing"),
                bad("{\"id\":\"a\"}", "ImageSubmitted: image is required, but it is missing"),
                bad("{\"id\":null,\"image\":{\"inline\":\"AA==\"}}", "ImageSubmitted: id is required"),
                // wrong type
                bad(
                        "{\"id\":{\"x\":\"" + SECRET + "\"},\"image\":{\"inline\":\"AA==\"}}",
                        "ImageSubmitted.id: expected a string, got"),
                bad("{\"id\":\"a\",\"image\":\"" + SECRET + "\"}", "ImageSubmitted.image: expected an object"),
                bad(with("\"questions\":{}"), "ImageSubmitted.questions: expected an array"),
                bad(with("\"tasks\":\"caption\""), "ImageSubmitted.tasks: expected an array"),
                bad(with("\"attributes\":[]"), "ImageSubmitted.attributes: expected an object"),
                bad(with("\"deadline\":\"" + SECRET + "\""), "ImageSubmitted.deadline: expected a time such as 2026-"),
                bad(with("\"deadline\":1795262400000"), "ImageSubmitted.deadline: expected a time such as 2026-"),
                bad(with("\"deadline\":\"2026-11-21T12:00:00\""), "ImageSubmitted.deadline: expected a time"),
                // the image
                bad("{\"id\":\"a\",\"image\":{}}", "ImageSubmitted.image: image must have either 'inline' or 'uri'"),
                bad(
                        "{\"id\":\"a\",\"image\":{\"inline\":\"AA==\",\"uri\":\"https://h/a\"}}",
                        "ImageSubmitted.image: image must have either 'inline' or 'uri', got both"),
                bad("{\"id\":\"a\",\"image\":{\"inline\":\"%%\"}}", "ImageSubmitted.image.inline: expected a base64"),
                bad(
                        "{\"id\":\"a\",\"image\":{\"uri\":\"not a uri: " + SECRET + "\"}}",
                        "ImageSubmitted.image.uri: expected a URI"),
                bad("{\"id\":\"a\",\"image\":{\"uri\":\"relative/path\"}}", "image.uri must be absolute"),
                bad("{\"id\":\"a\",\"image\":{\"uri\":\"https://h/a\",\"sha256\":\"12\"}}", "image.sha256 must be 64"),
                // what the records refuse
                bad("{\"id\":\"a b\",\"image\":{\"inline\":\"AA==\"}}", "id must be 1 to 200 printable ASCII"),
                bad(with("\"tenant\":\"a/b\""), "ImageSubmitted: tenant must be"),
                bad(
                        with("\"tasks\":[\"caption\",\"dance\"]"),
                        "ImageSubmitted.tasks[1]: a task must be one of embedding, caption, answers, moderation"),
                bad(with("\"tasks\":[null]"), "tasks must not hold null"),
                bad(with("\"priority\":\"urgent\""), "ImageSubmitted.priority: priority must be live or backfill"),
                bad(
                        with("\"questions\":[{\"id\":\"q\",\"text\":\" \"}]"),
                        "ImageSubmitted.questions[0]: question.text must not be blank"),
                bad(with("\"questions\":[{\"id\":\"q\"}]"), "ImageSubmitted.questions[0]: question.text is required"),
                bad(
                        with("\"questions\":[{\"id\":\"q\",\"text\":\"" + SECRET.repeat(50) + "\"}]"),
                        "ImageSubmitted.questions[0]: question.text must have at most 500 characters, got 950"),
                bad(with("\"questions\":[null]"), "questions must not hold null"),
                bad(with("\"attributes\":{\"k\":null}"), "attribute 'k' is required"),
                // hostile
                bad(with("\"x\":" + "[".repeat(10_000) + "]".repeat(10_000)), "must nest at most 32 deep"),
                bad("[".repeat(10_000), "ImageSubmitted"),
                bad(with("\"text\":\"" + "a".repeat(3_100_000) + "\""), "strings of at most 3000000 characters"),
                bad(with("\"text\":\"" + SECRET.repeat(1_000) + "\""), "text must have at most 10000 characters"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void saysWhatIsWrongAndWhereButNotWhatItSays(String value, String expected) {
        assertThatThrownBy(() -> json.read(EventType.IMAGE_SUBMITTED, value.getBytes(UTF_8)))
                .isInstanceOf(MalformedEventException.class)
                .message()
                .contains(expected)
                .doesNotContain(SECRET)
                .hasSizeLessThan(250);
    }

    @Test
    void refusesWhatLooksLikeAnotherEncodingAndIsNot() {
        for (var start : List.of(
                new byte[] {0, 0, 0, 0, ' ', '"', 'i', 'd'}, // UTF-32, by its zeros
                new byte[] {'{', 0, 0, 0, -1, -1, -1, -1},
                new byte[] {0, 0, -2, -1, -1, -1, -1, -1},
                new byte[] {-1, -2, 0, 0, 1, 2, 3, 4, 5},
                new byte[] {-2, -1, -40, 0, 0, '{'}, // UTF-16, with half a pair
                new byte[] {'{', 0, '"', 0, 0})) {
            assertThatThrownBy(() -> json.read(EventType.QUESTION_ASKED, start))
                    .as(Arrays.toString(start))
                    .isInstanceOf(MalformedEventException.class)
                    .hasMessageStartingWith("QuestionAsked");
        }
    }

    @Test
    void saysThatThereIsNoValue() {
        assertThatThrownBy(() -> json.read(EventType.IMAGE_SUBMITTED, null))
                .isInstanceOf(MalformedEventException.class)
                .hasMessage("ImageSubmitted must be a JSON object, got a record without a value");
    }

    @Test
    void refusesAnInlineImageAboveOneMebibyte() {
        // Given
        var inline = Base64.getEncoder().encodeToString(new byte[ImageRef.MAX_INLINE_BYTES + 1]);

        // When
        var value = ("{\"id\":\"a\",\"image\":{\"inline\":\"" + inline + "\"}}").getBytes(UTF_8);

        // Then
        assertThatThrownBy(() -> json.read(EventType.IMAGE_SUBMITTED, value))
                .hasMessageContaining("image.inline must have at most 1048576 bytes, got 1048577")
                .message()
                .hasSizeLessThan(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[0.5, NaN]     | EmbeddingResult.answer.vector",
                "[1e39]         | EmbeddingResult.answer.vector: a vector must hold finite numbers",
                "[]             | EmbeddingResult.answer.vector: a vector must have at least one number",
                "[\"a\"]        | EmbeddingResult.answer.vector",
                "[[0.5]]        | EmbeddingResult.answer.vector",
                "[null]         | EmbeddingResult.answer.vector",
                "7              | EmbeddingResult.answer.vector: a vector must be an array of numbers",
                "null           | embedding.vector is required",
                "\"AAA=\"       | EmbeddingResult.answer.vector: a base64 vector must hold whole float32 numbers",
                "\"AADAfw==\"   | EmbeddingResult.answer.vector: a vector must hold finite numbers, got NaN at 0",
                "\"%%%%\"       | EmbeddingResult.answer.vector"
            })
    void refusesVectorsThatAreNone(String vector, String expected) {
        // Given
        var value = new String(json.write(Samples.done(Task.EMBEDDING, Samples.EMBEDDING)), UTF_8)
                .replace("[0.6,-0.8]", vector)
                .getBytes(UTF_8);

        // Then
        assertThatThrownBy(() -> json.read(EventType.EMBEDDING, value))
                .isInstanceOf(MalformedEventException.class)
                .hasMessageContaining(expected);
    }

    @Test
    void refusesNumbersThatAreMissing() {
        // Given
        var value = new String(json.write(Samples.done(Task.CAPTION, Samples.CAPTION)), UTF_8);

        // Then
        for (var without : new String[] {",\"confidence\":0.5", "\"fetch\":1.5,", ",\"attempt\":1"}) {
            assertThat(value).contains(without);
            assertThatThrownBy(() -> json.read(
                            EventType.CAPTION, value.replace(without, "").getBytes(UTF_8)))
                    .isInstanceOf(MalformedEventException.class)
                    .hasMessageContaining("expected a number");
        }
    }

    @Test
    void refusesAnOrdinalWhereANameIsDue() {
        var value = new String(json.write(Samples.done(Task.CAPTION, Samples.CAPTION)), UTF_8)
                .replace("\"end\":\"DONE\"", "\"end\":0");
        assertThatThrownBy(() -> json.read(EventType.CAPTION, value.getBytes(UTF_8)))
                .hasMessageContaining("CaptionResult.end: expected one of DONE, REFUSED, FAILED");
    }

    @Test
    void refusesToWriteWhatIsNoEvent() {
        assertThatThrownBy(() -> json.write(new Object()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("java.lang.Object");
    }

    @Test
    void writesUnicodeAsItIs() throws Exception {
        var caption = Samples.done(Task.CAPTION, new Caption("ein gr\u00fcner Kreis \ud83d\udfe2", 1));
        assertThat(json.read(EventType.CAPTION, json.write(caption))).isEqualTo(caption);
    }

    private static Arguments bad(String value, String expected) {
        return Arguments.of(org.junit.jupiter.api.Named.of(excerpt(value), value), expected);
    }

    private static String excerpt(String value) {
        return value.isEmpty() ? "nothing" : value.length() > 80 ? value.substring(0, 80) + "..." : value;
    }

    private static String ok() {
        return "{\"id\":\"a\",\"image\":{\"inline\":\"AA==\"}}";
    }

    private static String with(String field) {
        return "{\"id\":\"a\",\"image\":{\"inline\":\"AA==\"}," + field + "}";
    }

    private static byte[] submitted(String field) {
        return with(field).getBytes(UTF_8);
    }
}
