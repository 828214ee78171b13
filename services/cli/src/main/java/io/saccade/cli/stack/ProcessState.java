package io.saccade.cli.stack;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** Where a process is between its start and its end. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "is")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ProcessState.Waiting.class, name = "WAITING"),
    @JsonSubTypes.Type(value = ProcessState.Starting.class, name = "STARTING"),
    @JsonSubTypes.Type(value = ProcessState.Ready.class, name = "READY"),
    @JsonSubTypes.Type(value = ProcessState.Exited.class, name = "EXITED")
})
public sealed interface ProcessState {

    /**
     * Not started yet.
     *
     * @param reason what it waits for
     */
    record Waiting(String reason) implements ProcessState {}

    /**
     * Started, not ready yet.
     *
     * @param reason why not
     */
    record Starting(String reason) implements ProcessState {}

    /**
     * Was ready; whether it still is, its health tells.
     *
     * @param afterMillis from its start
     */
    record Ready(long afterMillis) implements ProcessState {}

    /**
     * Has ended.
     *
     * @param exitCode as the system tells; 128 + n after signal n
     */
    record Exited(int exitCode) implements ProcessState {}
}
