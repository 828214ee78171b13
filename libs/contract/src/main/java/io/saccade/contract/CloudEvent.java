package io.saccade.contract;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The CloudEvents 1.0 attributes of a record, in Kafka's binary mode: each is a header {@code ce_...}, the value is the
 * data alone.
 *
 * @param id      deterministic, so that the same work done twice has one id; see {@link EventIds}
 * @param type    {@code io.saccade.<what>.v1}
 * @param source  which service wrote it, for example {@code /saccade/encoder}
 * @param subject the image's id
 * @param time    when it was written
 */
public record CloudEvent(String id, String type, String source, String subject, Instant time) {

    /** Media type of every value but an image sent as it is. */
    public static final String JSON = "application/json";
    /** Header that names the media type of the value. */
    public static final String CONTENT_TYPE = "content-type";
    /** Header of the event's type. */
    public static final String TYPE = "ce_type";
    /** Header of the W3C trace context. */
    public static final String TRACEPARENT = "traceparent";

    /** Header of a result, an extension attribute: the request that it ends, so that the value need not be read. */
    public static final String REQUEST_ID = "ce_requestid";
    /** Header of a result, an extension attribute: {@code done}, {@code refused} or {@code failed}. */
    public static final String END = "ce_end";

    private static final String SCHEMA_BASE = "https://saccade.io/schemas/";

    public CloudEvent {
        requireNonNull(id, "id");
        requireNonNull(type, "type");
        requireNonNull(source, "source");
        requireNonNull(subject, "subject");
        requireNonNull(time, "time");
    }

    /** The attributes as headers, {@code content-type} included. */
    public Map<String, String> headers() {
        var headers = new LinkedHashMap<String, String>();
        headers.put("ce_specversion", "1.0");
        headers.put("ce_id", id);
        headers.put(TYPE, type);
        headers.put("ce_source", source);
        headers.put("ce_subject", subject);
        headers.put("ce_time", time.toString());
        headers.put("ce_dataschema", SCHEMA_BASE + type + ".json");
        headers.put(CONTENT_TYPE, JSON);
        return headers;
    }

    /** The id a record carries, or null when its sender set none. */
    public static @Nullable String idOf(Map<String, String> headers) {
        return headers.get("ce_id");
    }
}
