package io.saccade.contract.event;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a stage works on: an image, or questions about one that was submitted before. */
public sealed interface Request permits ImageSubmitted, QuestionAsked {

    /** Names this request: the image's id, or the id of the later question. */
    String id();

    /** The image this is about; the Kafka key. */
    String imageId();

    /** On whose behalf. */
    String tenant();

    /** Where the bytes of the image are. */
    ImageRef image();

    /** The questions to answer; empty when there is none. */
    List<Question> questions();

    /** When the answer is due, or null for the default. */
    @Nullable
    Instant deadline();

    /** Whether the request asks for this task. */
    boolean asksFor(Task task);
}
