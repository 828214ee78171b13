package io.saccade.faults;

import io.saccade.contract.event.ImageEnriched.Status;
import io.saccade.contract.event.Part;
import io.saccade.faults.check.Checker;
import io.saccade.faults.check.History;
import io.saccade.faults.check.Invariant;
import io.saccade.faults.check.Owed;
import io.saccade.faults.check.Seen;
import io.saccade.faults.check.Sent;
import io.saccade.faults.check.Violation;
import io.saccade.faults.lab.Lab;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What came of one run.
 *
 * @param fault      its id
 * @param seed       with which it can be played again
 * @param images     sent
 * @param took       from the first image to rest
 * @param violations of correctness, in the order of the invariants; empty when every promise was kept
 * @param trouble    why the fault could not be played or the stack did not come to rest; empty when neither
 * @param figures    what was measured, by name
 */
record Run(
        String fault,
        long seed,
        int images,
        Duration took,
        List<Violation> violations,
        String trouble,
        Map<String, String> figures) {

    private static final int ENOUGH_FOR_SPEED = 5_000;

    Run {
        violations = List.copyOf(violations);
        figures = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    /** Whether nothing was lost, doubled, mixed up or left unexplained, and everything came to rest. */
    boolean kept() {
        return violations.isEmpty() && trouble.isEmpty();
    }

    /**
     * Plays a fault on a stack that is whole, and leaves it whole.
     *
     * @param says is told now and then how far it is
     */
    static Run play(Fault fault, Lab lab, int images, long seed, Consumer<String> says) throws InterruptedException {
        return play(fault, lab, images, seed, Duration.ofSeconds(180 + images / 20), says);
    }

    /** The same, and gives up waiting for rest after a while. */
    static Run play(Fault fault, Lab lab, int images, long seed, Duration patience, Consumer<String> says)
            throws InterruptedException {
        var rows = rows(lab);
        long calls = lab.models().calls();
        long fromMemory = lab.models().answeredFromMemory();
        var memory = lab.memory();
        long start = System.nanoTime();
        var trouble = "";
        var wish = Fault.isFull(images) ? fault.wish().large() : fault.wish();
        try (var load = lab.load(fault.id(), seed, images, wish);
                var _ = new Ticker(load, says)) {
            var scene = new Fault.Scene(lab, load, seed);
            try {
                fault.play().on(scene);
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception | AssertionError e) {
                trouble = "the fault could not be played: " + e.getMessage();
            } finally {
                lab.heal();
                lab.keepAnswers(true);
            }
            if (!load.awaitRest(patience)) {
                trouble = (trouble.isEmpty() ? "" : trouble + "; ") + "the stack did not come to rest"
                        + lab.epitaphs().stream().map(text -> "; " + text).collect(Collectors.joining());
            }
            var latest = load.latestPartial();
            var history = load.history();
            var violations = Checker.check(history, fault.allowed());
            var figures = new LinkedHashMap<>(scene.figures());
            figures.putAll(figures(history, scene.began(), rows(lab) - rows));
            latest.ifPresent(late -> figures.put("read by a consumer after its deadline", late.toMillis() + " ms"));
            figures.put(
                    "calls answered from memory",
                    lab.models().answeredFromMemory() - fromMemory + " of "
                            + (lab.models().calls() - calls));
            figures.put("most memory grown", grown(memory, lab.memory()));
            return new Run(
                    fault.id(),
                    seed,
                    images,
                    Duration.ofNanos(System.nanoTime() - start),
                    violations,
                    trouble,
                    figures);
        }
    }

    /** The verdict on every invariant that is decided, with the first offenders of each. */
    List<String> verdicts() {
        var lines = new ArrayList<String>();
        for (var invariant : Invariant.values()) {
            if (!invariant.isCorrectness()) {
                continue;
            }
            var broken = violations.stream()
                    .filter(violation -> violation.invariant() == invariant)
                    .toList();
            lines.add("  " + invariant + " " + invariant.title() + ": "
                    + (broken.isEmpty() ? "kept" : "BROKEN " + broken.size() + " times"));
            broken.stream()
                    .limit(10)
                    .forEach(violation -> lines.add("      " + violation.id() + ": " + violation.text()));
        }
        if (!trouble.isEmpty()) {
            lines.add("  TROUBLE " + trouble);
        }
        figures.forEach((name, value) -> lines.add("  " + name + ": " + value));
        return lines;
    }

    private static long rows(Lab lab) {
        return Catalogue.models().stream().mapToLong(lab.models()::computed).sum();
    }

    private static Map<String, String> figures(History history, @Nullable Instant began, long computed) {
        var figures = new LinkedHashMap<String, String>();
        long accepted = count(history, Sent.Outcome.OK);
        figures.put(
                "sent",
                accepted + " accepted, " + count(history, Sent.Outcome.FAILED) + " failed, "
                        + count(history, Sent.Outcome.UNKNOWN) + " unknown");
        var last = new LinkedHashMap<String, Seen.Joined>();
        history.joined()
                .forEach(answer -> last.merge(answer.id(), answer, (a, b) -> a.revision() > b.revision() ? a : b));
        figures.put(
                "ended",
                count(last, Status.COMPLETE) + " complete, " + count(last, Status.PARTIAL) + " partial, "
                        + count(last, Status.REFUSED) + " refused, "
                        + history.dead().size() + " dead letters");
        long needed = history.sent().stream()
                .filter(sent -> sent.outcome() == Sent.Outcome.OK)
                .map(Sent::owed)
                .filter(Owed.Answer.class::isInstance)
                .mapToLong(owed -> ((Owed.Answer) owed).truth().size())
                .sum();
        figures.put(
                "computed per needed row (I6)",
                needed == 0 ? "none needed" : String.format(Locale.ROOT, "%.3f", (double) computed / needed));
        var distinct = new HashSet<List<Object>>();
        history.results().forEach(result -> distinct.add(List.of(result.imageId(), result.task())));
        figures.put(
                "results published again", Integer.toString(history.results().size() - distinct.size()));
        if (began != null) {
            figures.put("longest silence (I4)", Catalogue.seconds(silence(history, began)));
        }
        speed(history).ifPresent(speed -> figures.put("images answered a second", speed));
        long later = last.values().stream()
                .filter(answer -> answer.revision() > 1 && answer.status() == Status.COMPLETE)
                .count();
        if (later > 0) {
            figures.put("answered in part first, completed later", Long.toString(later));
        }
        lateness(history).ifPresent(late -> figures.put("latest partial answer after its deadline", late));
        behindPoison(history).ifPresent(wait -> figures.put("wait of images right behind poison", wait));
        return figures;
    }

    /**
     * How long the image after each poisoned record of its partition waited, from its acceptance to its answer, beside all
     * others: what is more than theirs is the poison's doing, the rest is the queue that all stand in.
     */
    private static java.util.Optional<String> behindPoison(History history) {
        var answered = new HashMap<String, Instant>();
        history.joined()
                .forEach(answer -> answered.merge(answer.id(), answer.completedAt(), (a, b) -> a.isBefore(b) ? a : b));
        var isBehind = new HashSet<Integer>();
        var behind = new ArrayList<Duration>();
        var others = new ArrayList<Duration>();
        for (var sent : history.sent().stream()
                .filter(sent -> sent.where() != null)
                .sorted(java.util.Comparator.comparingLong(
                        sent -> Objects.requireNonNull(sent.where()).offset()))
                .toList()) {
            int partition = Objects.requireNonNull(sent.where()).partition();
            switch (sent.owed()) {
                case Owed.Refusal _, Owed.Letter _, Owed.Other _ -> isBehind.add(partition);
                case Owed.Answer _ -> {
                    var waits = isBehind.remove(partition) ? behind : others;
                    var at = answered.get(sent.key());
                    if (at != null) {
                        waits.add(Duration.between(sent.at(), at));
                    }
                }
                default -> {
                    // no poison, and nothing owed
                }
            }
        }
        return behind.isEmpty() || others.isEmpty()
                ? java.util.Optional.empty()
                : java.util.Optional.of(spread(behind) + "; of all others " + spread(others));
    }

    private static String spread(List<Duration> waits) {
        var sorted = waits.stream().sorted().toList();
        return sorted.get(sorted.size() / 2).toMillis() + " ms in the middle, "
                + sorted.getLast().toMillis() + " ms at most";
    }

    /** Over the whole run, faults included; of a small run it says nothing but how slowly the images were sent. */
    private static java.util.Optional<String> speed(History history) {
        var first = history.sent().stream().map(Sent::at).min(Instant::compareTo);
        var last = history.joined().stream().map(Seen.Joined::completedAt).max(Instant::compareTo);
        if (history.sent().size() < ENOUGH_FOR_SPEED || first.isEmpty() || last.isEmpty()) {
            return java.util.Optional.empty();
        }
        var took = Duration.between(first.get(), last.get());
        var answered = history.joined().stream().map(Seen.Joined::id).distinct().count();
        return took.isPositive()
                ? java.util.Optional.of(Long.toString(Math.round(answered * 1_000.0 / took.toMillis())))
                : java.util.Optional.empty();
    }

    private static java.util.Optional<String> lateness(History history) {
        return history.joined().stream()
                .filter(answer -> answer.revision() == 1
                        && answer.parts().values().stream().anyMatch(part -> part.state() == Part.State.MISSING))
                .map(answer -> Duration.between(answer.deadline(), answer.completedAt()))
                .max(Duration::compareTo)
                .map(late -> late.toMillis() + " ms");
    }

    /** The longest time without a joined answer from the fault on until the last one. */
    private static Duration silence(History history, Instant began) {
        var longest = Duration.ZERO;
        var before = began;
        for (var at : history.joined().stream()
                .map(Seen.Joined::completedAt)
                .filter(at -> at.isAfter(began))
                .sorted()
                .toList()) {
            var gap = Duration.between(before, at);
            longest = gap.compareTo(longest) > 0 ? gap : longest;
            before = at;
        }
        return longest;
    }

    private static long count(History history, Sent.Outcome outcome) {
        return history.sent().stream().filter(sent -> sent.outcome() == outcome).count();
    }

    private static long count(Map<String, Seen.Joined> last, Status status) {
        return last.values().stream()
                .filter(answer -> answer.status() == status)
                .count();
    }

    private static String grown(Map<String, Long> before, Map<String, Long> after) {
        return after.entrySet().stream()
                .filter(entry -> before.containsKey(entry.getKey()))
                .max(java.util.Comparator.comparingLong(
                        entry -> entry.getValue() - Objects.requireNonNull(before.get(entry.getKey()))))
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%s by %d MB to %d MB",
                        entry.getKey(),
                        (entry.getValue() - Objects.requireNonNull(before.get(entry.getKey()))) >> 20,
                        entry.getValue() >> 20))
                .orElse("unknown");
    }
}
