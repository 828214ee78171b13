package io.saccade.faults;

import static java.util.Objects.requireNonNull;

import io.grpc.Status.Code;
import io.saccade.contract.topic.Topic;
import io.saccade.faults.Fault.Need;
import io.saccade.faults.Fault.Scene;
import io.saccade.faults.check.Allowed;
import io.saccade.faults.lab.Load;
import io.saccade.faults.lab.Others;
import io.saccade.faults.lab.Service;
import io.saccade.testkit.Await;
import io.saccade.testkit.fault.Conditions;
import io.saccade.testkit.fault.FaultyLink.Direction;
import io.saccade.testkit.fault.FaultyModelServer.Plan;
import io.saccade.testkit.fault.ModelFault;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Every fault there is, and what of them is known and not run. */
public final class Catalogue {

    private static final List<String> STAGES = List.of("encoder", "captioner", "vqa", "moderator");
    private static final List<String> ALL = List.of("encoder", "captioner", "vqa", "moderator", "joiner");
    private static final List<String> MODELS = List.of("image-embedding", "caption", "vqa", "moderation");

    private static final String NOTHING_LOST = "nothing is lost, doubled or mixed up";

    private Catalogue() {}

    /** F2 before F10. */
    static final Comparator<String> BY_NUMBER = Comparator.comparingInt(id -> Integer.parseInt(id.substring(1)));

    /** Faults of the list that cannot be run yet, or in part, by id, and why. */
    public static final Map<String, String> NOT_YET = Map.of(
            "F28",
            "only collectors of traces and metrics are away; the local stack has no schema registry, no identity provider and no"
                    + " object store to be away");

    /** Every fault that can be run, in the order of the list. */
    public static List<Fault> all() {
        return List.of(
                new Fault(
                        "F1",
                        "A broker is killed",
                        NOTHING_LOST + ", and answers flow again within 8 s",
                        "kill -9 of the broker that leads a partition of the images, then its restart; five times in a large run",
                        Load.Wish.FLOWING,
                        Allowed.NOTHING,
                        Catalogue::killLeader),
                new Fault(
                        "F2",
                        "The coordinating broker is killed",
                        NOTHING_LOST + ", and answers flow again within 15 s",
                        "kill -9 of the broker that coordinates a stage's group, then of the one that coordinates the join",
                        Load.Wish.FLOWING,
                        Allowed.NOTHING,
                        Catalogue::killCoordinator),
                new Fault(
                        "F3",
                        "A service is killed",
                        NOTHING_LOST + ", and answers flow again within 12 s",
                        "kill -9 of each stage and of the joiner in turn, at random points of the work, each started again at once",
                        Load.Wish.FLOWING,
                        Allowed.NOTHING,
                        Catalogue::killServices),
                new Fault(
                        "F4",
                        "The joiner is killed with every image open",
                        NOTHING_LOST + "; what was known of open images is restored",
                        "one model is down so that no image can end, the joiner is killed and started on an empty disk, the model comes back",
                        Load.Wish.AT_ONCE,
                        Allowed.NOTHING,
                        Catalogue::killJoinerWithOpenImages),
                new Fault(
                        "F5",
                        "A service stands still and comes back as a zombie",
                        NOTHING_LOST + "; what the zombie still writes counts for nothing",
                        "SIGSTOP of a captioner and of a joiner beyond their sessions while replicas take over, then SIGCONT",
                        Load.Wish.FLOWING,
                        Allowed.NOTHING,
                        Catalogue::zombie),
                new Fault(
                        "F6",
                        "A broker stands still",
                        NOTHING_LOST + ", and answers flow again within 8 s",
                        "SIGSTOP of a leading broker for 10 s (60 s in a large run), then SIGCONT",
                        Load.Wish.FLOWING,
                        Allowed.NOTHING,
                        Catalogue::suspendBroker),
                new Fault(
                        "F7",
                        "Clients and a broker are cut apart",
                        NOTHING_LOST + ", and answers flow again within 5 s of the end",
                        "no byte passes between any client and one broker for 6 s (60 s in a large run), then none from it, then every connection is reset",
                        Load.Wish.FLOWING,
                        Allowed.NOTHING,
                        Catalogue::partition),
                new Fault(
                        "F8",
                        "The network is slow and narrow",
                        NOTHING_LOST + "; no rebalance, no dead letter",
                        "100 ms and 3 Mbit/s (30 in a large run) on every connection to every broker for the whole run",
                        Load.Wish.AT_ONCE,
                        Allowed.NOTHING,
                        Catalogue::slowNetwork),
                new Fault(
                        "F9",
                        "The ends of transactions come late",
                        NOTHING_LOST
                                + "; a reader of committed records sees nothing that is taken back, and nothing stays open",
                        "the brokers reach each other through links: these are slow (0.7 to 1 s) for 15 s (60 s in a large run), then the broker that coordinates the join's transactions stands still for 14 s, longer than a transaction may last, then it is cut off from the others for 8 s (30 s in a large run) while clients still reach it",
                        Load.Wish.FLOWING.spread(Duration.ofSeconds(25)),
                        Allowed.NOTHING,
                        scene -> Transactions.delayedEnds(scene)),
                new Fault(
                        "F10",
                        "A storm of rebalances",
                        NOTHING_LOST + ", and little is computed twice",
                        "a member that does nothing joins and leaves the captioner's group every 2 s",
                        Load.Wish.FLOWING.spread(Duration.ofSeconds(20)),
                        Allowed.NOTHING,
                        Catalogue::rebalanceStorm),
                new Fault(
                        "F11",
                        "A rolling restart",
                        NOTHING_LOST + "; no dead letter",
                        "SIGTERM of every service in turn, each started again once it has ended, under load",
                        Load.Wish.FLOWING,
                        Allowed.NOTHING,
                        Catalogue::rollingRestart),
                new Fault(
                        "F12",
                        "A stage is told to stop with 500 images in flight",
                        NOTHING_LOST + "; no dead letter; it has ended within 20 s",
                        "a captioner that holds up to 512 records takes 500 that wait for it, each call takes 10 s, and it gets SIGTERM when all are at work",
                        Load.Wish.AT_ONCE.forEverything(),
                        Allowed.NOTHING,
                        Catalogue::stopWithManyInFlight),
                new Fault(
                        "F13",
                        "Poison among good images",
                        "each bad record is explained once, no good one is lost, and none waits behind it for more than a second",
                        "2 % (1 in 1,000 in a large run) of the records are broken JSON, of wrong types, without key or value, too long, of another id than their key, from the next year, another image under an id that is taken, no text, or no image",
                        Load.Wish.FLOWING.among(Others.POISON, 0.02),
                        Allowed.NOTHING,
                        scene -> {}),
                new Fault(
                        "F14",
                        "Broken pictures as live traffic",
                        "each is refused with a code or read, no service dies, and every good image is answered",
                        "half of the images are cut off, begin with something else, claim billions of pixels, have flipped bits, holes, halves of two pictures, noise, or are files that no decoder here may read",
                        Load.Wish.AT_ONCE.among(Others.BROKEN_PICTURES, 0.5),
                        Allowed.NOTHING,
                        scene -> Inputs.brokenPictures(scene)),
                new Fault(
                        "F15",
                        "Every event comes three times",
                        "one answer for each image",
                        "each submission is sent three times",
                        Load.Wish.AT_ONCE.copied(3),
                        Allowed.NOTHING,
                        scene -> {}),
                new Fault(
                        "F16",
                        "Parts come late and out of order",
                        "a late part makes a further revision, and none is dropped",
                        "a tenth of all calls take 5 s, the deadline is 4 s after submission",
                        Load.Wish.AT_ONCE.within(Duration.ofSeconds(4)),
                        Allowed.NOTHING,
                        Catalogue::lateParts),
                new Fault(
                        "F17",
                        "The last image, then silence",
                        "an image is answered at its deadline though no other record follows",
                        "one model is down, images with a deadline of 5 s are sent, then nothing; the model comes back after the partial answers",
                        Load.Wish.FLOWING.within(Duration.ofSeconds(5)).forEverything(),
                        Allowed.NOTHING,
                        scene -> modelDown(scene, "caption")),
                new Fault(
                                "F18",
                                "A backlog",
                                NOTHING_LOST + "; it is worked off at an even pace, and memory does not grow with it",
                                "every stage is away while all images are sent, then all are started",
                                Load.Wish.AT_ONCE,
                                Allowed.NOTHING,
                                scene -> Backlog.drained(scene, STAGES))
                        .usually(20_000),
                new Fault(
                        "F19",
                        "One model is down",
                        "answers come at their deadline and say what is missing; when the model is back every one is completed",
                        "the model for questions is down until every image has its partial answer",
                        Load.Wish.FLOWING.within(Duration.ofSeconds(8)),
                        Allowed.NOTHING,
                        scene -> modelDown(scene, "vqa")),
                new Fault(
                        "F20",
                        "A model becomes ten times slower",
                        "partitions pause; no rebalance, no dead letter",
                        "every call takes 500 ms more until half of the images are answered",
                        Load.Wish.AT_ONCE,
                        Allowed.NOTHING,
                        Catalogue::slowModel),
                new Fault(
                        "F21",
                        "The model server is killed",
                        NOTHING_LOST + "; no dead letter; answers flow again within 3 s of its return",
                        "kill -9 of the model server in the middle of the work, its return after 3 s; five times in a large run",
                        Load.Wish.FLOWING,
                        Allowed.NOTHING,
                        Catalogue::killModelServer),
                new Fault(
                        "F22",
                        "Half of all calls to the models fail",
                        "the models get at most 1.2 calls for each row that is asked for; what has to wait is answered once they are well",
                        "half of the calls fail with a code that may pass (full, away, late, internal, aborted) until every request has been tried once, then none does; one connection in a while is told to go away",
                        Load.Wish.FLOWING,
                        Allowed.givingUp("model.unavailable", "model.overloaded"),
                        Catalogue::failingCalls),
                new Fault(
                        "F23",
                        "Models answer nonsense",
                        "nothing wrong is ever published; each case is explained",
                        "one call in twenty is answered with NaN, infinity, another shape or type, too few bytes, nothing, or words outside of the vocabulary",
                        Load.Wish.AT_ONCE,
                        Allowed.givingUp("model.bad_output", "model.rejected"),
                        Catalogue::nonsense),
                new Fault(
                        "F24",
                        "A model is replaced",
                        NOTHING_LOST
                                + "; each vector is what the version it names says of its image; a version that cannot be loaded changes nothing",
                        "a second version of the image model, whose vectors point the other way, is loaded under load, a third cannot be loaded, the first comes back, then the second again",
                        Load.Wish.FLOWING.spread(Duration.ofSeconds(45)),
                        Allowed.NOTHING,
                        scene -> ModelVersions.replaced(scene)),
                new Fault(
                                "F25",
                                "Disks are full",
                                NOTHING_LOST
                                        + ", and answers flow again once there is room and whoever ended is started",
                                "brokers and joiner on small disks: that of one broker is filled to the last byte, then a second one's, then both are freed; then the joiner's",
                                Load.Wish.FLOWING.spread(Duration.ofSeconds(25)),
                                Allowed.NOTHING,
                                scene -> Disks.full(scene))
                        .needing(Need.SMALL_DISK),
                new Fault(
                                "F26",
                                "Clocks are wrong",
                                NOTHING_LOST + "; nothing is called missing or given up early",
                                "the captioner's clock is 15 minutes ahead, that for questions 15 behind, the moderator's is set back by an hour and then ahead by 15 minutes in the middle of the work, a broker's is 10 minutes ahead, the joiner's 2",
                                Load.Wish.FLOWING,
                                Allowed.NOTHING,
                                scene -> Clocks.wrong(scene))
                        .needing(Need.WRONG_CLOCK),
                new Fault(
                        "F27",
                        "A hostile image host",
                        "each image behind it ends with a reason, nobody is led elsewhere, and images from other hosts are answered in full",
                        "images come by address; one in ten lies on a host that says nothing, drips, hangs up, lies about lengths, babbles, throttles, fails, or redirects to a metadata service, a file, a forbidden port or in a circle",
                        Load.Wish.FLOWING.among(Others.HOSTED, 0.1),
                        Allowed.NOTHING,
                        scene -> Inputs.hostileHost(scene, STAGES)),
                new Fault(
                        "F28",
                        "Those who watch are away",
                        NOTHING_LOST + "; neither traces nor metrics hold up an image",
                        "every service sends traces to a collector that resets its connections, then takes them and never answers; five clients ask each for metrics and never read",
                        Load.Wish.FLOWING,
                        Allowed.NOTHING,
                        scene -> Telemetry.away(scene, ALL)));
    }

    /** The faults of a smoke test: each kind of thing that can break, at least once. */
    public static final List<String> SMOKE =
            List.of("F13", "F15", "F23", "F22", "F20", "F19", "F3", "F21", "F12", "F1", "F5", "F7");

    /** Finds a fault by its id. */
    public static Optional<Fault> find(String id) {
        return all().stream().filter(fault -> fault.id().equalsIgnoreCase(id)).findFirst();
    }

    // --- brokers -----------------------------------------------------------------------------------------------------

    private static void killLeader(Scene scene) throws Exception {
        int rounds = scene.isFull() ? 5 : 1;
        for (int round = 0; round < rounds; round++) {
            scene.load().awaitAnswered((round + 0.3) / (rounds + 1), scene.patience());
            int leader = leader(scene, scene.random().nextInt(6));
            scene.begins();
            scene.lab().kafka().process(leader).kill();
            scene.load().awaitAnswered((round + 0.9) / (rounds + 1), scene.patience());
            scene.lab().kafka().restart(leader);
        }
    }

    private static void killCoordinator(Scene scene) throws Exception {
        var groups = List.of("saccade-captioner", "saccade-joiner");
        for (int i = 0; i < groups.size(); i++) {
            scene.load().awaitAnswered(0.2 + 0.3 * i, scene.patience());
            int coordinator = coordinator(scene, groups.get(i));
            scene.begins();
            scene.lab().kafka().process(coordinator).kill();
            scene.load().awaitAnswered(0.4 + 0.3 * i, scene.patience());
            scene.lab().kafka().restart(coordinator);
        }
    }

    private static void suspendBroker(Scene scene) throws Exception {
        scene.load().awaitAnswered(0.3, scene.patience());
        var broker = scene.lab().kafka().process(leader(scene, scene.random().nextInt(6)));
        scene.begins();
        broker.suspend();
        try {
            Thread.sleep(Duration.ofSeconds(scene.isFull() ? 60 : 10));
        } finally {
            broker.resume();
        }
    }

    private static void partition(Scene scene) throws Exception {
        var held = Duration.ofSeconds(scene.isFull() ? 60 : 6);
        scene.load().awaitAnswered(0.25, scene.patience());
        var link = scene.lab().kafka().link(leader(scene, scene.random().nextInt(6)));
        scene.begins();
        link.cut();
        Thread.sleep(held);
        link.heal();
        scene.figure("first answer after the cut", untilAnAnswer(scene));
        scene.load().awaitAnswered(0.5, scene.patience());
        link.set(Direction.TO_CLIENT, Conditions.CUT);
        Thread.sleep(held);
        link.heal();
        link.reset();
        scene.figure("first answer after the cut of one way", untilAnAnswer(scene));
    }

    private static String untilAnAnswer(Scene scene) {
        long answered = scene.load().answered();
        if (answered == scene.load().images()) {
            return "none left";
        }
        long start = System.nanoTime();
        Await.until("an answer", scene.patience(), () -> scene.load().answered() > answered);
        return seconds(Duration.ofNanos(System.nanoTime() - start));
    }

    private static void slowNetwork(Scene scene) throws Exception {
        var before = epochs(scene);
        // At 3 Mbit/s the pictures of a large run would need an hour to get into Kafka.
        int bytesPerSecond = scene.isFull() ? 3_750_000 : 375_000;
        scene.begins();
        scene.lab()
                .kafka()
                .links()
                .forEach(link ->
                        link.set(Conditions.slow(Duration.ofMillis(100), Duration.ofMillis(20), bytesPerSecond)));
        scene.load().awaitAnswered(1, Duration.ofMinutes(8).plus(scene.patience()));
        rebalances(scene, before);
    }

    // --- services ----------------------------------------------------------------------------------------------------

    private static void killServices(Scene scene) {
        int rounds = scene.isFull() ? 10 : 1;
        int kills = rounds * ALL.size();
        for (int kill = 0; kill < kills; kill++) {
            double within = scene.random().nextDouble();
            scene.load().awaitAnswered((kill + within) / (kills + 2), scene.patience());
            var service = scene.lab().service(ALL.get(kill % ALL.size()));
            scene.begins();
            service.process().kill();
            // Without waiting for it: the next one dies while this one still starts.
            service.launch();
        }
    }

    private static void killJoinerWithOpenImages(Scene scene) throws Exception {
        scene.lab().models().down("caption");
        scene.lab().models().down("image-embedding");
        scene.lab().models().down("vqa");
        scene.lab().models().down("moderation");
        scene.load().awaitSent(scene.patience());
        // The joiner has read them when its group has: nothing else tells from outside.
        Await.until("the joiner to have read every image", scene.patience(), () -> Long.valueOf(0)
                .equals(scene.lab().lag().get("saccade-joiner")));
        scene.figure("open images", Integer.toString(scene.load().images()));
        scene.begins();
        var joiner = scene.lab().service("joiner");
        joiner.process().kill();
        scene.lab().forgetState("joiner");
        long start = System.nanoTime();
        joiner.start();
        scene.figure("joiner ready again", seconds(Duration.ofNanos(System.nanoTime() - start)));
    }

    private static void zombie(Scene scene) throws Exception {
        var spares = List.of(
                scene.lab().add("captioner", "captioner-spare", List.of(), Map.of()),
                scene.lab().add("joiner", "joiner-spare", List.of(), Map.of()));
        try {
            spares.forEach(Service::launch);
            spares.forEach(Service::awaitReady);
            scene.load().awaitAnswered(0.2, scene.patience());
            var zombies = List.of(scene.lab().service("captioner"), scene.lab().service("joiner"));
            scene.begins();
            zombies.forEach(zombie -> zombie.process().suspend());
            try {
                // Longer than both sessions, so that the partitions have other owners when the zombies wake.
                Thread.sleep(Duration.ofSeconds(18));
                scene.load().awaitAnswered(0.6, scene.patience());
            } finally {
                zombies.forEach(zombie -> zombie.process().resume());
            }
            scene.load().awaitAnswered(0.9, scene.patience());
        } finally {
            spares.forEach(spare -> {
                if (spare.isAlive()) {
                    spare.process().terminate();
                    spare.process().awaitExit(Duration.ofSeconds(60));
                }
                scene.lab().remove(spare.name());
            });
        }
    }

    private static void rebalanceStorm(Scene scene) throws Exception {
        scene.load().awaitAnswered(0.1, scene.patience());
        scene.begins();
        int joins = 0;
        while (scene.load().answered() < scene.load().images() * 0.9 && joins < 150) {
            var settings = Map.<String, Object>of(
                    "bootstrap.servers", scene.lab().kafka().bootstrapServers(),
                    "group.id", "saccade-captioner",
                    "group.protocol", "consumer",
                    "enable.auto.commit", false,
                    "auto.offset.reset", "earliest");
            try (var idler = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                idler.subscribe(List.of(scene.lab().topic(Topic.IMAGES)));
                for (long end = System.nanoTime() + 2_000_000_000L; System.nanoTime() < end; ) {
                    idler.poll(Duration.ofMillis(200));
                }
            }
            joins++;
        }
        scene.figure("joins", Integer.toString(joins));
    }

    private static void rollingRestart(Scene scene) {
        for (int i = 0; i < ALL.size(); i++) {
            scene.load().awaitAnswered((i + 0.5) / (ALL.size() + 1), scene.patience());
            scene.begins();
            restart(scene.lab().service(ALL.get(i)));
        }
    }

    private static void restart(Service service) {
        end(service);
        service.start();
    }

    private static void stopWithManyInFlight(Scene scene) throws Exception {
        var lab = scene.lab();
        var models = lab.models();
        var large = lab.add(
                "captioner",
                "captioner-large",
                List.of(),
                Map.of(
                        "SACCADE_STAGE_MAX_RECORDS", "512",
                        "SACCADE_TRITON_IN_FLIGHT", "512",
                        "SACCADE_TRITON_TIMEOUT", "60s"));
        lab.retire("captioner", true);
        try {
            // Everything waits in the topic first, so that it is taken as fast as a stage takes it.
            end(lab.service("captioner"));
            scene.load().awaitSent(scene.patience());
            models.plan(((Plan) _ -> ModelFault.none().after(Duration.ofSeconds(10))).onlyFor("caption"));
            large.start();
            long before = models.calls("caption") - models.open("caption");
            long wanted = Math.min(500, scene.load().images());
            // A machine that is too slow for so many within ten seconds has as many as it will have once the first
            // ends.
            long open = Await.value(
                    "calls in flight",
                    scene.patience(),
                    () -> models.open("caption"),
                    now -> now >= wanted || models.calls("caption") - before > models.open("caption"));
            scene.figure("in flight", Long.toString(open));
            scene.begins();
            long start = System.nanoTime();
            large.process().terminate();
            large.process().awaitExit(Duration.ofSeconds(60));
            scene.figure("ended after", seconds(Duration.ofNanos(System.nanoTime() - start)));
        } finally {
            models.plan(_ -> ModelFault.none());
            lab.remove(large.name());
            lab.retire("captioner", false);
            lab.service("captioner").start();
        }
    }

    private static void end(Service service) {
        service.process().terminate();
        service.process().awaitExit(Duration.ofSeconds(60));
    }

    // --- models ------------------------------------------------------------------------------------------------------

    private static void lateParts(Scene scene) {
        scene.begins();
        scene.lab()
                .models()
                .plan(Plan.sometimes(
                        scene.random().nextLong(), 0.1, ModelFault.none().after(Duration.ofSeconds(5))));
        scene.load().awaitAnswered(1, scene.patience());
    }

    private static void modelDown(Scene scene, String model) {
        scene.begins();
        scene.lab().models().down(model);
        scene.load().awaitSent(scene.patience());
        scene.load().awaitAnswered(1, scene.patience());
        scene.lab().models().up(model);
    }

    private static void slowModel(Scene scene) throws Exception {
        scene.load().awaitAnswered(0.05, scene.patience());
        var before = epochs(scene);
        scene.begins();
        scene.lab().models().plan(_ -> ModelFault.none().after(Duration.ofMillis(500)));
        scene.load().awaitAnswered(0.5, scene.patience());
        rebalances(scene, before);
    }

    private static void killModelServer(Scene scene) throws Exception {
        int rounds = scene.isFull() ? 5 : 1;
        var firstAnswers = new ArrayList<String>();
        for (int round = 0; round < rounds; round++) {
            scene.load().awaitAnswered((round + 0.3) / rounds, scene.patience());
            // It must die with work in its hands, so for a while it is asked every time.
            scene.lab().keepAnswers(false);
            awaitCallAtWork(scene);
            scene.begins();
            scene.lab().modelServer().kill();
            Thread.sleep(Duration.ofSeconds(3));
            scene.lab().restartModelServer();
            firstAnswers.add(untilAnAnswer(scene));
            scene.lab().keepAnswers(true);
        }
        scene.figure("first answer after its return", String.join(", ", firstAnswers));
    }

    /** A call takes a few milliseconds: who looks ten times a second may never see one. */
    private static void awaitCallAtWork(Scene scene) {
        long end = System.nanoTime() + scene.patience().toNanos();
        while (MODELS.stream().allMatch(model -> scene.lab().models().open(model) == 0)) {
            if (scene.load().answered() == scene.load().images() || System.nanoTime() > end) {
                throw new AssertionError("no call was ever at work in the model server");
            }
            LockSupport.parkNanos(200_000);
        }
    }

    private static void failingCalls(Scene scene) throws Exception {
        var codes =
                List.of(Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED, Code.DEADLINE_EXCEEDED, Code.INTERNAL, Code.ABORTED);
        var models = scene.lab().models();
        var half = Plan.sometimes(scene.random().nextLong(), 0.5, new ModelFault.Lost());
        scene.begins();
        long callsBefore = models.calls();
        models.plan(call -> half.of(call) instanceof ModelFault.None
                ? ModelFault.none()
                : ModelFault.failing(codes.get((int) (call.number() % codes.size())), "planned"));
        for (double share = 0.2; share < 1; share += 0.2) {
            scene.load().awaitSent(share, scene.patience());
            models.goAway();
        }
        scene.load().awaitSent(scene.patience());
        Await.until("every request to have been tried", scene.patience(), () -> scene.lab().lag().entrySet().stream()
                .filter(group -> STAGES.contains(group.getKey().substring("saccade-".length())))
                .allMatch(group -> group.getValue() == 0));
        scene.figure(
                "calls for each row asked for while half of them failed",
                String.format(
                        java.util.Locale.ROOT,
                        "%.2f",
                        (double) (models.calls() - callsBefore) / scene.load().rows()));
        long waiting = scene.load().images() - scene.load().answered();
        models.plan(_ -> ModelFault.none());
        var well = Instant.now();
        scene.load().awaitAnswered(1, scene.patience());
        scene.figure(
                "what had to wait was answered after",
                seconds(Duration.between(well, Instant.now())) + " (" + waiting + " images)");
    }

    private static void nonsense(Scene scene) {
        long seed = scene.random().nextLong();
        var some = Plan.sometimes(seed, 0.05, new ModelFault.Lost());
        var damages = ModelFault.Damage.values();
        scene.begins();
        scene.lab()
                .models()
                .plan(call -> some.of(call) instanceof ModelFault.None
                        ? ModelFault.none()
                        : new ModelFault.Spoilt(damages[(int) (call.number() % damages.length)]));
        scene.load().awaitAnswered(1, scene.patience());
    }

    // --- questions to the cluster ------------------------------------------------------------------------------------

    private static int coordinator(Scene scene, String group) throws Exception {
        var groups =
                scene.lab().admin().describeConsumerGroups(List.of(group)).all().get(30, TimeUnit.SECONDS);
        return requireNonNull(groups.get(group), group).coordinator().id();
    }

    private static int leader(Scene scene, int partition) throws Exception {
        var images = scene.lab().topic(Topic.IMAGES);
        var topics = scene.lab()
                .admin()
                .describeTopics(List.of(images))
                .allTopicNames()
                .get(30, TimeUnit.SECONDS);
        return requireNonNull(topics.get(images), images)
                .partitions()
                .get(partition)
                .leader()
                .id();
    }

    /** The epoch of each stage's group: it grows with every rebalance. */
    private static Map<String, Integer> epochs(Scene scene) throws Exception {
        var names = new ArrayList<String>();
        STAGES.forEach(stage -> names.add("saccade-" + stage));
        var epochs = new LinkedHashMap<String, Integer>();
        for (var group : scene.lab()
                .admin()
                .describeConsumerGroups(names)
                .all()
                .get(30, TimeUnit.SECONDS)
                .entrySet()) {
            epochs.put(group.getKey(), group.getValue().groupEpoch().orElse(-1));
        }
        return epochs;
    }

    private static void rebalances(Scene scene, Map<String, Integer> before) throws Exception {
        int rebalances = 0;
        for (var group : epochs(scene).entrySet()) {
            rebalances += group.getValue() - before.getOrDefault(group.getKey(), group.getValue());
        }
        scene.figure("rebalances", Integer.toString(rebalances));
    }

    static String seconds(Duration duration) {
        return String.format(java.util.Locale.ROOT, "%.1f s", duration.toMillis() / 1_000.0);
    }

    static List<String> models() {
        return MODELS;
    }
}
