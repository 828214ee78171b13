package io.saccade.cli;

import io.saccade.contract.event.Task;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;

/** Reads a task by its name in events; the message of a wrong one lists those there are. */
final class TaskConverter implements ITypeConverter<Task> {

    @Override
    public Task convert(String value) {
        return Task.of(value.toLowerCase(Locale.ROOT));
    }
}
