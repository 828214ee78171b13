package io.saccade.intake;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saccade.contract.EventIds;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Priority;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what object stores say when something is put into a bucket or taken out: the JSON of Amazon S3 ("Event message
 * structure" in its user guide), which MinIO, Ceph and others send too, as it is or as a CloudEvent, whose data is either
 * the whole or one of its records.
 *
 * <p>The same notification always means images of the same ids, so that one that is sent or read twice is answered once:
 * an id is a digest of bucket, key and what tells this object from an earlier one there (its version, else its ETag).
 * Thread-safe.
 */
public final class BucketEvents {

    private static final int MOST_RECORDS = 1_000;
    private static final int MAX_DEPTH = 32;
    private static final int LONGEST_ATTRIBUTE = ImageSubmitted.MAX_ATTRIBUTE_VALUE;
    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]");
    private static final String SHAPE =
            "a bucket notification must be a JSON object with 'Records', as S3 and MinIO send it";

    private final JsonMapper json = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(100_000)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private final String tenant;
    private final Map<String, String> tenants;

    /**
     * Reads on behalf of tenants.
     *
     * @param tenant  whose the images of every other bucket are
     * @param tenants whose the images of a bucket are, by its name
     */
    public BucketEvents(String tenant, Map<String, String> tenants) {
        this.tenant = tenant;
        this.tenants = Map.copyOf(tenants);
    }

    /**
     * What a notification means.
     *
     * @param images  one for each object that was put
     * @param ignored how many records are about something else: a deletion, a folder, a store that tries its connection
     */
    public record Meaning(List<ImageSubmitted> images, int ignored) {

        public Meaning {
            images = List.copyOf(images);
        }
    }

    /**
     * Reads a notification.
     *
     * @throws MalformedEventException if it is none; the message repeats nothing of it
     */
    public Meaning read(byte @Nullable [] value) throws MalformedEventException {
        var root = parse(value);
        var data = root.has("specversion") && root.has("data") ? root.path("data") : root;
        if (data.path("Records").isArray()) {
            return meaning(data.path("Records"));
        }
        if (data.path("s3").isObject()) {
            return meaning(json.createArrayNode().add(data));
        }
        if (data.path("Event").asText().endsWith("TestEvent")) {
            return new Meaning(List.of(), 1);
        }
        throw new MalformedEventException(SHAPE);
    }

    private JsonNode parse(byte @Nullable [] value) throws MalformedEventException {
        if (value == null) {
            throw new MalformedEventException(SHAPE + ", got a record without a value");
        }
        try {
            var root = json.readTree(value);
            if (root == null || !root.isObject()) {
                throw new MalformedEventException(SHAPE);
            }
            return root;
        } catch (JacksonException e) {
            throw new MalformedEventException(SHAPE + ", but this is no JSON, or too deep");
        } catch (IOException e) {
            // What looks like UTF-32 to Jackson and is not.
            throw new MalformedEventException(SHAPE + ", but this is no text");
        }
    }

    private Meaning meaning(JsonNode records) throws MalformedEventException {
        if (records.size() > MOST_RECORDS) {
            throw new MalformedEventException(
                    "a bucket notification may have at most " + MOST_RECORDS + " records, got " + records.size());
        }
        var images = new LinkedHashMap<String, ImageSubmitted>();
        int ignored = 0;
        int place = 0;
        for (var record : records) {
            var where = "Records[" + place++ + "].";
            if (!wasPut(text(record, where, "eventName"))) {
                ignored++;
                continue;
            }
            var image = image(record, where);
            if (image == null || images.putIfAbsent(image.id(), image) != null) {
                ignored++;
            }
        }
        return new Meaning(new ArrayList<>(images.values()), ignored);
    }

    /** S3 says {@code ObjectCreated:Put}, MinIO {@code s3:ObjectCreated:Put}, CloudEvents may put more before it. */
    private static boolean wasPut(String eventName) {
        return eventName.contains("ObjectCreated:") || eventName.endsWith("ObjectCreated");
    }

    private @Nullable ImageSubmitted image(JsonNode record, String where) throws MalformedEventException {
        var object = record.path("s3").path("object");
        var bucket = text(record.path("s3").path("bucket"), where + "s3.bucket.", "name");
        if (!BUCKET.matcher(bucket).matches()) {
            throw new MalformedEventException(where + "s3.bucket.name must be letters, digits, '.', '_' and '-'");
        }
        var key = decoded(text(object, where + "s3.object.", "key"), where);
        if (key.endsWith("/")) {
            return null; // what consoles call a folder
        }
        var version = object.path("versionId").asText();
        var etag = object.path("eTag").asText();
        boolean versioned = !version.isEmpty() && !version.equals("null");
        var attributes = new LinkedHashMap<String, String>();
        attributes.put("bucket", bucket);
        attributes.put("key", cut(key));
        try {
            return new ImageSubmitted(
                    "s3-" + EventIds.object(bucket, key, versioned ? version : etag),
                    tenants.getOrDefault(bucket, tenant),
                    ImageRef.at(uri(bucket, key, versioned ? version : null)),
                    null,
                    List.of(),
                    Set.of(),
                    null,
                    Priority.LIVE,
                    attributes,
                    null);
        } catch (IllegalArgumentException e) {
            throw new MalformedEventException(where + "s3: bucket, key or version cannot be part of an address");
        }
    }

    private static String text(JsonNode node, String where, String name) throws MalformedEventException {
        var value = node.path(name);
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw new MalformedEventException(where + name + " must be a text that is not empty");
        }
        return value.textValue();
    }

    /** Keys come as forms encode them: a blank is a plus sign. */
    private static String decoded(String key, String where) throws MalformedEventException {
        try {
            var plain = URLDecoder.decode(key, StandardCharsets.UTF_8);
            if (plain.codePoints().anyMatch(BucketEvents::isNoCharacter)) {
                throw new MalformedEventException(where + "s3.object.key must hold no control characters");
            }
            return plain;
        } catch (IllegalArgumentException e) {
            throw new MalformedEventException(where + "s3.object.key must be URL-encoded, and it is not");
        }
    }

    /** Controls, and halves of surrogate pairs, which no UTF-8 can hold. */
    private static boolean isNoCharacter(int codePoint) {
        return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE;
    }

    private static String cut(String key) {
        return key.codePointCount(0, key.length()) <= LONGEST_ATTRIBUTE
                ? key
                : key.substring(0, key.offsetByCodePoints(0, LONGEST_ATTRIBUTE));
    }

    private static URI uri(String bucket, String key, @Nullable String version) {
        var uri = new StringBuilder("s3://").append(bucket).append('/');
        escape(key, "/", uri);
        if (version != null) {
            escape(version, "", uri.append("?versionId="));
        }
        return URI.create(uri.toString());
    }

    /** RFC 3986: everything but unreserved characters, and those that may stay, as percent escapes of UTF-8. */
    private static void escape(String text, String also, StringBuilder escaped) {
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            if (c < 128 && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0 || also.indexOf(c) >= 0)) {
                escaped.append(c);
            } else {
                escaped.append(String.format(Locale.ROOT, "%%%02X", (int) c));
            }
        }
    }
}
