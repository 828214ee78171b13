package io.saccade.faults;

import io.saccade.faults.Fault.Scene;
import io.saccade.faults.lab.Service;
import io.saccade.testkit.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A fault of being away for long. */
final class Backlog {

    private static final int TENTHS = 10;

    private Backlog() {}

    /** Every stage is away while images are sent; then they are started, and it is measured how they catch up. */
    static void drained(Scene scene, List<String> stages) throws InterruptedException {
        var services = stages.stream().map(scene.lab()::service).toList();
        services.forEach(service -> service.process().terminate());
        services.forEach(service -> service.process().awaitExit(Duration.ofMinutes(1)));
        scene.load().awaitSent(scene.patience());
        scene.begins();
        services.forEach(Service::launch);
        services.forEach(Service::awaitReady);

        var used = scene.lab().processorTime();
        long at = scene.load().answered();
        long left = scene.load().images() - at;
        var speeds = new ArrayList<Long>();
        var first = new HashMap<String, Long>();
        var most = new HashMap<String, Long>();
        for (int tenth = 1; tenth <= TENTHS; tenth++) {
            long start = System.nanoTime();
            long before = scene.load().answered();
            long goal = at + left * tenth / TENTHS;
            long now = Await.value(
                    "a tenth of the backlog", scene.patience(), scene.load()::answered, answered -> answered >= goal);
            speeds.add(Math.round((now - before) * 1e9 / (System.nanoTime() - start)));
            if (tenth == 1) {
                first.putAll(scene.lab().memory()); // caches and compilers have settled by then
            }
            scene.lab().memory().forEach((name, bytes) -> most.merge(name, bytes, Math::max));
        }
        scene.figure(
                "images worked off a second, by tenths of the backlog",
                speeds.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        scene.figure("processor time an image", spent(used, scene.lab().processorTime(), left));
        scene.figure("memory grown after the first tenth", grown(first, most));
    }

    private static String spent(Map<String, Duration> before, Map<String, Duration> after, long images) {
        return after.entrySet().stream()
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%s %.2f ms",
                        entry.getKey(),
                        entry.getValue()
                                        .minus(before.getOrDefault(entry.getKey(), Duration.ZERO))
                                        .toNanos()
                                / 1e6
                                / Math.max(1, images)))
                .collect(Collectors.joining(", "));
    }

    private static String grown(Map<String, Long> first, Map<String, Long> most) {
        return first.entrySet().stream()
                .filter(entry -> most.containsKey(entry.getKey()))
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%s %+.0f %%",
                        entry.getKey(),
                        100.0 * (most.getOrDefault(entry.getKey(), 0L) - entry.getValue()) / entry.getValue()))
                .sorted()
                .collect(Collectors.joining(", "));
    }
}
