package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A question about an image that was submitted before. It carries the image again, because no stage keeps images; its
 * answer joins the image's record as a further revision.
 *
 * @param id       names this question for ever
 * @param imageId  the image it is about; the Kafka key
 * @param tenant   on whose behalf; {@code default} when left out
 * @param image    where the bytes are
 * @param question in the user's words
 * @param deadline when the answer is due; none when left out
 * @param askedAt  when it was asked; the time of the Kafka record when left out
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QuestionAsked(
        String id,
        String imageId,
        String tenant,
        ImageRef image,
        String question,
        @Nullable Instant deadline,
        @Nullable Instant askedAt)
        implements Request {

    @SuppressWarnings("ConstantValue") // JSON leaves components null, whatever the types promise
    public QuestionAsked {
        Check.id("id", id);
        Check.id("imageId", imageId);
        tenant = tenant == null ? "default" : Check.tenant(tenant);
        Check.present("image", image);
        Check.text("question", question, Question.MAX_LENGTH);
    }

    @Override
    public List<Question> questions() {
        return List.of(new Question(id, question));
    }

    @Override
    public boolean asksFor(Task task) {
        return task == Task.ANSWERS;
    }
}
