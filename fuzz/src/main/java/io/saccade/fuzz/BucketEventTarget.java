package io.saccade.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.intake.BucketEvents;
import java.net.URI;
import java.util.Map;
import java.util.Objects;

/**
 * What an object store says of its buckets: it is malformed, or it means images whose addresses name exactly the bucket and
 * the key, that can be written and read, and that are the same whenever it is read.
 */
public final class BucketEventTarget {
    private static final EventJson JSON = EventJson.create();
    private static final BucketEvents EVENTS = new BucketEvents("default", Map.of("acme", "acme"));
    private static final int MOST_RECORDS = 1_000;

    private BucketEventTarget() {}

    /** Called by the fuzzer first, so that loading does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("""
                {"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"photos"},"object":{"key":"a.jpg"}}}]}
                """.getBytes(UTF_8));
    }

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        BucketEvents.Meaning meaning;
        try {
            meaning = EVENTS.read(data);
        } catch (MalformedEventException expected) {
            return;
        }
        if (meaning.ignored() < 0 || meaning.images().size() + meaning.ignored() > MOST_RECORDS) {
            throw new AssertionError("a notification must mean at most " + MOST_RECORDS + " records, got " + meaning);
        }
        meaning.images().forEach(BucketEventTarget::check);
        try {
            if (!EVENTS.read(data).equals(meaning)) {
                throw new AssertionError("a notification must mean the same whenever it is read, got " + meaning);
            }
        } catch (MalformedEventException e) {
            throw new AssertionError("a notification that was read must be readable again", e);
        }
    }

    private static void check(ImageSubmitted image) {
        URI uri = Objects.requireNonNull(image.image().uri());
        String key = Objects.requireNonNull(image.attributes().get("key"));
        if (!uri.getRawAuthority().equals(image.attributes().get("bucket"))) {
            throw new AssertionError("an address must name the bucket, got " + uri);
        }
        // An attribute is cut where it is long; an address is not.
        if (!uri.getPath().startsWith("/" + key) || uri.getRawFragment() != null || uri.getRawUserInfo() != null) {
            throw new AssertionError("an address must name the key '" + key + "' and nothing else, got " + uri);
        }
        ImageSubmitted again;
        try {
            again = JSON.read(EventType.IMAGE_SUBMITTED, JSON.write(image));
        } catch (MalformedEventException e) {
            throw new AssertionError("what is submitted must be readable: " + image, e);
        }
        if (!again.equals(image)) {
            throw new AssertionError("what is submitted must be read as it was written, " + image + " became " + again);
        }
    }
}
