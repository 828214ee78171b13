package io.saccade.contract;

import com.fasterxml.jackson.core.type.TypeReference;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.LetterHandled;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.QuestionAsked;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.event.Task;
import java.lang.reflect.Type;
import java.util.List;

/**
 * An event, its CloudEvents type and its Java type.
 *
 * @param event    name in the topic catalogue and of the schema, for example {@code ImageSubmitted}
 * @param type     CloudEvents type, for example {@code io.saccade.image-submitted.v1}
 * @param javaType what the JSON becomes
 * @param <E>      the same, for the compiler
 */
public record EventType<E>(String event, String type, Type javaType) {

    /** An image to understand. */
    public static final EventType<ImageSubmitted> IMAGE_SUBMITTED =
            new EventType<>("ImageSubmitted", "io.saccade.image-submitted.v1", ImageSubmitted.class);
    /** A question asked later. */
    public static final EventType<QuestionAsked> QUESTION_ASKED =
            new EventType<>("QuestionAsked", "io.saccade.question-asked.v1", QuestionAsked.class);
    /** How the encoder ended. */
    public static final EventType<StageResult<Embedding>> EMBEDDING = new EventType<>(
            "EmbeddingResult", "io.saccade.embedding.v1", new TypeReference<StageResult<Embedding>>() {}.getType());
    /** How the captioner ended. */
    public static final EventType<StageResult<Caption>> CAPTION = new EventType<>(
            "CaptionResult", "io.saccade.caption.v1", new TypeReference<StageResult<Caption>>() {}.getType());
    /** How the question answering ended. */
    public static final EventType<StageResult<Answers>> ANSWERS = new EventType<>(
            "AnswersResult", "io.saccade.answers.v1", new TypeReference<StageResult<Answers>>() {}.getType());
    /** How the moderator ended. */
    public static final EventType<StageResult<Moderation>> MODERATION = new EventType<>(
            "ModerationResult", "io.saccade.moderation.v1", new TypeReference<StageResult<Moderation>>() {}.getType());
    /** The joined answer. */
    public static final EventType<ImageEnriched> IMAGE_ENRICHED =
            new EventType<>("ImageEnriched", "io.saccade.image-enriched.v1", ImageEnriched.class);
    /** What became of a dead letter. */
    public static final EventType<LetterHandled> LETTER_HANDLED =
            new EventType<>("LetterHandled", "io.saccade.letter-handled.v1", LetterHandled.class);

    /** Asks, on the images topic, for all that is known of an image to be erased; a record of this type has no value. */
    public static final String IMAGE_ERASED = "io.saccade.image-erased.v1";

    /** Every event that has a JSON value. */
    public static final List<EventType<?>> ALL = List.of(
            IMAGE_SUBMITTED, QUESTION_ASKED, EMBEDDING, CAPTION, ANSWERS, MODERATION, IMAGE_ENRICHED, LETTER_HANDLED);

    /** What the stages publish. */
    public static List<EventType<?>> resultTypes() {
        return List.of(EMBEDDING, CAPTION, ANSWERS, MODERATION);
    }

    /** What the stage of a task publishes. */
    public static EventType<? extends StageResult<?>> resultOf(Task task) {
        return switch (task) {
            case EMBEDDING -> EMBEDDING;
            case CAPTION -> CAPTION;
            case ANSWERS -> ANSWERS;
            case MODERATION -> MODERATION;
        };
    }
}
