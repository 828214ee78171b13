package io.saccade.faults;

import io.saccade.faults.Fault.Scene;
import io.saccade.faults.lab.Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A fault of being away for long. */
final class Backlog {

    private static final Duration WINDOW = Duration.ofSeconds(5);

    private Backlog() {}

    /** Every stage is away while images are sent; then they are started, and it is measured how they catch up. */
    static void drained(Scene scene, List<String> stages, Duration patience) throws InterruptedException {
        var services = stages.stream().map(scene.lab()::service).toList();
        services.forEach(service -> service.process().terminate());
        services.forEach(service -> service.process().awaitExit(Duration.ofMinutes(1)));
        scene.load().awaitSent(patience);
        scene.begins();
        services.forEach(Service::launch);
        services.forEach(Service::awaitReady);

        var used = scene.lab().processorTime();
        long at = scene.load().answered();
        var windows = new ArrayList<Long>();
        var first = new HashMap<String, Long>();
        var most = new HashMap<String, Long>();
        long before = scene.load().answered();
        long end = System.nanoTime() + patience.toNanos();
        while (before < scene.load().images()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the backlog was not worked off within " + patience);
            }
            Thread.sleep(WINDOW);
            long answered = scene.load().answered();
            windows.add(answered - before);
            before = answered;
            if (windows.size() * WINDOW.toSeconds() <= 15) {
                first.putAll(scene.lab().memory()); // caches and compilers have settled by then
            }
            scene.lab().memory().forEach((name, bytes) -> most.merge(name, bytes, Math::max));
        }
        // The last window ends somewhere in its middle.
        var whole = windows.subList(0, Math.max(1, windows.size() - 1));
        long peak = whole.stream().max(Long::compare).orElse(0L);
        long mean =
                Math.round(whole.stream().mapToLong(Long::longValue).average().orElse(0));
        scene.figure(
                "worked off",
                perSecond(mean) + " images a second, " + perSecond(peak) + " at best in 5 s, "
                        + perSecond(whole.stream().min(Long::compare).orElse(0L)) + " at worst");
        scene.figure("processor time an image", spent(used, scene.lab().processorTime(), before - at));
        scene.figure("memory grown from 15 s on", grown(first, most));
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
                .collect(java.util.stream.Collectors.joining(", "));
    }

    private static String perSecond(long inWindow) {
        return Long.toString(inWindow / WINDOW.toSeconds());
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
                .collect(java.util.stream.Collectors.joining(", "));
    }
}
