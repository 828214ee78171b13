package io.saccade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.cli.deadletter.Criteria;
import io.saccade.cli.deadletter.Letter;
import io.saccade.cli.deadletter.LetterLine;
import io.saccade.cli.deadletter.LetterPage;
import io.saccade.cli.kafka.DeadLetterDesk;
import io.saccade.cli.screen.Table;
import io.saccade.contract.event.LetterHandled;
import io.saccade.contract.topic.TopicCatalogue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "dlq",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "[COMMAND]",
        description = {
            "Dead letters: records that could not be processed, with their story. Lists them, shows one, sends them back",
            "where they came from (once, however often it is asked), drops or exports them. Without a command: counts."
        },
        footer = {
            "%nExamples:",
            "  saccade dlq",
            "  saccade dlq list --reason 'model.*' --since 2h",
            "  saccade dlq redrive --stage encoder --dry-run"
        })
final class DlqCommand implements Callable<Integer> {

    private static final int SHOWN_ID = 12;
    private static final int LARGEST_BATCH = 50;

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Mixin
    private final KafkaChoice kafka = new KafkaChoice();

    DlqCommand(Context context) {
        this.context = context;
    }

    /** Counts by stage and reason. */
    @Override
    public Integer call() {
        try (var desk = desk(stack, kafka)) {
            var handled = desk.handled();
            var counts = new TreeMap<String, int[]>();
            desk.letters(letter -> {
                var story = letter.story();
                var count = counts.computeIfAbsent(
                        story.stage() + "\n" + story.failure().code(), _ -> new int[3]);
                var mark = handled.get(letter.id());
                count[mark == null ? 0 : mark.end() == LetterHandled.End.REDRIVEN ? 1 : 2]++;
            });
            var table = new Table(
                    Table.Column.text("STAGE"),
                    Table.Column.text("REASON"),
                    Table.Column.number("WAITING"),
                    Table.Column.number("REDRIVEN"),
                    Table.Column.number("DROPPED"));
            counts.forEach((name, count) -> {
                var parts = name.split("\n", 2);
                table.row(parts[0], parts[1], "" + count[0], "" + count[1], "" + count[2]);
            });
            context.screen()
                    .lines(
                            counts.isEmpty()
                                    ? List.of("no dead letters")
                                    : table.lines(context.screen().width()));
            return 0;
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the letters that wait.",
            footer = {
                "%nExamples:",
                "  saccade dlq list",
                "  saccade dlq list --stage encoder --tenant acme --since 2026-11-21T12:00:00Z",
                "  saccade dlq list --all --limit 1000"
            })
    int list(
            @Mixin StackChoice stack,
            @Mixin KafkaChoice kafka,
            @Mixin LetterChoice letters,
            @Option(names = "--all", description = "List those that were redriven or dropped, too.") boolean all,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "100",
                            description = "List so many at most (default: ${DEFAULT-VALUE}).")
                    int limit) {
        var criteria = letters.criteria();
        if (limit < 1) {
            throw CliException.usage("--limit must be at least 1, got " + limit);
        }
        try (var desk = desk(stack, kafka)) {
            var handled = desk.handled();
            var columns = new ArrayList<>(List.of(
                    Table.Column.text("LETTER"),
                    Table.Column.text("LAST TRIED"),
                    Table.Column.text("STAGE"),
                    Table.Column.text("REASON"),
                    Table.Column.number("TRIES"),
                    Table.Column.text("TENANT"),
                    Table.Column.text("KEY")));
            if (all) {
                columns.add(Table.Column.text("STATE"));
            }
            var table = new Table(columns.toArray(Table.Column[]::new));
            var found = new int[1];
            desk.letters(letter -> {
                var mark = handled.get(letter.id());
                if ((mark == null || all) && criteria.matches(letter) && ++found[0] <= limit) {
                    var story = letter.story();
                    var cells = new ArrayList<>(List.of(
                            letter.id().substring(0, SHOWN_ID),
                            story.lastTried().truncatedTo(ChronoUnit.SECONDS).toString(),
                            story.stage(),
                            story.failure().code(),
                            Integer.toString(story.attempts()),
                            letter.tenant(),
                            letter.key()));
                    if (all) {
                        cells.add(mark == null ? "waiting" : mark.end().json());
                    }
                    table.row(cells.toArray(String[]::new));
                }
            });
            if (found[0] == 0) {
                context.screen().line("no such dead letter" + (all ? "" : " waits"));
                return 0;
            }
            context.screen().lines(table.lines(context.screen().width()));
            context.screen().line(letters(found[0]) + (found[0] > limit ? ", the first " + limit + " shown" : ""));
            return 0;
        }
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Shows letters with their whole story.",
            footer = {"%nExamples:", "  saccade dlq show 5e0c2a0b8d3f", "  saccade dlq show cat-k3f9xq --value"})
    int show(
            @Mixin StackChoice stack,
            @Mixin KafkaChoice kafka,
            @Mixin LetterChoice letters,
            @Option(names = "--value", description = "Show the original value too, shortened.") boolean value) {
        var criteria = letters.criteria();
        if (criteria.isEmpty()) {
            throw CliException.usage("name a letter: its id or an image's, see 'saccade dlq list'");
        }
        try (var desk = desk(stack, kafka)) {
            var handled = desk.handled();
            var shown = new int[1];
            desk.letters(letter -> {
                if (criteria.matches(letter)) {
                    if (shown[0]++ > 0) {
                        context.screen().line("");
                    }
                    context.screen().lines(LetterPage.lines(letter, handled.get(letter.id()), value));
                }
            });
            if (shown[0] == 0) {
                throw CliException.no("there is no such dead letter; see 'saccade dlq list --all'");
            }
            return 0;
        }
    }

    @Command(
            name = "redrive",
            mixinStandardHelpOptions = true,
            description = {
                "Sends letters back to the topic and partition they came from, as they were. A letter goes back once: run",
                "it again after an interruption, or twice by mistake, and those that went are left out."
            },
            footer = {
                "%nExamples:",
                "  saccade dlq redrive --reason model.unavailable --since 2h --dry-run",
                "  saccade dlq redrive --stage encoder --model image-embedding/2 --rate 20",
                "  saccade dlq redrive --all"
            })
    int redrive(
            @Mixin StackChoice stack,
            @Mixin KafkaChoice kafka,
            @Mixin LetterChoice letters,
            @Option(names = "--all", description = "Every letter that waits, if nothing else is asked for.")
                    boolean all,
            @Option(names = "--dry-run", description = "Say how many would go, and send none.") boolean dryRun,
            @Option(
                            names = "--rate",
                            paramLabel = "N",
                            defaultValue = "100",
                            description = "So many a second at most; 0 for no limit (default: ${DEFAULT-VALUE}).")
                    int rate) {
        var criteria = chosen(letters, all);
        var pace = new Pace(rate, System::nanoTime, Thread::sleep);
        try (var desk = desk(stack, kafka)) {
            if (dryRun) {
                var waiting = waiting(desk, desk.handled(), criteria);
                context.screen().line(letters(waiting.size()) + " would be sent back");
                return 0;
            }
            try (var handling = desk.handle()) {
                var waiting = waiting(desk, desk.handled(), criteria);
                var hindered = new int[1];
                int sent = inBatches(
                        desk,
                        waiting,
                        rate,
                        pace,
                        "sent back",
                        letter -> {
                            var hindrance = handling.hindrance(letter);
                            if (!hindrance.isEmpty()) {
                                hindered[0]++;
                                context.complain(letter.id() + " stays: " + hindrance);
                            }
                            return hindrance.isEmpty();
                        },
                        batch -> handling.redrive(batch, Clock.systemUTC()));
                context.screen().line(letters(sent) + " sent back");
                return hindered[0] == 0 ? 0 : CliException.NO;
            }
        }
    }

    @Command(
            name = "drop",
            mixinStandardHelpOptions = true,
            description = "Marks letters as not needed, with a reason. They stay in their topic until it forgets them.",
            footer = {
                "%nExamples:",
                "  saccade dlq drop --reason event.malformed --because 'load test of 21 November'",
                "  saccade dlq drop 5e0c2a0b8d3f --because 'the customer left' --dry-run"
            })
    int drop(
            @Mixin StackChoice stack,
            @Mixin KafkaChoice kafka,
            @Mixin LetterChoice letters,
            @Option(names = "--because", required = true, paramLabel = "TEXT", description = "Why they are not needed.")
                    String because,
            @Option(names = "--all", description = "Every letter that waits, if nothing else is asked for.")
                    boolean all,
            @Option(names = "--dry-run", description = "Say how many would be dropped, and drop none.")
                    boolean dryRun) {
        var criteria = chosen(letters, all);
        if (because.isBlank() || because.length() > LetterHandled.LONGEST_REASON) {
            throw CliException.usage("--because must have 1 to " + LetterHandled.LONGEST_REASON + " characters, got "
                    + because.length());
        }
        try (var desk = desk(stack, kafka)) {
            if (dryRun) {
                context.screen()
                        .line(letters(waiting(desk, desk.handled(), criteria).size()) + " would be dropped");
                return 0;
            }
            try (var handling = desk.handle()) {
                var waiting = waiting(desk, desk.handled(), criteria);
                var pace = new Pace(0, System::nanoTime, Thread::sleep);
                int dropped = inBatches(
                        desk,
                        waiting,
                        0,
                        pace,
                        "dropped",
                        _ -> true,
                        batch -> handling.drop(batch, because, Clock.systemUTC()));
                context.screen().line(letters(dropped) + " dropped");
                return 0;
            }
        }
    }

    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description = "Writes letters as lines of JSON: story, key, headers and value.",
            footer = {
                "%nExamples:",
                "  saccade dlq export | jq -r '[.stage, .reason, .key] | @tsv'",
                "  saccade dlq export --tenant acme --to acme.jsonl"
            })
    int export(
            @Mixin StackChoice stack,
            @Mixin KafkaChoice kafka,
            @Mixin LetterChoice letters,
            @Option(names = "--to", paramLabel = "FILE", description = "Where to write (default: standard output).")
                    @Nullable
                    Path to) {
        var criteria = letters.criteria();
        try (var desk = desk(stack, kafka)) {
            var handled = desk.handled();
            if (to == null) {
                export(desk, criteria, handled, context.screen()::line);
                return 0;
            }
            try (var out = Files.newBufferedWriter(to, UTF_8)) {
                int count = export(desk, criteria, handled, line -> {
                    try {
                        out.write(line);
                        out.newLine();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                context.screen().line(letters(count) + " written to " + to);
                return 0;
            } catch (IOException | UncheckedIOException e) {
                throw CliException.missing(to + " could not be written: " + e.getMessage(), e);
            }
        }
    }

    private static int export(
            DeadLetterDesk desk, Criteria criteria, Map<String, LetterHandled> handled, Consumer<String> out) {
        var count = new int[1];
        desk.letters(letter -> {
            if (criteria.matches(letter)) {
                count[0]++;
                out.accept(LetterLine.of(letter, handled.get(letter.id())));
            }
        });
        return count[0];
    }

    private static Criteria chosen(LetterChoice letters, boolean all) {
        var criteria = letters.criteria();
        if (criteria.isEmpty() != all) {
            throw CliException.usage(
                    all
                            ? "--all means every letter that waits, it goes with no other choice"
                            : "say which letters: by --reason, --stage, --tenant, --model, --since, --until, a name, or --all");
        }
        return criteria;
    }

    /** Ids of the letters that are meant and wait. Ids alone: the letters themselves may hold images. */
    private static HashSet<String> waiting(DeadLetterDesk desk, Map<String, LetterHandled> handled, Criteria criteria) {
        var ids = new HashSet<String>();
        desk.letters(letter -> {
            if (!handled.containsKey(letter.id()) && criteria.matches(letter)) {
                ids.add(letter.id());
            }
        });
        return ids;
    }

    private interface Able {
        boolean test(Letter letter);
    }

    private int inBatches(
            DeadLetterDesk desk,
            HashSet<String> waiting,
            int rate,
            Pace pace,
            String done,
            Able able,
            Consumer<List<Letter>> handle) {
        int most = rate == 0 ? LARGEST_BATCH : Math.min(rate, LARGEST_BATCH);
        var batch = new ArrayList<Letter>();
        var count = new int[1];
        Runnable send = () -> {
            pace.await(batch.size()); // outside the transaction: an open one holds up those who read committed records
            handle.accept(batch);
            count[0] += batch.size();
            batch.clear();
            context.screen().draw(List.of(count[0] + " of " + letters(waiting.size()) + " " + done));
        };
        desk.letters(letter -> {
            if (waiting.contains(letter.id()) && able.test(letter)) {
                batch.add(letter);
                if (batch.size() == most) {
                    send.run();
                }
            }
        });
        if (!batch.isEmpty()) {
            send.run();
        }
        return count[0];
    }

    private static String letters(int count) {
        return count + (count == 1 ? " letter" : " letters");
    }

    private DeadLetterDesk desk(StackChoice stack, KafkaChoice kafka) {
        return new DeadLetterDesk(
                kafka.bootstrapServers(stack, context.installation()), TopicCatalogue.load(), context::complain);
    }
}
