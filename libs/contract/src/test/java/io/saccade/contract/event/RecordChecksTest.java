package io.saccade.contract.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RecordChecksTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final String SHA = "ab".repeat(32);
    private static final ImageRef IMAGE = ImageRef.at(URI.create("https://host/a.png"));
    private static final Failure FAILURE = new Failure("image.broken", "it is broken", false);
    private static final Caption CAPTION = new Caption("a cup", 1);

    static Stream<Arguments> refused() {
        return Stream.of(
                // ids, tenants, digests
                not("id is required", () -> submitted(null, "t", List.of(), Map.of())),
                not("id must be 1 to 200", () -> submitted("", "t", List.of(), Map.of())),
                not("id must be 1 to 200", () -> submitted("a".repeat(201), "t", List.of(), Map.of())),
                not("id must be 1 to 200", () -> submitted("tab\there", "t", List.of(), Map.of())),
                not("id must be 1 to 200", () -> submitted("gr\u00fcn", "t", List.of(), Map.of())),
                not("tenant must be 1 to 64", () -> submitted("a", "", List.of(), Map.of())),
                not("tenant must be 1 to 64", () -> submitted("a", "t".repeat(65), List.of(), Map.of())),
                not("tenant must be 1 to 64", () -> submitted("a", "a b", List.of(), Map.of())),
                not("sha256 must be 64", () -> new ImageRef(null, IMAGE.uri(), "AB".repeat(32), null)),
                // images
                not("got neither", () -> new ImageRef(null, null, null, null)),
                not("got both", () -> new ImageRef(InlineBytes.of(new byte[1]), IMAGE.uri(), null, null)),
                not("at most 1048576 bytes", () -> ImageRef.inline(new byte[ImageRef.MAX_INLINE_BYTES + 1])),
                not("image.uri must be absolute", () -> ImageRef.at(URI.create("a.png"))),
                // requests
                not("image is required", () -> ImageSubmitted.of("a", null)),
                not("at most 32 questions", () -> submitted("a", "t", questions(33), Map.of())),
                not(
                        "question ids must be distinct",
                        () -> submitted(
                                "a", "t", List.of(new Question("q", "x ?"), new Question("q", "y ?")), Map.of())),
                not(
                        "questions must not hold null",
                        () -> submitted("a", "t", Arrays.asList((Question) null), Map.of())),
                not("attributes must be at most 64", () -> submitted("a", "t", List.of(), attributes(65))),
                not("an attribute's name must not be blank", () -> submitted("a", "t", List.of(), Map.of(" ", "x"))),
                not(
                        "an attribute's name must have at most 100",
                        () -> submitted("a", "t", List.of(), Map.of("n".repeat(101), "x"))),
                not(
                        "attribute 'n' must have at most 1000 characters, got 1001",
                        () -> submitted("a", "t", List.of(), Map.of("n", "x".repeat(1001)))),
                not(
                        "text must have at most 10000",
                        () -> new ImageSubmitted(
                                "a", "t", IMAGE, "x".repeat(10_001), null, null, null, null, null, null)),
                not("question.text must not be blank", () -> new Question("q", " \n")),
                not("question.text must have at most 500", () -> new Question("q", "x".repeat(501))),
                not("question.id is required", () -> new Question(null, "x ?")),
                not("imageId is required", () -> new QuestionAsked("q", null, "t", IMAGE, "x ?", null, null)),
                not("image is required", () -> new QuestionAsked("q", "a", "t", null, "x ?", null, null)),
                not("question must not be blank", () -> new QuestionAsked("q", "a", "t", IMAGE, "", null, null)),
                not("question is required", () -> new QuestionAsked("q", "a", "t", IMAGE, null, null, null)),
                not("a task must be one of embedding, caption, answers, moderation", () -> Task.of("dance")),
                not("priority must be live or backfill", () -> Priority.of("LIVE")),
                // answers
                not("caption.text is required", () -> new Caption(null, 1)),
                not("caption.confidence must lie in 0..1", () -> new Caption("a", 1.01)),
                not("caption.confidence must lie in 0..1", () -> new Caption("a", Double.NaN)),
                not("answers.items is required", () -> new Answers(null)),
                not("answer.questionId is required", () -> new Answers.Item(null, "x ?", "y", 1)),
                not("answer.question is required", () -> new Answers.Item("q", null, "y", 1)),
                not("answer.answer is required", () -> new Answers.Item("q", "x ?", null, 1)),
                not("answer.confidence must lie", () -> new Answers.Item("q", "x ?", "y", -0.1)),
                not("embedding.space is required", () -> new Embedding(null, Vector.of(1), List.of())),
                not("embedding.vector is required", () -> new Embedding("s", null, List.of())),
                not("embedding.labels is required", () -> new Embedding("s", Vector.of(1), null)),
                not("label.name must not be blank", () -> new Embedding.Label("", 1)),
                not("label.score must lie", () -> new Embedding.Label("a", 2)),
                not("moderation.verdict is required", () -> new Moderation(null, List.of(), "p")),
                not("moderation.categories is required", () -> new Moderation(Moderation.Verdict.ALLOW, null, "p")),
                not("moderation.policy is required", () -> new Moderation(Moderation.Verdict.ALLOW, List.of(), null)),
                not("category.name is required", () -> new Moderation.Category(null, 1, Moderation.Verdict.BLOCK)),
                not("category.score must lie", () -> new Moderation.Category("c", -1, Moderation.Verdict.BLOCK)),
                not("category.verdict is required", () -> new Moderation.Category("c", 1, null)),
                not("model.name is required", () -> new ModelRef(null, "1", "f")),
                not("model.version is required", () -> new ModelRef("m", null, "f")),
                not("model.family must be", () -> new ModelRef("m", "1", "f f")),
                not("timings.fetch must be milliseconds from 0", () -> new Timings(-1, 0, 0, 0)),
                not("timings.infer must be milliseconds from 0", () -> new Timings(0, 0, 0, Double.NaN)),
                not("failure.code must be dotted", () -> new Failure("broken", "m", false)),
                not("failure.code must be dotted", () -> new Failure("Image.Broken", "m", false)),
                not("failure.message is required", () -> new Failure("image.broken", null, false)),
                // vectors
                not("at least one number", () -> Vector.of()),
                not("finite numbers, got Infinity at 1", () -> Vector.of(0, Float.POSITIVE_INFINITY)),
                not("one length, got 1 and 2", () -> Vector.of(1).dot(Vector.of(1, 2))),
                // results
                not("an answer and no failure", () -> result(StageResult.End.DONE, null, null, 1)),
                not("an answer and no failure", () -> result(StageResult.End.DONE, CAPTION, FAILURE, 1)),
                not("a failure and no answer", () -> result(StageResult.End.REFUSED, CAPTION, null, 1)),
                not("a failure and no answer", () -> result(StageResult.End.FAILED, null, null, 1)),
                not("attempt must be at least 1", () -> result(StageResult.End.DONE, CAPTION, null, 0)),
                not("must have a reason", () -> new LetterHandled("a", LetterHandled.End.DROPPED, null, NOON)),
                not("must have a reason", () -> new LetterHandled("a", LetterHandled.End.REDRIVEN, "b", NOON)),
                not("must not be blank", () -> new LetterHandled("a", LetterHandled.End.DROPPED, " ", NOON)),
                not("end is required", () -> result(null, CAPTION, null, 1)),
                // the joined record
                not("revision must be at least 1", () -> enriched(0, ImageEnriched.Status.COMPLETE, null)),
                not("reason must be given exactly when", () -> enriched(1, ImageEnriched.Status.REFUSED, null)),
                not("reason must be given exactly when", () -> enriched(1, ImageEnriched.Status.COMPLETE, FAILURE)),
                not("status is required", () -> enriched(1, null, null)),
                not("parts.caption is required", () -> new Parts(skipped(), null, skipped(), skipped())),
                not("a result and no reason", () -> new Part<>(Part.State.OK, null, FAILURE, null, null, null)),
                not("a reason and no result", () -> new Part<>(Part.State.FAILED, CAPTION, null, null, null, null)),
                not("part.state is required", () -> new Part<>(null, CAPTION, null, null, null, null)));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesWhatItsJavadocForbids(String message, ThrowingCallable construction) {
        assertThatIllegalArgumentException().isThrownBy(construction).withMessageContaining(message);
    }

    @Test
    void takesWhatIsJustAllowed() {
        assertThat(submitted("a".repeat(200), "t".repeat(64), questions(32), attributes(64))
                        .questions())
                .hasSize(32);
        assertThat(new Question("!~", "x".repeat(500)).text()).hasSize(500);
        assertThat(new Question("q", "\ud83d\udfe2".repeat(500)).text()).hasSize(1_000);
        assertThat(ImageRef.inline(new byte[ImageRef.MAX_INLINE_BYTES]).inline().size())
                .isEqualTo(1_048_576);
        assertThat(new Caption("", 0).text()).isEmpty();
    }

    @Test
    void copiesCollectionsSoThatNobodyChangesThemLater() {
        // Given
        var questions = new ArrayList<>(questions(1));
        var attributes = new HashMap<>(Map.of("k", "v"));
        var event = submitted("a", "t", questions, attributes);

        // When
        questions.clear();
        attributes.clear();

        // Then
        assertThat(event.questions()).hasSize(1);
        assertThat(event.attributes()).hasSize(1);
    }

    @Test
    void copiesVectors() {
        // Given
        var numbers = new float[] {1, 2};
        var vector = Vector.of(numbers);

        // When
        numbers[0] = 9;
        vector.toArray()[1] = 9;

        // Then
        assertThat(vector).isEqualTo(Vector.of(1, 2)).hasSameHashCodeAs(Vector.of(1, 2));
        assertThat(vector.dot(Vector.of(3, 4))).isEqualTo(11);
    }

    @Test
    void asksForEveryTaskButAnswersWithoutAQuestion() {
        assertThat(Stream.of(Task.values()).filter(ImageSubmitted.of("a", IMAGE)::asksFor))
                .containsExactly(Task.EMBEDDING, Task.CAPTION, Task.MODERATION);
        assertThat(submitted("a", "t", questions(1), Map.of()).asksFor(Task.ANSWERS))
                .isTrue();
    }

    @Test
    void makesAPartOfEveryWayAStageEnds() {
        assertThat(Part.of(result(StageResult.End.DONE, CAPTION, null, 1)).state())
                .isEqualTo(Part.State.OK);
        assertThat(Part.of(result(StageResult.End.REFUSED, null, FAILURE, 2)).state())
                .isEqualTo(Part.State.REFUSED);
        assertThat(Part.of(result(StageResult.End.FAILED, null, FAILURE, 2)).attempt())
                .isEqualTo(2);
    }

    @Test
    void findsThePartOfATask() {
        var parts = enriched(1, ImageEnriched.Status.COMPLETE, null).parts();
        assertThat(Stream.of(Task.values()).map(parts::of))
                .containsExactlyElementsOf(parts.stream().toList());
    }

    @Test
    void cutsAFailuresMessageInsteadOfLosingTheFailure() {
        assertThat(new Failure("a.b", "x".repeat(2_000), true).message()).hasSize(1_000);
    }

    @Test
    void roundsTimingsToMicroseconds() {
        assertThat(Timings.of(Duration.ofNanos(1_500), Duration.ZERO, Duration.ZERO, Duration.ofSeconds(1)))
                .isEqualTo(new Timings(0.002, 0, 0, 1000));
    }

    @Test
    void neverShowsAPayloadInItsText() {
        assertThat(ImageRef.inline(new byte[] {1, 2, 3})).asString().contains("InlineBytes[3 bytes]");
        assertThat(Vector.of(1, 2)).hasToString("Vector[2]");
    }

    private static Arguments not(String message, ThrowingCallable construction) {
        return Arguments.of(message, construction);
    }

    private static ImageSubmitted submitted(
            String id, String tenant, List<Question> questions, Map<String, String> attributes) {
        return new ImageSubmitted(id, tenant, IMAGE, null, questions, Set.of(), null, null, attributes, null);
    }

    private static List<Question> questions(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Question("q" + i, "what ?"))
                .toList();
    }

    private static Map<String, String> attributes(int count) {
        var attributes = new HashMap<String, String>();
        IntStream.range(0, count).forEach(i -> attributes.put("k" + i, "v"));
        return attributes;
    }

    private static StageResult<Caption> result(StageResult.End end, Caption answer, Failure failure, int attempt) {
        return new StageResult<>(
                "a", "a", "t", Task.CAPTION, end, answer, failure, null, SHA, Timings.NONE, attempt, NOON);
    }

    private static ImageEnriched enriched(int revision, ImageEnriched.Status status, Failure reason) {
        var parts = new Parts(skipped(), skipped(), skipped(), skipped());
        return new ImageEnriched("a", "t", revision, status, reason, SHA, parts, Map.of(), NOON, NOON, NOON);
    }

    private static <A extends Answer> Part<A> skipped() {
        return Part.without(Part.State.SKIPPED, FAILURE);
    }
}
