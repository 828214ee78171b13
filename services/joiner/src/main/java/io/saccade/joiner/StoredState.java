package io.saccade.joiner;

import io.saccade.contract.EventJson;
import io.saccade.joiner.merge.JoinState;
import java.io.IOException;

/** The join of one image as it lies in the store: JSON, its vectors in base64. */
final class StoredState {

    private static final EventJson JSON = EventJson.withBase64Vectors();

    private StoredState() {}

    static byte[] write(JoinState state) {
        return JSON.write(state);
    }

    static JoinState read(byte[] bytes) {
        try {
            return JSON.mapper().readValue(bytes, JoinState.class);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "the stored state of an image cannot be read; was it written by another version?", e);
        }
    }
}
