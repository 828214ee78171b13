package io.saccade.faults.lab;

import io.saccade.faults.check.History;
import io.saccade.faults.check.Owed;
import io.saccade.faults.check.Seen;
import io.saccade.faults.check.Sent;
import io.saccade.testkit.Await;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The images of one run: sent by a thread of their own once somebody waits for them, watched until they have come to rest, handed over as a
 * history. For one thread at a time. */
public final class Load implements AutoCloseable {

    private final Lab lab;
    private final String prefix;
    private final int images;
    private final Driver driver;
    private final Workload workload;
    private final Thread sender;
    private boolean started;
    private volatile @Nullable Throwable failure;

    Load(Lab lab, String prefix, long seed, int images, Wish wish) {
        this.lab = lab;
        this.prefix = prefix;
        this.images = images;
        this.driver = lab.driver();
        this.workload = new Workload(prefix, seed, lab.material(), lab.truths(), wish.asWorkload());
        this.sender = Thread.ofPlatform().daemon().name("driver").unstarted(() -> {
            try {
                driver.send(workload, images, wish.perSecond(images), wish.open(), this::answered);
            } catch (RuntimeException e) {
                failure = e;
            }
        });
    }

    /**
     * What a run wants of its images.
     *
     * @param deadline  from sending on
     * @param others    what is among the good images
     * @param share     of it among them, 0..1
     * @param copies    how often each event is sent, at least 1
     * @param spread    how long sending takes at least; zero for as fast as Kafka takes them
     * @param open      how many images may be without an answer before more are sent
     * @param everyTask whether every image asks for everything; else most ask for one or two things
     */
    public record Wish(
            Duration deadline, Others others, double share, int copies, Duration spread, int open, boolean everyTask) {

        /** Good images, as fast as Kafka takes them, with time enough to be answered after any fault. */
        public static final Wish AT_ONCE =
                new Wish(Duration.ofMinutes(10), Others.NONE, 0, 1, Duration.ZERO, Integer.MAX_VALUE, false);

        /** The same, but spread over some time, so that a fault falls into their flow though they are few. */
        public static final Wish FLOWING = AT_ONCE.spread(Duration.ofSeconds(15));

        /** As many images take longer than a short run may. */
        private static final Duration LARGE = Duration.ofHours(2);

        /** Where images flow, a large run is to show a stack that keeps up and breaks, not one that works off a backlog. */
        private static final int OPEN_WHERE_THEY_FLOW = 2_000;

        /** With another deadline. */
        public Wish within(Duration deadline) {
            return new Wish(deadline, others, share, copies, spread, open, everyTask);
        }

        /** With others among them. */
        public Wish among(Others others, double share) {
            return new Wish(deadline, others, share, copies, spread, open, everyTask);
        }

        /** With every event sent so often. */
        public Wish copied(int copies) {
            return new Wish(deadline, others, share, copies, spread, open, everyTask);
        }

        /** Sent over so long a time at least. */
        public Wish spread(Duration spread) {
            return new Wish(deadline, others, share, copies, spread, open, everyTask);
        }

        /** With every task asked of every image. */
        public Wish forEverything() {
            return new Wish(deadline, others, share, copies, spread, open, true);
        }

        /** For a large run: poison is as rare as it is in life, and no image is late only because there are so many. */
        public Wish large() {
            return new Wish(
                    deadline.compareTo(AT_ONCE.deadline) < 0 ? deadline : LARGE,
                    others,
                    others == Others.POISON ? 0.001 : share,
                    copies,
                    spread,
                    spread.isZero() ? open : OPEN_WHERE_THEY_FLOW,
                    everyTask);
        }

        Workload.Wish asWorkload() {
            return new Workload.Wish(deadline, others, share, copies, everyTask);
        }

        int perSecond(int images) {
            return spread.isZero() ? 0 : (int) Math.max(1, images / spread.toSeconds());
        }
    }

    /** Starts sending, unless it has; returns at once. Whoever waits for something of this load starts it. */
    public void start() {
        if (!started) {
            started = true;
            sender.start();
        }
    }

    /** How many images the run has. */
    public int images() {
        return images;
    }

    /** How many images have a joined answer. */
    public long answered() {
        return lab.tail().answered(prefix);
    }

    /** Waits until so many images have a joined answer: a point in the middle of the work, wherever time stands. */
    public void awaitAnswered(double share, Duration patience) {
        start();
        long wanted = Math.max(1, Math.round(images * share));
        Await.value(wanted + " answers of " + images, patience, this::answered, answered -> answered >= wanted);
    }

    /** Waits until such a share of the images is handed over. */
    public void awaitSent(double share, Duration patience) {
        start();
        long wanted = Math.round(images * share);
        Await.value(wanted + " images to be sent", patience, driver::images, sent -> sent >= wanted);
    }

    /** Rows that the models have to compute for the images that were accepted so far: one for each part of an answer. */
    public long rows() {
        return driver.log().stream()
                .filter(sent -> sent.outcome() == Sent.Outcome.OK)
                .mapToLong(sent -> sent.owed() instanceof Owed.Answer answer
                        ? answer.truth().size()
                        : 0)
                .sum();
    }

    /** Waits until every image is handed over and acknowledged or failed. */
    public void awaitSent(Duration patience) {
        start();
        Await.until("every image to be sent", patience, () -> !sender.isAlive() && driver.open() == 0);
        if (failure != null) {
            throw new IllegalStateException("the driver broke", failure);
        }
    }

    /**
     * Waits until everything has come to rest, or does no more: every accepted image answered without a missing part,
     * every group at the end of its topics, every topic read to its end. What is still missing after that is the checker's
     * to say.
     *
     * @return whether it came to rest
     */
    public boolean awaitRest(Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        awaitSent(patience);
        var open = new HashSet<String>();
        for (var sent : driver.log()) {
            boolean isAnswered = !(sent.owed() instanceof Owed.Letter || sent.owed() instanceof Owed.Other);
            if (sent.outcome() == Sent.Outcome.OK && sent.key() != null && isAnswered) {
                open.add(sent.key());
            }
        }
        while (System.nanoTime() < end) {
            open.removeIf(id -> lab.tail().progress(id) == Tail.Progress.WHOLE);
            if (open.isEmpty() && isSettled() && lab.tail().catchUp(Duration.ofSeconds(30))) {
                dropImages();
                return true;
            }
            Thread.sleep(200);
        }
        lab.tail().catchUp(Duration.ofSeconds(30));
        return false;
    }

    /** What is not deleted now is deleted after the next run: it only takes room. */
    private void dropImages() throws InterruptedException {
        try {
            lab.dropImages();
        } catch (ExecutionException | TimeoutException e) {
            // a broker that has just come back
        }
    }

    private boolean isSettled() throws InterruptedException {
        try {
            return lab.lag().values().stream().allMatch(lag -> lag <= 0);
        } catch (ExecutionException | TimeoutException e) {
            return false; // a broker that has just come back
        }
    }

    /** How long after their deadlines answers that lack a part could be read, the longest; empty when there were none. */
    public Optional<Duration> latestPartial() {
        return lab.tail().latestPartial(prefix);
    }

    /** Everything this run sent and caused. Takes what lies there: ask once, when all is at rest. */
    public History history() throws InterruptedException {
        Map<String, Long> lag;
        try {
            lag = lab.lag();
        } catch (ExecutionException | TimeoutException e) {
            lag = Map.of("unknown", -1L);
        }
        var sent = List.copyOf(driver.log());
        var letters = sent.stream()
                .filter(record -> record.key() == null && record.where() != null)
                .map(Sent::where)
                .collect(Collectors.toSet());
        var joined = new ArrayList<Seen.Joined>();
        var results = new ArrayList<Seen.Result>();
        var dead = new ArrayList<Seen.Dead>();
        var foreign = new ArrayList<Seen.Unreadable>();
        for (var seen : lab.tail().take()) {
            switch (seen) {
                case Seen.Joined answer -> {
                    if (isOurs(answer.id()) || isOurs(answer.key())) {
                        joined.add(answer);
                    }
                }
                case Seen.Result result -> {
                    if (isOurs(result.imageId()) || isOurs(result.key())) {
                        results.add(result);
                    }
                }
                case Seen.Dead letter -> {
                    var story = letter.story();
                    var source = story == null
                            ? null
                            : new io.saccade.faults.check.Where(story.topic(), story.partition(), story.offset());
                    if (isOurs(letter.key()) || letters.contains(source) || story == null) {
                        dead.add(letter);
                    }
                }
                case Seen.Unreadable record -> foreign.add(record);
            }
        }
        lab.tail().forget(prefix);
        return new History(
                sent,
                joined,
                results,
                dead,
                foreign,
                new HashMap<>(lag),
                lab.truths().models());
    }

    /** When images were accepted, first and last; the same instant when there were none. */
    public Instant lastSent() {
        return driver.log().stream().map(Sent::at).max(Instant::compareTo).orElse(Instant.EPOCH);
    }

    @Override
    public void close() {
        driver.close();
        lab.runIsOver();
    }

    private boolean isOurs(@Nullable String id) {
        return id != null && id.startsWith(prefix);
    }
}
