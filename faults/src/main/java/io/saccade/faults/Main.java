package io.saccade.faults;

import io.saccade.cli.stack.Installation;
import io.saccade.faults.bugs.Bug;
import io.saccade.faults.lab.Lab;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code ./saccade faults}. */
@Command(
        name = "faults",
        mixinStandardHelpOptions = true,
        description = "Breaks a stack of its own by plan, and decides from its topics whether every promise was kept.",
        subcommands = {
            Main.ListCommand.class,
            Main.RunCommand.class,
            Main.SmokeCommand.class,
            Main.FullCommand.class,
            Main.RandomCommand.class,
            Main.BugsCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:every promise was kept", "1:one was broken, or a run did not come to rest", "2:wrongly asked"
        })
public final class Main {

    static final int KEPT = 0;
    static final int BROKEN = 1;

    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] args) {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
    }

    private static Consumer<String> says(PrintWriter out) {
        return line -> {
            out.println(line);
            out.flush();
        };
    }

    /** What every command that plays has. */
    static final class Options {

        @Option(names = "--images", paramLabel = "N", description = "Images in each run. Default: 500; F18 has 20000")
        @Nullable
        Integer images;

        @Option(names = "--seed", paramLabel = "S", description = "Replays a run. Default: ${DEFAULT-VALUE}")
        long seed = 1;

        @Option(
                names = "--brokers",
                paramLabel = "N",
                description = "1 or 3; with 1 nothing that ends a broker can go well. Default: ${DEFAULT-VALUE}")
        int brokers = 3;

        @Option(
                names = "--home",
                paramLabel = "DIR",
                description = "Where data and logs go. Default: a temporary folder")
        @Nullable
        Path home;

        @Option(
                names = "--ask-always",
                description = "Asks the real model server every time, also what it has answered before.")
        boolean askAlways;

        @Option(
                names = "--write",
                description =
                        "Merges what came of the runs into docs/guarantees.md; a run of fewer images replaces none of more.")
        boolean write;

        int images(Fault fault) {
            return images == null ? fault.usual() : images;
        }

        Path home() throws IOException {
            return home == null ? Files.createTempDirectory("saccade-faults") : home;
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Every fault, what must hold through it, and how it is made.")
    static final class ListCommand implements Callable<Integer> {

        @CommandLine.Spec
        @SuppressWarnings("NullAway.Init") // set before the call
        CommandLine.Model.CommandSpec spec;

        @Override
        public Integer call() {
            var out = spec.commandLine().getOut();
            for (var fault : Catalogue.all()) {
                out.println(fault.id() + "  " + fault.title());
                out.println("     promise: " + fault.promise());
                out.println("     how: " + fault.how());
            }
            Catalogue.NOT_YET.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey(Catalogue.BY_NUMBER))
                    .forEach(fault -> out.println(fault.getKey() + "  not run in full: " + fault.getValue()));
            out.flush();
            return KEPT;
        }
    }

    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = "Plays faults by their ids, one after the other, on one stack.",
            footer = {"%nExample:", "  ./saccade faults run F3 --images 100000 --seed 7"})
    static final class RunCommand extends Playing {

        @Parameters(arity = "1..*", paramLabel = "ID", description = "From './saccade faults list'.")
        @SuppressWarnings("NullAway.Init") // set before the call
        List<String> ids;

        @Override
        List<Fault> faults() {
            var faults = new ArrayList<Fault>();
            for (var id : ids) {
                faults.add(Catalogue.find(id)
                        .orElseThrow(() -> new CommandLine.ParameterException(
                                spec.commandLine(),
                                "there is no fault '" + id + "' that can be run; see './saccade faults list'")));
            }
            return faults;
        }
    }

    @Command(name = "smoke", mixinStandardHelpOptions = true, description = "Plays one fault of each kind, in minutes.")
    static final class SmokeCommand extends Playing {
        @Override
        List<Fault> faults() {
            return Catalogue.SMOKE.stream()
                    .map(id -> Catalogue.find(id).orElseThrow())
                    .toList();
        }
    }

    @Command(
            name = "full",
            mixinStandardHelpOptions = true,
            description = "Plays every fault; give it --images 100000 and a day.")
    static final class FullCommand extends Playing {
        @Override
        List<Fault> faults() {
            return Catalogue.all();
        }
    }

    @Command(
            name = "random",
            mixinStandardHelpOptions = true,
            description = "Plays faults by chance, from one seed, until the time is over.")
    static final class RandomCommand extends Playing {

        @Option(names = "--minutes", paramLabel = "M", description = "How long. Default: ${DEFAULT-VALUE}")
        int minutes = 10;

        @Override
        List<Fault> faults() {
            var random = new SplittableRandom(options.seed);
            var all = Catalogue.all();
            return random.ints(0, all.size()).limit(10_000).mapToObj(all::get).toList();
        }

        @Override
        Duration longest() {
            return Duration.ofMinutes(minutes);
        }
    }

    @Command(
            name = "bugs",
            mixinStandardHelpOptions = true,
            description = "Puts one bug after the other into a service (F30): the checker must catch every one.")
    static final class BugsCommand implements Callable<Integer> {

        @CommandLine.Spec
        @SuppressWarnings("NullAway.Init") // set before the call
        CommandLine.Model.CommandSpec spec;

        @Mixin
        @SuppressWarnings("NullAway.Init") // set before the call
        Options options;

        @Parameters(
                arity = "0..*",
                paramLabel = "BUG",
                description = "By name; all when left out: ${COMPLETION-CANDIDATES}")
        List<Bug> bugs = List.of();

        @Override
        public Integer call() throws IOException, InterruptedException {
            var out = spec.commandLine().getOut();
            var chosen = bugs.isEmpty() ? List.of(Bug.values()) : bugs;
            var installation = Installation.here();
            var home = options.home();
            var missed = new ArrayList<Bug>();
            out.println("Starting a stack in " + home);
            out.flush();
            try (var lab = Lab.open(home, installation, options.brokers, options.seed, 0)) {
                var sound = sound(chosen, lab, out);
                for (var bug : chosen) {
                    var run = play(bug, lab, out);
                    var shown = run.violations().stream().filter(bug::isShownBy).toList();
                    boolean caught = !shown.isEmpty() && sound.contains(bug.play());
                    out.println(bug + ": "
                            + (caught
                                    ? "caught " + shown.size() + " times, first by " + shown.getFirst()
                                    : "NOT CAUGHT")
                            + " (" + Catalogue.seconds(run.took()) + ")");
                    if (!caught) {
                        missed.add(bug);
                        run.verdicts().forEach(out::println);
                    }
                    out.flush();
                    if (options.write) {
                        Guarantees.merge(
                                installation.root(),
                                bug,
                                new Guarantees.BugRow(
                                        caught ? shown.size() : 0,
                                        LocalDate.now(ZoneOffset.UTC).toString(),
                                        options.seed,
                                        run.images()));
                    }
                }
            }
            out.println(chosen.size() - missed.size() + " of " + chosen.size() + " bugs were caught"
                    + (missed.isEmpty() ? "" : "; missed " + missed + "; logs are in " + home));
            out.flush();
            return missed.isEmpty() ? KEPT : BROKEN;
        }

        /** Which plays break nothing where there is no bug; only under these does a broken promise tell of one. */
        private Set<Bug.Play> sound(List<Bug> chosen, Lab lab, PrintWriter out) throws InterruptedException {
            var sound = EnumSet.noneOf(Bug.Play.class);
            for (var bug : chosen) {
                if (sound.contains(bug.play())) {
                    continue;
                }
                var fault = BugPlays.of(bug.play(), bug.service());
                var run = Run.play(fault, lab, options.images(fault), options.seed, BugPlays.REST, says(out));
                out.println(bug.play() + " without a bug: " + (run.kept() ? "every promise was kept" : "BROKEN") + " ("
                        + Catalogue.seconds(run.took()) + ")");
                if (run.kept()) {
                    sound.add(bug.play());
                } else {
                    run.verdicts().forEach(out::println);
                }
                out.flush();
            }
            return sound;
        }

        private Run play(Bug bug, Lab lab, PrintWriter out) throws InterruptedException {
            var healthy = lab.service(bug.service());
            var buggy = lab.add(bug.service(), bug.service() + "-buggy", List.of(bug.flag(agent())), Map.of());
            lab.retire(healthy.name(), true);
            try {
                healthy.process().terminate();
                healthy.process().awaitExit(Duration.ofMinutes(1));
                buggy.start();
                var fault = BugPlays.of(bug.play(), buggy.name());
                return Run.play(fault, lab, options.images(fault), options.seed, BugPlays.REST, says(out));
            } finally {
                lab.remove(buggy.name());
                lab.retire(healthy.name(), false);
                healthy.start();
            }
        }

        /** The jar this runs from. */
        private static String agent() {
            return Path.of(Main.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .getPath())
                    .toString();
        }
    }

    /** Starts a lab, plays, says what came of it. */
    abstract static class Playing implements Callable<Integer> {

        @CommandLine.Spec
        @SuppressWarnings("NullAway.Init") // set before the call
        CommandLine.Model.CommandSpec spec;

        @Mixin
        @SuppressWarnings("NullAway.Init") // set before the call
        Options options;

        abstract List<Fault> faults();

        Duration longest() {
            return Duration.ofDays(7);
        }

        @Override
        public Integer call() throws IOException, InterruptedException {
            PrintWriter out = spec.commandLine().getOut();
            var faults = faults();
            var runs = new ArrayList<Run>();
            long start = System.nanoTime();
            var installation = Installation.here();
            var home = options.home();
            out.println("Starting a stack with " + options.brokers + " brokers in " + home);
            out.flush();
            int most = faults.stream().mapToInt(options::images).max().orElse(0);
            try (var lab = Lab.open(home, installation, options.brokers, options.seed, most)) {
                if (options.askAlways) {
                    lab.neverKeepAnswers();
                }
                out.println("Ready after " + Catalogue.seconds(Duration.ofNanos(System.nanoTime() - start)));
                for (int i = 0; i < faults.size(); i++) {
                    if (Duration.ofNanos(System.nanoTime() - start).compareTo(longest()) > 0) {
                        break;
                    }
                    var fault = faults.get(i);
                    int images = options.images(fault);
                    out.println();
                    out.println(fault.id() + " " + fault.title() + " (" + images + " images, seed " + (options.seed + i)
                            + ")");
                    out.flush();
                    var missing = fault.need().missing();
                    if (missing.isPresent()) {
                        out.println("  SKIPPED " + missing.get());
                        out.flush();
                        continue;
                    }
                    var run = Run.play(fault, lab, images, options.seed + i, says(out));
                    runs.add(run);
                    run.verdicts().forEach(out::println);
                    out.println("  " + (run.kept() ? "KEPT" : "BROKEN") + " after " + Catalogue.seconds(run.took()));
                    out.flush();
                    if (options.write) {
                        Guarantees.merge(installation.root(), run, LocalDate.now(ZoneOffset.UTC));
                    }
                }
            }
            var broken =
                    runs.stream().filter(run -> !run.kept()).map(Run::fault).toList();
            out.println();
            out.println(runs.size() + " runs, "
                    + runs.stream().mapToInt(Run::images).sum() + " images, "
                    + Catalogue.seconds(Duration.ofNanos(System.nanoTime() - start)) + ": "
                    + (broken.isEmpty()
                            ? "every promise was kept"
                            : "broken in " + String.join(", ", broken) + "; logs are in " + home));
            out.flush();
            return broken.isEmpty() ? KEPT : BROKEN;
        }
    }
}
