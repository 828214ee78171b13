package io.saccade.faults.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.event.Answer;
import io.saccade.contract.event.Answers;
import io.saccade.contract.event.Caption;
import io.saccade.contract.event.Embedding;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ModelRef;
import io.saccade.contract.event.Moderation;
import io.saccade.contract.event.Part;
import io.saccade.contract.event.Parts;
import io.saccade.contract.event.Task;
import io.saccade.contract.event.Vector;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TruthsTest {

    private static final Picture PICTURE = new Picture("a.png", List.of(), "a picture", new byte[0]);
    private static final ModelRef FIRST = new ModelRef("image-embedding", "1", "clip");
    private static final ModelRef SECOND = new ModelRef("image-embedding", "2", "clip");

    @Test
    void aVectorIsThePictureOnlyAsTheVersionItNamesSeesIt() {
        // Given
        var truths = new Truths();
        truths.learn(PICTURE, enriched(FIRST, 1, 0));
        truths.learn(PICTURE, enriched(SECOND, -1, 0));

        // Then
        assertThat(truths.words(vector(1, 0), FIRST)).isEqualTo("a.png");
        assertThat(truths.words(vector(-1, 0), SECOND)).isEqualTo("a.png");
        assertThat(truths.words(vector(1, 0), SECOND)).isEqualTo("like no picture as image-embedding/2 sees it");
        assertThat(truths.words(vector(1, 0), null)).startsWith("like no picture");
        assertThat(truths.models().get(Task.EMBEDDING)).containsOnly("image-embedding/1", "image-embedding/2");
    }

    @Test
    void aVersionThatIsNoLongerServedIsNoneToName() {
        // Given
        var truths = new Truths();
        truths.learn(PICTURE, enriched(FIRST, 1, 0));
        truths.learn(PICTURE, enriched(SECOND, -1, 0));

        // When
        truths.forget(Task.EMBEDDING, "image-embedding/2");

        // Then
        assertThat(truths.models().get(Task.EMBEDDING)).containsOnly("image-embedding/1");
        assertThat(truths.words(vector(-1, 0), SECOND)).startsWith("like no picture");
    }

    private static Embedding vector(float... values) {
        return new Embedding("space", Vector.of(values), List.of());
    }

    private static ImageEnriched enriched(ModelRef embedding, float... vector) {
        var other = new ModelRef("other", "1", "other");
        return new ImageEnriched(
                "id",
                "acme",
                1,
                ImageEnriched.Status.COMPLETE,
                null,
                null,
                new Parts(
                        part(vector(vector), embedding),
                        part(new Caption("a picture", 1.0), other),
                        part(new Answers(List.of()), other),
                        part(new Moderation(Moderation.Verdict.ALLOW, List.of(), "policy"), other)),
                Map.of(),
                Instant.EPOCH,
                Instant.EPOCH,
                Instant.EPOCH);
    }

    private static <A extends Answer> Part<A> part(A answer, ModelRef model) {
        return new Part<>(Part.State.OK, answer, null, model, null, 1);
    }
}
