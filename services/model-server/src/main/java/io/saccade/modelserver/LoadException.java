package io.saccade.modelserver;

import org.jspecify.annotations.Nullable;

/** A model, or the whole repository, that cannot be loaded; one sentence says why. */
final class LoadException extends Exception {
    LoadException(String message) {
        super(message);
    }

    LoadException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
