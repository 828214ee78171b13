package io.saccade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.cli.screen.Screen;
import io.saccade.cli.stack.Installation;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * A command that was run inside the test, and what it said.
 *
 * @param exitCode what the process would have ended with
 * @param out      standard output
 * @param err      standard error
 */
record CommandLineRun(int exitCode, String out, String err) {

    static CommandLineRun of(String... args) {
        var root = Path.of(System.getProperty("saccade.root"));
        return in(new Installation(root, Path.of(System.getProperty("java.home"), "bin", "java")), args);
    }

    static CommandLineRun in(Installation installation, String... args) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var printed = new PrintStream(out, true, UTF_8);
        var context = new Context(new Screen(printed, false, 120), new PrintStream(err, true, UTF_8), installation);
        int exitCode =
                Main.commandLine(context).setOut(new PrintWriter(printed, true)).execute(args);
        return new CommandLineRun(exitCode, out.toString(UTF_8), err.toString(UTF_8));
    }
}
