package io.saccade.contract.schema;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saccade.contract.CloudEvent;
import io.saccade.contract.EventType;
import io.saccade.contract.event.DeadLetter;
import io.saccade.contract.event.Failure;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.Retried;
import io.saccade.contract.event.StageResult;
import io.saccade.contract.topic.Topic;
import io.saccade.contract.topic.TopicCatalogue;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The AsyncAPI 3.0 document: channels from the topic catalogue, messages from the event types. */
final class AsyncApiWriter {

    private static final Set<Topic> INPUTS = Set.of(Topic.IMAGES, Topic.BACKFILL, Topic.QUESTIONS, Topic.BUCKET_EVENTS);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private AsyncApiWriter() {}

    static ObjectNode write(TopicCatalogue catalogue) {
        var document = MAPPER.createObjectNode();
        document.put("asyncapi", "3.0.0");
        var info = document.putObject("info");
        info.put("title", "Saccade");
        info.put("version", "1");
        info.put(
                "description",
                "A Kafka stream of images goes in, a Kafka stream of understanding comes out. CloudEvents 1.0 in binary"
                        + " mode: the attributes are headers, the value is JSON, the key is the image's id in UTF-8.");
        info.putObject("license").put("name", "Apache-2.0").put("url", "https://www.apache.org/licenses/LICENSE-2.0");
        document.put("defaultContentType", CloudEvent.JSON);
        var channels = document.putObject("channels");
        var operations = document.putObject("operations");
        var messages = document.putObject("components").putObject("messages");
        for (var topic : catalogue.topics()) {
            channel(channels.putObject(topic.key().key()), catalogue, topic);
            operation(operations, topic);
        }
        for (var type : EventType.ALL) {
            message(messages.putObject(type.event()), type);
        }
        imageFile(messages.putObject("ImageFile"));
        deadLetter(messages.putObject("DeadLetter"));
        bucketNotification(messages.putObject("BucketNotification"));
        retry(messages.putObject("Retry"));
        return document;
    }

    private static void channel(ObjectNode channel, TopicCatalogue catalogue, TopicCatalogue.Entry topic) {
        channel.put("address", topic.name());
        channel.put("description", topic.description());
        var messages = channel.putObject("messages");
        reference(messages.putObject(topic.event()), "#/components/messages/" + topic.event());
        if (topic.key().isImages()) {
            reference(messages.putObject("ImageFile"), "#/components/messages/ImageFile");
        }
        var kafka = channel.putObject("bindings").putObject("kafka");
        kafka.put("topic", topic.name());
        kafka.put("partitions", catalogue.partitions());
        kafka.put("replicas", catalogue.replicas());
        var configuration = kafka.putObject("topicConfiguration");
        configuration.putArray("cleanup.policy").add("delete");
        configuration.put("retention.ms", topic.retention().toMillis());
        configuration.put("max.message.bytes", topic.maxMessageBytes());
        kafka.put("bindingVersion", "0.5.0");
    }

    private static void operation(ObjectNode operations, TopicCatalogue.Entry topic) {
        var receives = INPUTS.contains(topic.key());
        var operation = operations.putObject(
                (receives ? "receive-" : "send-") + topic.key().key());
        operation.put("action", receives ? "receive" : "send");
        reference(operation.putObject("channel"), "#/channels/" + topic.key().key());
        var messages = operation.putArray("messages");
        var channel = "#/channels/" + topic.key().key();
        reference(messages.addObject(), channel + "/messages/" + topic.event());
        if (topic.key().isImages()) {
            reference(messages.addObject(), channel + "/messages/ImageFile");
        }
    }

    private static void message(ObjectNode message, EventType<?> type) {
        message.put("name", type.type());
        message.put("title", type.event());
        message.put("contentType", CloudEvent.JSON);
        var headers = message.putObject("headers");
        headers.put("type", "object");
        var properties = headers.putObject("properties");
        new CloudEvent("id", type.type(), "/source", "subject", Instant.EPOCH)
                .headers()
                .forEach((name, value) -> {
                    var header = properties.putObject(name).put("type", "string");
                    if (Set.of("ce_specversion", "ce_type", "ce_dataschema", CloudEvent.CONTENT_TYPE)
                            .contains(name)) {
                        header.put("const", value);
                    }
                });
        if (EventType.resultTypes().contains(type)) {
            properties.putObject(CloudEvent.REQUEST_ID).put("type", "string").put("description", "As in the value");
            var end = properties.putObject(CloudEvent.END).put("type", "string").put("description", "As in the value");
            var ends = end.putArray("enum");
            for (var value : StageResult.End.values()) {
                ends.add(value.name().toLowerCase(Locale.ROOT));
            }
        }
        properties.putObject(CloudEvent.TRACEPARENT).put("type", "string").put("description", "W3C trace context");
        var payload = message.putObject("payload");
        payload.put("schemaFormat", "application/schema+json;version=draft-2020-12");
        reference(payload.putObject("schema"), "./schemas/" + type.type() + ".json");
        key(message);
    }

    private static void imageFile(ObjectNode message) {
        message.put("name", "image-file");
        message.put("title", "ImageFile");
        message.put("contentType", "image/*");
        message.put(
                "description",
                "An image sent as it is: the value is the file, " + ImageRef.MAX_INLINE_BYTES
                        + " bytes at most, the key is its id. Every task is asked for, and no question.");
        var headers = message.putObject("headers");
        headers.put("type", "object");
        headers.putObject("properties")
                .putObject(CloudEvent.CONTENT_TYPE)
                .put("type", "string")
                .put("pattern", "^image/");
        headers.putArray("required").add(CloudEvent.CONTENT_TYPE);
        message.putObject("payload").put("type", "string").put("format", "binary");
        key(message);
    }

    private static void bucketNotification(ObjectNode message) {
        message.put("name", "bucket-notification");
        message.put("title", "BucketNotification");
        message.put("contentType", CloudEvent.JSON);
        message.put(
                "description",
                "What Amazon S3, MinIO and others send when an object is put into a bucket or taken out: an object with"
                        + " 'Records', or a CloudEvent with that, or with one of its records, as data. Not ours, so its whole"
                        + " schema is not here.");
        var payload = message.putObject("payload");
        payload.put("type", "object");
        payload.putObject("properties").putObject("Records").put("type", "array");
    }

    private static void deadLetter(ObjectNode message) {
        message.put("name", "dead-letter");
        message.put("title", "DeadLetter");
        message.put(
                "description",
                "Key, value and headers as they came, and these headers beside them. The value is whatever was sent.");
        var headers = message.putObject("headers");
        headers.put("type", "object");
        var story = new DeadLetter(
                new Failure("a.b", "m", false), "s", "t", 0, 0, 1, Instant.EPOCH, Instant.EPOCH, "trace", "model");
        var optional = Map.of("saccade-dlq-trace-id", true, "saccade-dlq-model", true);
        var properties = headers.putObject("properties");
        var required = headers.putArray("required");
        for (var name : story.headers().keySet()) {
            properties.putObject(name).put("type", "string");
            if (!optional.containsKey(name)) {
                required.add(name);
            }
        }
        key(message);
    }

    private static void retry(ObjectNode message) {
        message.put("name", "retry");
        message.put("title", "Retry");
        message.put(
                "description",
                "Key, value and headers as they came, and these headers beside them. For the stage alone that wrote it.");
        var headers = message.putObject("headers");
        headers.put("type", "object");
        var retried = new Retried(
                "t",
                0,
                0,
                Instant.EPOCH,
                1,
                Instant.EPOCH,
                Instant.EPOCH,
                Instant.EPOCH,
                Instant.EPOCH,
                new Failure("a.b", "m", true),
                "model");
        var properties = headers.putObject("properties");
        var required = headers.putArray("required");
        for (var name : retried.headers().keySet()) {
            properties.putObject(name).put("type", "string");
            if (!name.equals("saccade-retry-model")) {
                required.add(name);
            }
        }
        key(message);
    }

    private static void key(ObjectNode message) {
        message.putObject("bindings")
                .putObject("kafka")
                .put("bindingVersion", "0.5.0")
                .putObject("key")
                .put("type", "string");
    }

    private static void reference(ObjectNode node, String target) {
        node.put("$ref", target);
    }
}
