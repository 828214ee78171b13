package io.saccade.cli;

import io.saccade.cli.kafka.Topics;
import io.saccade.cli.stack.Health;
import io.saccade.cli.stack.Installation;
import io.saccade.cli.stack.StackState;
import io.saccade.cli.stack.StateFile;
import io.saccade.contract.topic.TopicCatalogue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Looks for what commonly goes wrong, and says what to do. Exit code 1 if something does.",
        footer = {"%nExamples:", "  saccade doctor", "  saccade doctor --kafka broker-1:9092"})
final class DoctorCommand implements Callable<Integer> {

    private static final double NEEDED_MEMORY_GB = 2.5;
    private static final double NEEDED_DISK_GB = 2;
    private static final Pattern MAVEN = Pattern.compile("Apache Maven (\\d+)\\.(\\d+)\\S*");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d+) kB");

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Mixin
    private final KafkaChoice kafka = new KafkaChoice();

    DoctorCommand(Context context) {
        this.context = context;
    }

    /**
     * What was looked at.
     *
     * @param subject in a word or two
     * @param isFine  whether nothing is wrong with it
     * @param text    what it is, or what is wrong and what to do
     */
    record Finding(String subject, boolean isFine, String text) {

        static Finding fine(String subject, String text) {
            return new Finding(subject, true, text);
        }

        static Finding problem(String subject, String text) {
            return new Finding(subject, false, text);
        }

        String line() {
            return String.format(Locale.ROOT, "  %-7s  %-13s %s", isFine ? "ok" : "PROBLEM", subject, text);
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        var running = stack.running(context.installation());
        var findings = new ArrayList<Finding>();
        findings.add(jdk());
        findings.add(maven());
        findings.add(memory(running.isPresent()));
        findings.add(disk());
        findings.add(built(context.installation()));
        findings.add(models(context.installation()));
        findings.add(stackState(running));
        findings.addAll(abandoned());
        if (running.isPresent()) {
            processes(running.get(), findings);
        }
        if (running.isPresent() || kafka.isGiven()) {
            kafka(findings);
        }
        findings.forEach(finding -> context.screen().line(finding.line()));
        return findings.stream().allMatch(Finding::isFine) ? 0 : CliException.NO;
    }

    private static Finding jdk() {
        int feature = Runtime.version().feature();
        return feature == 25
                ? Finding.fine("JDK", Runtime.version() + " in " + System.getProperty("java.home"))
                : Finding.problem("JDK", "25 is needed, got " + feature + "; set JAVA_HOME to a JDK 25");
    }

    private static Finding maven() {
        try {
            var process = new ProcessBuilder("mvn", "--batch-mode", "--version")
                    .redirectErrorStream(true)
                    .start();
            var version = MAVEN.matcher(text(process.getInputStream()));
            if (!version.find()) {
                return Finding.problem("Maven", "3.8 or newer is needed, but 'mvn --version' tells no version");
            }
            boolean isNew = Integer.parseInt(version.group(1)) > 3 || Integer.parseInt(version.group(2)) >= 8;
            return isNew
                    ? Finding.fine("Maven", version.group())
                    : Finding.problem(
                            "Maven", "3.8 or newer is needed, got " + version.group() + "; install a newer one");
        } catch (IOException e) {
            return Finding.problem("Maven", "3.8 or newer is needed to build, but there is no 'mvn'; install Maven");
        }
    }

    private static Finding memory(boolean running) {
        try {
            var available = AVAILABLE.matcher(Files.readString(Path.of("/proc/meminfo")));
            if (!available.find()) {
                return Finding.fine("memory", "this system does not tell what is free");
            }
            double free = Long.parseLong(available.group(1)) * 1024 / 1e9;
            var text = String.format(Locale.ROOT, "%.1f GB are free", free);
            return running || free >= NEEDED_MEMORY_GB
                    ? Finding.fine("memory", text)
                    : Finding.problem(
                            "memory",
                            text + ", and a stack needs up to " + NEEDED_MEMORY_GB + "; close other programs");
        } catch (IOException e) {
            return Finding.fine("memory", "this system does not tell what is free");
        }
    }

    private Finding disk() {
        var home = stack.home(context.installation());
        try {
            var existing = home;
            while (!Files.exists(existing)) {
                var parent = existing.getParent();
                if (parent == null) {
                    break;
                }
                existing = parent;
            }
            double free = Files.getFileStore(existing).getUsableSpace() / 1e9;
            var text = String.format(Locale.ROOT, "%.1f GB are free for %s", free, home);
            if (!Files.isWritable(existing)) {
                return Finding.problem("disk", existing + " cannot be written; choose another folder with --home");
            }
            return free >= NEEDED_DISK_GB
                    ? Finding.fine("disk", text)
                    : Finding.problem("disk", text + ", less than " + NEEDED_DISK_GB + "; make room or use --home");
        } catch (IOException e) {
            return Finding.problem("disk", home + " cannot be looked at: " + e.getMessage());
        }
    }

    private static Finding built(Installation installation) {
        var missing = installation.missing(true);
        return missing.isEmpty()
                ? Finding.fine("build", "all programs are built in " + installation.root())
                : Finding.problem("build", "run ./saccade build; missing are " + String.join(", ", missing));
    }

    private static Finding models(Installation installation) {
        var present = new ArrayList<String>();
        var broken = new ArrayList<String>();
        try (var folders = Files.newDirectoryStream(
                installation.models(), folder -> Files.exists(folder.resolve("config.pbtxt")))) {
            for (var folder : folders) {
                boolean hasWeights = Files.exists(folder.resolve("1").resolve("model.onnx"));
                (hasWeights ? present : broken).add(String.valueOf(folder.getFileName()));
            }
        } catch (IOException e) {
            return Finding.problem("models", installation.models() + " should hold the models, but cannot be read");
        }
        if (!broken.isEmpty() || present.isEmpty()) {
            return Finding.problem(
                    "models",
                    "each folder of " + installation.models() + " needs 1/model.onnx, but "
                            + (broken.isEmpty() ? "there is no folder" : String.join(", ", broken) + " lacks it")
                            + "; check the files out again");
        }
        present.sort(null);
        return Finding.fine("models", String.join(", ", present));
    }

    private Finding stackState(Optional<StackState> running) {
        var name = stack.folder(context.installation()).name();
        return running.map(state -> Finding.fine("stack", "'" + name + "' is " + state.phase()))
                .orElseGet(() -> Finding.fine(
                        "stack", "'" + name + "' does not run; start it with 'saccade up" + stack.asOptions() + "'"));
    }

    /** Stacks whose supervisor was killed while their processes live on. */
    private List<Finding> abandoned() {
        var home = stack.home(context.installation());
        var findings = new ArrayList<Finding>();
        if (!Files.isDirectory(home)) {
            return findings;
        }
        try (var folders = Files.newDirectoryStream(home, folder -> Files.exists(folder.resolve("state.json")))) {
            for (var folder : folders) {
                var state = new StateFile(folder.resolve("state.json")).read();
                state.filter(found -> found.supervisor().running().isEmpty()).ifPresent(found -> {
                    long left = found.processes().stream()
                            .filter(process -> process.running().isPresent())
                            .count();
                    findings.add(Finding.problem(
                            "stack",
                            "'" + found.name() + "' was not stopped, and " + left
                                    + " of its processes run; stop them with 'saccade down --name " + found.name()
                                    + "'"));
                });
            }
        } catch (IOException | CliException e) {
            findings.add(Finding.problem("stack", home + " cannot be looked through: " + e.getMessage()));
        }
        return findings;
    }

    private static void processes(StackState state, List<Finding> findings) throws InterruptedException {
        var http = Health.client();
        for (var process : state.processes()) {
            if (process.running().isEmpty()) {
                findings.add(Finding.problem(process.name(), "does not run; read " + process.log()));
                continue;
            }
            var health = Health.ask(process.health(), http);
            findings.add(
                    health.ready()
                            ? Finding.fine(process.name(), "ready at " + process.address())
                            : Finding.problem(process.name(), health.reason() + "; read " + process.log()));
        }
    }

    private void kafka(List<Finding> findings) {
        var bootstrapServers = kafka.bootstrapServers(stack, context.installation());
        try (var topics = Topics.on(bootstrapServers, TopicCatalogue.load())) {
            findings.add(Finding.fine("Kafka", "answers at " + bootstrapServers));
            var problems = Topics.problems(topics.actual());
            problems.forEach(problem -> findings.add(Finding.problem("topics", problem)));
            if (problems.isEmpty()) {
                findings.add(Finding.fine("topics", "all exist, with equal partitions"));
            }
        } catch (CliException e) {
            findings.add(Finding.problem("Kafka", String.valueOf(e.getMessage())));
        }
    }

    private static String text(InputStream stream) throws IOException {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
