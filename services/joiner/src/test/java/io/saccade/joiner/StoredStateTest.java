package io.saccade.joiner;

import static io.saccade.joiner.merge.Given.NOW;
import static io.saccade.joiner.merge.Given.done;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.event.Task;
import io.saccade.joiner.merge.JoinState;
import org.junit.jupiter.api.Test;

class StoredStateTest {

    @Test
    void readsWhatItWrote() {
        // Given: results of two images under one id, of which none was submitted yet
        var state = JoinState.NEW
                .result(done(Task.CAPTION), NOW)
                .next()
                .result(done(Task.MODERATION, "image-1", "cd".repeat(32)), NOW)
                .next();

        // Then
        assertThat(StoredState.read(StoredState.write(state))).isEqualTo(state);
    }

    @Test
    void readsWhatWasWrittenBeforeOtherBytesWereKept() {
        assertThat(StoredState.read(
                        "{\"state\":\"waiting\",\"submission\":null,\"results\":{},\"revision\":0}".getBytes(UTF_8)))
                .isEqualTo(JoinState.NEW);
    }
}
