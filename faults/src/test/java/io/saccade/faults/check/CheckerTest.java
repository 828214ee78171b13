package io.saccade.faults.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.EventIds;
import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.StageResult.End;
import io.saccade.contract.event.Task;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CheckerTest {

    private static final int IMAGES = 60;
    /** An image that asks for something, was accepted, and is none of the special ones. */
    private static final int SOME = 20;

    @Test
    void findsNothingWhereEveryPromiseWasKept() {
        LongStream.range(0, 50).forEach(seed -> assertThat(
                        Checker.check(Histories.good(seed, IMAGES).history(), Histories.allowed()))
                .as("seed " + seed)
                .isEmpty());
    }

    @Test
    void lawfulDuplicatesOfStagesAreNoViolation() {
        // Given
        var history = Histories.good(1, IMAGES);
        history.results.addAll(List.copyOf(history.results));

        // Then
        assertThat(Checker.check(history.history(), Histories.allowed())).isEmpty();
    }

    @Test
    void aStageMayAnswerForAnotherImageUnderATakenIdButOnlyUnderItsOwnDigest() {
        // Given
        var lawful = Histories.good(1, IMAGES);
        lawful.another(SOME, "other");
        var mixedUp = Histories.good(1, IMAGES);
        mixedUp.another(SOME, "%064x".formatted(SOME));

        // Then
        assertThat(Checker.check(lawful.history(), Histories.allowed())).isEmpty();
        assertThat(Checker.check(mixedUp.history(), Histories.allowed()))
                .extracting(Violation::invariant)
                .containsOnly(Invariant.I3);
    }

    @Test
    void anotherImageUnderATakenIdWithoutADeadLetterIsAViolation() {
        // Given
        var history = Histories.good(1, IMAGES);
        history.another(SOME, "other");
        history.dead.removeIf(letter -> letter.story() != null
                && "event.conflict".equals(letter.story().failure().code()));

        // Then
        assertThat(Checker.check(history.history(), Histories.allowed()))
                .extracting(Violation::invariant)
                .containsOnly(Invariant.I7);
    }

    @Test
    void anImageThatCannotBeReadMayEndInARefusalOnly() {
        // Given
        var owed = new Owed.Unsound(Set.of(Task.CAPTION), List.of("image.", "fetch."), false);

        // Then
        assertThat(ofUnsound(owed, Part.State.REFUSED, null, "image.broken")).isEmpty();
        assertThat(ofUnsound(owed, Part.State.REFUSED, null, "fetch.not_found")).isEmpty();
        assertThat(ofUnsound(owed, Part.State.REFUSED, null, "stage.defect"))
                .extracting(Violation::invariant)
                .containsOnly(Invariant.I1);
        assertThat(ofUnsound(owed, Part.State.OK, "a small red circle", null))
                .extracting(Violation::invariant)
                .containsOnly(Invariant.I3);
        assertThat(ofUnsound(owed, Part.State.MISSING, null, "join.deadline"))
                .extracting(Violation::invariant)
                .contains(Invariant.I1);
        assertThat(ofUnsound(owed, Part.State.FAILED, null, "fetch.timed_out"))
                .as("given up without a dead letter")
                .extracting(Violation::invariant)
                .containsOnly(Invariant.I7);
    }

    @Test
    void anImageThatMayBeReadMayHaveAnAnswerThatAStagePublished() {
        // Given
        var owed = new Owed.Unsound(Set.of(Task.CAPTION), List.of("image."), true);

        // Then
        assertThat(ofUnsound(owed, Part.State.OK, "a small red circle", null)).isEmpty();
    }

    @Test
    void anUnsoundImageWithoutAnyAnswerIsLost() {
        // Given
        var history = Histories.good(1, IMAGES);
        history.sent.add(new Sent(
                "u",
                Sent.Outcome.OK,
                Histories.START,
                new Where("saccade.images", 0, 9_999),
                new Owed.Unsound(Set.of(Task.CAPTION), List.of("image."), true)));

        // Then
        assertThat(Checker.check(history.history(), Histories.allowed()))
                .extracting(Violation::invariant)
                .containsOnly(Invariant.I1);
    }

    /** What is said of a history with one unsound image whose only part ended so. */
    private static List<Violation> ofUnsound(
            Owed.Unsound owed, Part.State state, @Nullable String said, @Nullable String reason) {
        var history = Histories.good(1, IMAGES);
        history.unsound("u", owed, state, said, reason);
        return Checker.check(history.history(), Histories.allowed());
    }

    @Test
    void whatAFaultMayNotDoIsAViolationThoughItIsExplained() {
        // When
        var violations = Checker.check(Histories.good(1, IMAGES).history(), Allowed.NOTHING);

        // Then
        assertThat(violations).extracting(Violation::id).containsOnly(Histories.id(Histories.GIVEN_UP));
        assertThat(violations).extracting(Violation::invariant).contains(Invariant.I1, Invariant.I7);
    }

    /** What a bug would leave behind, and which promise it breaks. */
    static Stream<Arguments> bugs() {
        return Stream.of(
                bug("commits before it publishes: a result is lost, and with it the answer", Invariant.I1, history -> {
                    history.results.removeIf(result -> result.imageId().equals(Histories.id(SOME)));
                    history.joined.removeIf(answer -> answer.id().equals(Histories.id(SOME)));
                }),
                bug(
                        "loses an accepted image before any stage",
                        Invariant.I1,
                        history -> history.joined.removeIf(answer -> answer.id().equals(Histories.id(SOME)))),
                bug(
                        "drops the late part",
                        Invariant.I1,
                        history -> history.joined.removeIf(
                                answer -> answer.id().equals(Histories.id(Histories.LATE)) && answer.revision() == 2)),
                bug("loses a retry: a stage never ends", Invariant.I1, history -> {
                    history.results.removeIf(result ->
                            result.imageId().equals(Histories.id(Histories.LATE)) && result.task() == Task.CAPTION);
                    history.joined.removeIf(
                            answer -> answer.id().equals(Histories.id(Histories.LATE)) && answer.revision() == 2);
                }),
                bug(
                        "calls a part missing before the deadline",
                        Invariant.I1,
                        history -> change(
                                history,
                                Histories.LATE,
                                answer -> answer.revision() == 1
                                        ? with(answer, answer.parts(), answer.status(), Histories.START)
                                        : answer)),
                bug("invents an image", Invariant.I1, history -> {
                    var first = history.joined.getFirst();
                    history.joined.add(renamed(first, "nobody-sent-this", history));
                }),
                bug("commits nothing at the end", Invariant.I1, history -> history.lag.put("saccade-captioner", 3L)),
                bug(
                        "gives up on a good image without saying so to the join",
                        Invariant.I1,
                        history -> change(
                                history,
                                SOME,
                                answer -> with(
                                        answer,
                                        all(
                                                answer.parts(),
                                                part -> part.state() == Part.State.OK
                                                        ? new Seen.JoinedPart(
                                                                Part.State.FAILED, null, "stage.defect", null)
                                                        : part),
                                        Status.PARTIAL,
                                        answer.completedAt()))),
                bug(
                        "publishes the final answer twice",
                        Invariant.I2,
                        history -> history.joined.add(answerOf(history, SOME))),
                bug("skips deduplication: a revision that says nothing new", Invariant.I2, history -> {
                    var answer = answerOf(history, SOME);
                    history.joined.add(new Seen.Joined(
                            history.next("saccade.enriched"),
                            answer.key(),
                            EventIds.enriched(answer.id(), 2),
                            answer.id(),
                            answer.tenant(),
                            2,
                            answer.status(),
                            answer.reason(),
                            answer.sha256(),
                            answer.attributes(),
                            answer.deadline(),
                            answer.completedAt(),
                            answer.parts()));
                }),
                bug(
                        "loses a revision in between",
                        Invariant.I2,
                        history -> history.joined.removeIf(
                                answer -> answer.id().equals(Histories.id(Histories.LATE)) && answer.revision() == 1)),
                bug("writes a dead letter twice", Invariant.I2, history -> history.dead.add(history.dead.getFirst())),
                bug(
                        "gives the answers random ids",
                        Invariant.I2,
                        history -> change(
                                history,
                                SOME,
                                answer -> new Seen.Joined(
                                        answer.where(),
                                        answer.key(),
                                        "random",
                                        answer.id(),
                                        answer.tenant(),
                                        answer.revision(),
                                        answer.status(),
                                        answer.reason(),
                                        answer.sha256(),
                                        answer.attributes(),
                                        answer.deadline(),
                                        answer.completedAt(),
                                        answer.parts()))),
                bug("swaps the ids of two images", Invariant.I3, history -> {
                    var other = answerOf(history, SOME + 2);
                    change(history, SOME, answer -> with(answer, other.parts(), other.status(), answer.completedAt()));
                }),
                bug(
                        "joins a result of another image",
                        Invariant.I3,
                        history -> changeResults(
                                history, Histories.LATE, result -> said(result, result.said() + " of another image"))),
                bug(
                        "joins what no stage published",
                        Invariant.I3,
                        history -> history.results.removeIf(
                                result -> result.imageId().equals(Histories.id(Histories.LATE))
                                        && result.task() == Task.MODERATION)),
                bug(
                        "names the wrong version of a model",
                        Invariant.I3,
                        history -> change(
                                history,
                                SOME,
                                answer -> with(
                                        answer,
                                        all(
                                                answer.parts(),
                                                part -> part.state() == Part.State.OK
                                                        ? new Seen.JoinedPart(
                                                                part.state(), part.said(), null, "caption/0")
                                                        : part),
                                        answer.status(),
                                        answer.completedAt()))),
                bug(
                        "mixes up tenants",
                        Invariant.I3,
                        history -> changeResults(
                                history,
                                Histories.LATE,
                                result -> new Seen.Result(
                                        result.where(),
                                        result.key(),
                                        result.eventId(),
                                        result.imageId(),
                                        "somebody-else",
                                        result.task(),
                                        result.end(),
                                        result.said(),
                                        result.reason(),
                                        result.model(),
                                        result.sha256(),
                                        result.attempt()))),
                bug(
                        "publishes a result under another key",
                        Invariant.I3,
                        history -> changeResults(
                                history,
                                Histories.LATE,
                                result -> new Seen.Result(
                                        result.where(),
                                        Histories.id(SOME),
                                        result.eventId(),
                                        result.imageId(),
                                        result.tenant(),
                                        result.task(),
                                        result.end(),
                                        result.said(),
                                        result.reason(),
                                        result.model(),
                                        result.sha256(),
                                        result.attempt()))),
                bug(
                        "publishes nonsense of a model as an answer",
                        Invariant.I3,
                        history -> changeResults(history, Histories.LATE, result -> said(result, "like no picture"))),
                bug(
                        "says complete while a part is missing",
                        Invariant.I3,
                        history -> change(
                                history,
                                Histories.LATE,
                                answer -> with(answer, answer.parts(), Status.COMPLETE, answer.completedAt()))),
                bug(
                        "writes something that nobody can read",
                        Invariant.I3,
                        history -> history.foreign.add(
                                new Seen.Unreadable(history.next("saccade.captions"), "run-1", "no JSON"))),
                bug(
                        "loses a dead letter",
                        Invariant.I7,
                        history -> history.dead.removeIf(letter -> letter.key() == null)),
                bug(
                        "gives up without a dead letter",
                        Invariant.I7,
                        history -> history.dead.removeIf(
                                letter -> Histories.id(Histories.GIVEN_UP).equals(letter.key()))),
                bug(
                        "writes a dead letter without its story",
                        Invariant.I7,
                        history -> history.dead.add(
                                new Seen.Dead(history.next("saccade.dlq"), Histories.id(SOME), null, "no reason"))),
                bug(
                        "writes a dead letter that names another record",
                        Invariant.I7,
                        history -> history.dead.add(new Seen.Dead(
                                history.next("saccade.dlq"),
                                Histories.id(SOME),
                                Histories.story(
                                        "model.bad_output", "captioner", new Where("saccade.images", 0, SOME + 1)),
                                ""))),
                bug(
                        "puts a good image into the dead letters when it stops",
                        Invariant.I7,
                        history -> history.dead.add(new Seen.Dead(
                                history.next("saccade.dlq"),
                                Histories.id(SOME),
                                Histories.story("stage.stopped", "captioner", new Where("saccade.images", 0, SOME)),
                                ""))));
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void catchesABugThat(Consumer<Histories> bug, Invariant invariant) {
        for (long seed = 0; seed < 10; seed++) {
            // Given
            var history = Histories.good(seed, IMAGES);
            bug.accept(history);

            // When
            var violations = Checker.check(history.history(), Histories.allowed());

            // Then
            assertThat(violations)
                    .as("seed " + seed)
                    .extracting(Violation::invariant)
                    .contains(invariant);
        }
    }

    private static Arguments bug(String name, Invariant invariant, Consumer<Histories> bug) {
        return Arguments.of(Named.of(name, bug), invariant);
    }

    private static Seen.Joined answerOf(Histories history, int number) {
        return history.joined.stream()
                .filter(answer -> answer.id().equals(Histories.id(number)))
                .findFirst()
                .orElseThrow();
    }

    private static void change(Histories history, int number, UnaryOperator<Seen.Joined> change) {
        history.joined.replaceAll(answer -> answer.id().equals(Histories.id(number)) ? change.apply(answer) : answer);
    }

    private static void changeResults(Histories history, int number, UnaryOperator<Seen.Result> change) {
        history.results.replaceAll(result -> result.imageId().equals(Histories.id(number)) && result.end() == End.DONE
                ? change.apply(result)
                : result);
    }

    private static Seen.Result said(Seen.Result result, String said) {
        return new Seen.Result(
                result.where(),
                result.key(),
                result.eventId(),
                result.imageId(),
                result.tenant(),
                result.task(),
                result.end(),
                said,
                result.reason(),
                result.model(),
                result.sha256(),
                result.attempt());
    }

    private static Seen.Joined with(
            Seen.Joined answer, Map<Task, Seen.JoinedPart> parts, Status status, java.time.Instant completedAt) {
        return new Seen.Joined(
                answer.where(),
                answer.key(),
                answer.eventId(),
                answer.id(),
                answer.tenant(),
                answer.revision(),
                status,
                answer.reason(),
                answer.sha256(),
                answer.attributes(),
                answer.deadline(),
                completedAt,
                parts);
    }

    private static Seen.Joined renamed(Seen.Joined answer, String id, Histories history) {
        return new Seen.Joined(
                history.next("saccade.enriched"),
                id,
                EventIds.enriched(id, 1),
                id,
                answer.tenant(),
                1,
                answer.status(),
                answer.reason(),
                answer.sha256(),
                answer.attributes(),
                answer.deadline(),
                answer.completedAt(),
                answer.parts());
    }

    private static Map<Task, Seen.JoinedPart> all(
            Map<Task, Seen.JoinedPart> parts, UnaryOperator<Seen.JoinedPart> change) {
        var changed = new EnumMap<Task, Seen.JoinedPart>(Task.class);
        parts.forEach((task, part) -> changed.put(task, change.apply(part)));
        return changed;
    }
}
