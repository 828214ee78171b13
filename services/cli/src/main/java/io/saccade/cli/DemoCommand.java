package io.saccade.cli;

import io.saccade.cli.demo.Comparison;
import io.saccade.cli.demo.DemoPicture;
import io.saccade.cli.demo.Sheet;
import io.saccade.cli.kafka.EnrichedReader;
import io.saccade.cli.kafka.Submitter;
import io.saccade.cli.picture.Courier;
import io.saccade.cli.picture.ImageIds;
import io.saccade.cli.screen.ShortJson;
import io.saccade.cli.screen.Summary;
import io.saccade.cli.screen.Table;
import io.saccade.cli.stack.Progress;
import io.saccade.cli.stack.StackFolder;
import io.saccade.cli.stack.StackSpec;
import io.saccade.cli.stack.StackState;
import io.saccade.cli.stack.Startup;
import io.saccade.cli.stack.StateFile;
import io.saccade.contract.event.ImageEnriched;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Sends the demo's pictures with their questions through a stack, shows the joined answers, and compares them with",
            "what was drawn. Uses the running stack; without one, and with --triton, it starts its own and stops it in the end.",
            "Exit code 0 when every picture has a joined answer."
        },
        footer = {
            "%nExamples:",
            "  saccade demo",
            "  saccade demo --keep     leaves the stack running",
            "  saccade demo --triton   the same on NVIDIA's Triton"
        })
final class DemoCommand implements Callable<Integer> {

    private static final Duration START_PATIENCE = Duration.ofMinutes(3);
    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(90);
    private static final Duration JOIN_DEADLINE = Duration.ofSeconds(30);

    private final Context context;

    @Mixin
    private final StackChoice stack = new StackChoice();

    @Mixin
    private final TritonChoice triton = new TritonChoice();

    @Option(names = "--keep", description = "Leave a stack that was started for this running.")
    private boolean keep;

    @Option(names = "--out", paramLabel = "FILE", description = "Where the HTML sheet goes (default: a new file).")
    private @Nullable Path out;

    DemoCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        var folder = context.installation().demo();
        var pictures = DemoPicture.load(folder);
        var running = stack.running(context.installation()).filter(state -> state.phase() == StackState.Phase.READY);
        if (running.isPresent() && !triton.isGiven()) {
            context.screen().line("Using the running stack '" + running.get().name() + "'");
            return show(pictures, running.get().bootstrapServers(), stack.folder(context.installation()));
        }
        return keep ? inStackThatStays(pictures) : inStackOfItsOwn(pictures);
    }

    private int inStackThatStays(List<DemoPicture> pictures) throws InterruptedException, IOException {
        var folder = stack.folder(context.installation());
        var home = String.valueOf(folder.path().getParent());
        var up = new ArrayList<>(List.of("up", "--name", folder.name(), "--home", home));
        up.addAll(triton.asArguments());
        UpCommand.detach(context, folder, up, START_PATIENCE);
        var state = new StateFile(folder.state()).read().orElseThrow();
        int code = show(pictures, state.bootstrapServers(), folder);
        context.screen()
                .line("The stack runs on: saccade send PATH..." + stack.asOptions() + ", saccade watch"
                        + stack.asOptions() + ", saccade down" + stack.asOptions());
        return code;
    }

    private int inStackOfItsOwn(List<DemoPicture> pictures) throws InterruptedException, IOException {
        var folder = StackFolder.of(stack.home(context.installation()), "demo-" + chance());
        var wanted = new StackSpec(folder, null, triton.modelServer(), null, JOIN_DEADLINE);
        int code = CliException.NO;
        try (var supervisor = Startup.open(wanted, context.installation(), Startup.PortWish.any())) {
            UpCommand.stopOnSignal(supervisor, context);
            context.screen().line("Starting a stack for the demo in " + folder.path());
            var took = Startup.run(supervisor, new Progress(context.screen()), true, START_PATIENCE);
            context.screen()
                    .line(String.format(
                            Locale.ROOT,
                            "Ready after %.1f s, %.2f GB of memory.",
                            took.toMillis() / 1_000.0,
                            UpCommand.memory(supervisor.state()) / 1e9));
            code = show(pictures, supervisor.state().bootstrapServers(), folder);
            context.screen().line("Stopping the stack.");
            supervisor.stop(_ -> {});
        }
        if (code == 0) {
            delete(folder.path());
        } else {
            context.complain("not every picture was answered; logs and data stay in " + folder.path());
        }
        return code;
    }

    private int show(List<DemoPicture> pictures, String bootstrapServers, StackFolder folder) throws IOException {
        long start = System.nanoTime();
        var answers = submit(pictures, bootstrapServers, folder);
        var entries = new ArrayList<Sheet.Entry>();
        var table = Summary.table();
        for (var picture : pictures) {
            var answer = answers.get(picture);
            ImageEnriched event = answer == null ? null : answer.event();
            if (event == null) {
                table.row(picture.file(), "no joined answer came", "", "", "", "", "");
            } else {
                new Summary(event).addTo(table, picture.file());
            }
            entries.add(new Sheet.Entry(
                    picture,
                    Files.readAllBytes(context.installation().demo().resolve(picture.file())),
                    event,
                    Comparison.differences(picture, event)));
        }
        var screen = context.screen();
        screen.line("");
        screen.lines(table.lines(screen.width()));
        answers.values().stream()
                .filter(answer -> answer.event().status() == ImageEnriched.Status.COMPLETE)
                .findFirst()
                .ifPresent(answer -> {
                    screen.line("");
                    screen.line("One joined record as it is in "
                            + TopicCatalogue.load().name(Topic.ENRICHED) + ":");
                    screen.lines(ShortJson.lines(answer.value()));
                });
        sum(pictures, answers, entries, Duration.ofNanos(System.nanoTime() - start));
        return answers.size() == pictures.size() ? 0 : CliException.NO;
    }

    private void sum(
            List<DemoPicture> pictures,
            Map<DemoPicture, EnrichedReader.Enriched> answers,
            List<Sheet.Entry> entries,
            Duration took)
            throws IOException {
        var screen = context.screen();
        long asDrawn =
                entries.stream().filter(entry -> entry.differences().isEmpty()).count();
        var sum = String.format(
                Locale.ROOT,
                "%d pictures, %d joined answers in %.1f s; %d of %d as drawn.",
                pictures.size(),
                answers.size(),
                took.toMillis() / 1_000.0,
                asDrawn,
                pictures.size());
        screen.line("");
        screen.line(sum);
        for (var entry : entries) {
            entry.differences()
                    .forEach(difference -> screen.line("  " + entry.picture().file() + "  " + difference));
        }
        var file = out == null ? sheetFile() : out.toAbsolutePath();
        if (file.getParent() != null) {
            Files.createDirectories(file.getParent());
        }
        Files.writeString(file, Sheet.html(sum, entries));
        screen.line("The pictures beside their answers: " + file.toUri());
    }

    /** Sends the pictures and waits for their answers; a picture without one is not in the map. */
    private Map<DemoPicture, EnrichedReader.Enriched> submit(
            List<DemoPicture> pictures, String bootstrapServers, StackFolder folder) {
        var topics = TopicCatalogue.load();
        var courier = new Courier(new ImageIds(new SecureRandom()), folder.spool());
        try (var submitter = new Submitter(bootstrapServers, topics.name(Topic.IMAGES));
                var reader = new EnrichedReader(bootstrapServers, topics.name(Topic.ENRICHED), context::complain)) {
            var waiting = new LinkedHashMap<String, DemoPicture>();
            for (var picture : pictures) {
                var image = pack(picture, courier);
                submitter.await(image.id(), submitter.send(image));
                waiting.put(image.id(), picture);
            }
            context.screen()
                    .line("Sent " + pictures.size() + " pictures to " + topics.name(Topic.IMAGES) + " on "
                            + bootstrapServers);
            return collect(waiting, reader);
        }
    }

    private ImageSubmitted pack(DemoPicture picture, Courier courier) {
        var wish = new Courier.Wish(picture.text(), picture.questions(), Set.of());
        return courier.pack(context.installation().demo().resolve(picture.file()), wish);
    }

    private Map<DemoPicture, EnrichedReader.Enriched> collect(Map<String, DemoPicture> waiting, EnrichedReader reader) {
        var answers = new LinkedHashMap<DemoPicture, EnrichedReader.Enriched>();
        long last = System.nanoTime();
        while (answers.size() < waiting.size() && System.nanoTime() - last < ANSWER_PATIENCE.toNanos()) {
            for (var answer : reader.poll()) {
                var picture = waiting.get(answer.event().id());
                if (picture != null) {
                    answers.put(picture, answer);
                    last = System.nanoTime();
                    var line =
                            "  " + answers.size() + " of " + waiting.size() + "  " + WatchCommand.line(answer.event());
                    context.screen().line(Table.cut(line, context.screen().width()));
                }
            }
            context.screen().draw(List.of("  waiting for " + (waiting.size() - answers.size()) + " more"));
        }
        context.screen().draw(List.of());
        return answers;
    }

    private Path sheetFile() {
        var time = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
        return stack.home(context.installation()).resolve("demos").resolve(time + "-" + chance() + ".html");
    }

    private static String chance() {
        var bytes = new byte[3];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static void delete(Path folder) throws IOException {
        try (var entries = Files.walk(folder)) {
            for (var entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        }
    }
}
