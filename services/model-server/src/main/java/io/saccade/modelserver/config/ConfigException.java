package io.saccade.modelserver.config;

/** A configuration that cannot be served. Its text is one sentence that begins with file and line. */
public final class ConfigException extends Exception {
    ConfigException(String message) {
        super(message);
    }
}
