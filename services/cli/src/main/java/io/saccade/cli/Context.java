package io.saccade.cli;

import io.saccade.cli.screen.Screen;
import io.saccade.cli.stack.Installation;
import java.io.PrintStream;

/**
 * What every command works with.
 *
 * @param screen       where answers go
 * @param errors       where complaints go
 * @param installation where the programs are
 */
public record Context(Screen screen, PrintStream errors, Installation installation) {

    /** Prints a complaint that does not end the command. */
    public void complain(String line) {
        errors.println("saccade: " + line);
    }
}
