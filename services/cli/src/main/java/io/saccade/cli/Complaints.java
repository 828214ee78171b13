package io.saccade.cli;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** One line about a command that was given wrongly: what is wrong, what may have been meant, where it is explained. */
final class Complaints {

    private Complaints() {}

    static String of(ParameterException e) {
        var command = e.getCommandLine();
        return what(e, command) + "; see '" + command.getCommandSpec().qualifiedName() + " --help'";
    }

    private static String what(ParameterException e, CommandLine command) {
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            var given = unmatched.getUnmatched().getFirst();
            boolean isOption = given.startsWith("-");
            var known = isOption
                    ? options(command)
                    : command.getSubcommands().keySet().stream().toList();
            if (!isOption && known.isEmpty()) {
                return "'" + given + "' is one argument too many";
            }
            return "unknown " + (isOption ? "option" : "command") + " '" + given + "'"
                    + nearest(given, known)
                            .map(near -> ", did you mean '" + near + "'?")
                            .orElse(isOption ? "" : ", expected one of " + String.join(", ", known));
        }
        var cause = e.getCause();
        if (cause instanceof IllegalArgumentException && cause.getMessage() != null) {
            return cause.getMessage();
        }
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("wrongly asked");
    }

    private static List<String> options(CommandLine command) {
        return command.getCommandSpec().options().stream()
                .flatMap(option -> Stream.of(option.names()))
                .toList();
    }

    /** The known word that takes the fewest changes of letters, if these are few. */
    static Optional<String> nearest(String given, List<String> known) {
        return known.stream()
                .filter(word -> distance(given, word)
                                <= Math.max(1, (word.replace("-", "").length() + 1) / 3)
                        || given.length() > 2 && word.startsWith(given))
                .min(Comparator.comparingInt(word -> distance(given, word)));
    }

    /** Levenshtein's: insertions, deletions and replacements of one letter. */
    private static int distance(String a, String b) {
        var row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
