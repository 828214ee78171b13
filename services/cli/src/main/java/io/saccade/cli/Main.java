package io.saccade.cli;

import io.saccade.cli.screen.Screen;
import io.saccade.cli.stack.Installation;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The command line as a program. */
public final class Main {

    private static final int BUG = 70;

    private Main() {}

    /** Runs one command and ends with its exit code. */
    @SuppressWarnings("SystemOut") // this is where a command line prints
    public static void main(String[] args) {
        // Kafka's clients would tell each failed connection; SACCADE_DEBUG=1 lets them.
        if (System.getProperty("org.slf4j.simpleLogger.defaultLogLevel") == null) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", isDebug() ? "info" : "off");
        }
        var context = new Context(Screen.standard(), System.err, Installation.here());
        System.exit(commandLine(context).execute(args));
    }

    /** All commands. */
    static CommandLine commandLine(Context context) {
        var commands = new CommandLine(new SaccadeCommand())
                .addSubcommand(new DemoCommand(context))
                .addSubcommand(new UpCommand(context))
                .addSubcommand(new StatusCommand(context))
                .addSubcommand(new DownCommand(context))
                .addSubcommand(new SendCommand(context))
                .addSubcommand(new WatchCommand(context))
                .addSubcommand(new ShowCommand(context))
                .addSubcommand(new EraseCommand(context))
                .addSubcommand(new PreprocessCommand(context))
                .addSubcommand(new CorpusCommand(context))
                .addSubcommand(new DlqCommand(context))
                .addSubcommand(new ReplayCommand(context))
                .addSubcommand(new TopicsCommand(context))
                .addSubcommand(new DoctorCommand(context));
        return commands.setErr(new PrintWriter(context.errors(), true, StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, _) -> wronglyAsked(e, context))
                .setExecutionExceptionHandler((e, _, _) -> failed(e, context));
    }

    private static int wronglyAsked(ParameterException e, Context context) {
        context.complain(Complaints.of(e));
        return CliException.USAGE;
    }

    private static int failed(Exception e, Context context) {
        if (e instanceof CliException expected) {
            context.complain(String.valueOf(expected.getMessage()));
            if (isDebug()) {
                expected.printStackTrace(context.errors());
            }
            return expected.exitCode();
        }
        context.complain("this should not happen: " + e + "; please report it with the output of SACCADE_DEBUG=1");
        if (isDebug()) {
            e.printStackTrace(context.errors());
        }
        return BUG;
    }

    private static boolean isDebug() {
        return "1".equals(System.getenv("SACCADE_DEBUG"));
    }
}
