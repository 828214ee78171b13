package io.saccade.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.MalformedEventException;

/** A value of the images topic: an event that is read is written again and read as the same, or it is malformed. */
public final class ImageEventTarget {
    private static final EventJson JSON = EventJson.create();

    private ImageEventTarget() {}

    /** Called by the fuzzer first, so that loading does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("{\"id\":\"a\",\"image\":{\"uri\":\"https://a.example/\"}}".getBytes(UTF_8));
    }

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        roundTrip(EventType.IMAGE_SUBMITTED, data);
    }

    static <E> void roundTrip(EventType<E> type, byte[] data) {
        E event;
        try {
            event = JSON.read(type, data);
        } catch (MalformedEventException expected) {
            return;
        }
        E again;
        try {
            again = JSON.read(type, JSON.write(event));
        } catch (MalformedEventException e) {
            throw new AssertionError("an event that was read must be readable once written: " + event, e);
        }
        if (!again.equals(event)) {
            throw new AssertionError("an event must be the same once written and read, " + event + " became " + again);
        }
    }
}
