package io.saccade.faults.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventIds;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Priority;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import io.saccade.faults.check.Owed;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Makes the images of a run. The same prefix, seed and number make the same image; only its deadline depends on when it
 * is sent.
 */
final class Workload {

    private static final List<String> TENANTS = List.of("acme", "globex", "initech");

    private static final String TENANT_OF_ANOTHER = "default";

    private final String prefix;
    private final long seed;
    private final Material material;
    private final Truths truths;
    private final Wish wish;
    private final EventJson json = EventJson.create();

    Workload(String prefix, long seed, Material material, Truths truths, Wish wish) {
        this.prefix = prefix;
        this.seed = seed;
        this.material = material;
        this.truths = truths;
        this.wish = wish;
    }

    /**
     * What a run wants of its images.
     *
     * @param deadline  from sending on
     * @param others    what is among the good images
     * @param share     of it among them, 0..1
     * @param copies    how often each event is sent, at least 1
     * @param everyTask whether every image asks for everything; else most ask for one or two things, which is faster
     */
    record Wish(Duration deadline, Others others, double share, int copies, boolean everyTask) {

        Wish {
            if (!deadline.isPositive() || share < 0 || share > 1 || copies < 1) {
                throw new IllegalArgumentException("expected a positive deadline, a share in 0..1 and at least 1 copy,"
                        + " got " + deadline + ", " + share + ", " + copies);
            }
        }
    }

    /** The records of one image, in the order in which they are sent; the last ones owe nothing. */
    List<Item> items(int number, Instant now) {
        var random = new SplittableRandom(seed * 1_000_003L + number);
        var items = new ArrayList<Item>();
        if (random.nextDouble() >= wish.share() || wish.others() == Others.NONE) {
            items.add(image(number, random, now));
        } else if (wish.others() != Others.POISON) {
            items.add(stranger(number, random, now));
        } else if (!material.pictures().isEmpty() && random.nextInt(Poison.KINDS + 1) == 0) {
            // A good image, and another one under its id, which makes a dead letter and changes nothing.
            var first = image(number, random, now);
            items.add(first);
            items.add(another(first, random, now));
        } else {
            items.add(Poison.make(id(number), random, now));
        }
        var item = items.getFirst();
        for (int i = 1; i < wish.copies(); i++) {
            items.add(new Item(item.key(), item.value(), item.headers(), new Owed.Nothing()));
        }
        return items;
    }

    private Item another(Item first, SplittableRandom random, Instant now) {
        var id = java.util.Objects.requireNonNull(first.key());
        var pictures = material.pictures();
        var png = pictures.get(random.nextInt(pictures.size())).copy("another " + id);
        var tasks = EnumSet.of(Task.CAPTION, Task.EMBEDDING);
        var event = new ImageSubmitted(
                id,
                TENANT_OF_ANOTHER,
                ImageRef.inline(png),
                null,
                List.of(),
                tasks,
                now.plus(wish.deadline()),
                Priority.LIVE,
                Map.of(),
                now);
        return new Item(
                id, json.write(event), first.headers(), new Owed.Other(EventIds.sha256(png), TENANT_OF_ANOTHER, tasks));
    }

    private String id(int number) {
        return prefix + number;
    }

    /** What an id begins with when a run's images have it: all before the number. */
    static String prefixOf(String id) {
        return id.substring(0, id.lastIndexOf('.') + 1);
    }

    private Item stranger(int number, SplittableRandom random, Instant now) {
        return switch (wish.others()) {
            case NONE, POISON -> throw new IllegalStateException("these are made elsewhere: " + wish.others());
            case BROKEN_PICTURES -> {
                var broken = BrokenPicture.make(material, random);
                yield unsound(number, ImageRef.inline(broken.bytes()), "acme", broken.mayBeRead(), now);
            }
            // A tenant of its own: what it does to itself must not be done to others.
            case HOSTED ->
                unsound(number, ImageRef.at(material.hosts().get().bad(id(number), random)), "mallory", false, now);
        };
    }

    /** An image of which nobody knows what it shows, if anything. */
    private Item unsound(int number, ImageRef image, String tenant, boolean mayBeRead, Instant now) {
        var id = id(number);
        var tasks = EnumSet.of(Task.values()[number % 4]);
        if (number % 3 == 0) {
            tasks.add(Task.CAPTION);
        }
        var questions = tasks.contains(Task.ANSWERS) ? List.of(new Question("q1", "what is it?")) : List.<Question>of();
        return item(
                id,
                tenant,
                image,
                questions,
                tasks,
                now.plus(wish.deadline()),
                Map.of(),
                now,
                new Owed.Unsound(
                        tasks,
                        wish.others() == Others.HOSTED ? List.of("fetch.", "image.") : List.of("image."),
                        mayBeRead));
    }

    private Item image(int number, SplittableRandom random, Instant now) {
        var id = id(number);
        var pictures = material.pictures();
        int chosen = random.nextInt(pictures.size());
        var picture = pictures.get(chosen);
        var tasks = tasks(random);
        var questions = List.<Question>of();
        if (tasks.contains(Task.ANSWERS)) {
            questions = List.of(new Question(
                    "q1",
                    picture.questions().get(random.nextInt(picture.questions().size()))));
        }
        var png = picture.copy(id);
        var tenant = TENANTS.get(random.nextInt(TENANTS.size()));
        var attributes = Map.of("number", Integer.toString(number));
        var deadline = now.plus(wish.deadline());
        var image = wish.others() == Others.HOSTED
                ? ImageRef.at(material.hosts().get().good(chosen, id))
                : ImageRef.inline(png);
        return item(
                id,
                tenant,
                image,
                questions,
                tasks,
                deadline,
                attributes,
                now,
                new Owed.Answer(
                        truths.of(picture, tasks, questions), EventIds.sha256(png), tenant, attributes, deadline));
    }

    private Item item(
            String id,
            String tenant,
            ImageRef image,
            List<Question> questions,
            Set<Task> tasks,
            Instant deadline,
            Map<String, String> attributes,
            Instant now,
            Owed owed) {
        var event =
                new ImageSubmitted(id, tenant, image, null, questions, tasks, deadline, Priority.LIVE, attributes, now);
        return new Item(
                id,
                json.write(event),
                new CloudEvent(id, EventType.IMAGE_SUBMITTED.type(), "/faults", id, now).headers(),
                owed);
    }

    private Set<Task> tasks(SplittableRandom random) {
        if (wish.everyTask() || random.nextInt(5) == 0) {
            return EnumSet.allOf(Task.class);
        }
        var all = Task.values();
        var tasks = EnumSet.of(all[random.nextInt(all.length)]);
        if (random.nextBoolean()) {
            tasks.add(all[random.nextInt(all.length)]);
        }
        return tasks;
    }

    /** A picture with all its questions, as it is asked before faults begin. */
    static Item calibration(String id, Picture picture, Instant now) {
        var questions = new ArrayList<Question>();
        picture.questions().forEach(text -> questions.add(new Question("q" + (questions.size() + 1), text)));
        var event = new ImageSubmitted(
                id,
                "default",
                ImageRef.inline(picture.copy(id)),
                null,
                questions,
                EnumSet.allOf(Task.class),
                now.plusSeconds(300),
                Priority.LIVE,
                Map.of(),
                now);
        return new Item(
                id,
                EventJson.create().write(event),
                new CloudEvent(id, EventType.IMAGE_SUBMITTED.type(), "/faults", id, now).headers(),
                new Owed.Nothing());
    }

    /** Records that cannot be processed, each in a way of its own. */
    private static final class Poison {

        private static final int LARGE = 1_900_000; // as much as the topic takes
        private static final String MALFORMED = "event.malformed";

        /** Ways of those that have no good image before them. */
        static final int KINDS = 10;

        static Item make(String id, SplittableRandom random, Instant now) {
            var headers = new CloudEvent(id, EventType.IMAGE_SUBMITTED.type(), "/faults", id, now).headers();
            var refusal = new Owed.Refusal(MALFORMED, true);
            return switch (random.nextInt(KINDS)) {
                case 0 -> new Item(id, "{\"id\":\"".getBytes(UTF_8), headers, refusal);
                case 1 -> new Item(id, event(id, "\"tasks\":7"), headers, refusal);
                case 2 -> new Item(null, event(id, "\"tenant\":\"acme\""), headers, new Owed.Letter());
                case 3 -> new Item(id, null, headers, refusal);
                case 4 -> new Item(id, large(id), headers, refusal);
                case 5 -> new Item(id, event(id, "\"tasks\":[\"dance\"]"), headers, refusal);
                case 6 -> new Item(id, event("other-than-the-key", "\"tenant\":\"acme\""), headers, refusal);
                case 7 -> new Item(id, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1}, headers, refusal);
                case 8 ->
                    new Item(
                            id,
                            event(id, "\"submittedAt\":\"" + now.plus(Duration.ofDays(365)) + "\""),
                            headers,
                            refusal);
                default ->
                    new Item(
                            id,
                            new byte[] {1, 2, 3},
                            Map.of(CloudEvent.CONTENT_TYPE, "image/png"),
                            new Owed.Refusal("image.", false));
            };
        }

        private static byte[] event(String id, String more) {
            return ("{\"id\":\"" + id + "\",\"image\":{\"inline\":\"AAAA\"}," + more + "}").getBytes(UTF_8);
        }

        private static byte[] large(String id) {
            return event(id, "\"text\":\"" + "x".repeat(LARGE) + "\"");
        }
    }
}
