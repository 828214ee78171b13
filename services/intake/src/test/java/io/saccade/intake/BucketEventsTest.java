package io.saccade.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.contract.EventJson;
import io.saccade.contract.MalformedEventException;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.event.Task;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketEventsTest {

    private final BucketEvents events = new BucketEvents("default", Map.of("acme-photos", "acme"));

    @Test
    void takesTheMessageOfAmazonS3() throws MalformedEventException {
        // When
        var meaning = read(Notifications.s3("ObjectCreated:Put", "photos", "2026/red+flower%2B%C3%A4.jpg", "v.1"));

        // Then
        assertThat(meaning.ignored()).isZero();
        assertThat(meaning.images()).singleElement().satisfies(image -> {
            assertThat(image.image().uri()).hasToString("s3://photos/2026/red%20flower%2B%C3%A4.jpg?versionId=v.1");
            assertThat(image.id()).matches("s3-[0-9a-f]{32}");
            assertThat(image.tenant()).isEqualTo("default");
            assertThat(image.tasks()).containsExactlyInAnyOrder(Task.values());
            assertThat(image.attributes())
                    .containsEntry("bucket", "photos")
                    .containsEntry("key", "2026/red flower+\u00e4.jpg");
        });
    }

    @Test
    void takesTheMessageOfMinioWhichNamesNoVersion() throws MalformedEventException {
        // When
        var meaning =
                read(Notifications.minio("s3:ObjectCreated:CompleteMultipartUpload", "acme-photos", "a.jpg", "etag-1"));

        // Then
        assertThat(meaning.images()).singleElement().satisfies(image -> {
            assertThat(image.image().uri()).hasToString("s3://acme-photos/a.jpg");
            assertThat(image.tenant()).isEqualTo("acme");
        });
    }

    @Test
    void takesBothAsDataOfACloudEvent() throws MalformedEventException {
        // Given
        var whole = Notifications.s3("ObjectCreated:Put", "photos", "a.jpg", "1");
        var record = whole.substring(whole.indexOf('[') + 1, whole.lastIndexOf(']'));

        // Then: structured with the whole, structured with a record, binary with a record
        var expected = id(whole);
        assertThat(id(Notifications.cloudEvent(whole))).isEqualTo(expected);
        assertThat(id(Notifications.cloudEvent(record))).isEqualTo(expected);
        assertThat(id(record)).isEqualTo(expected);
    }

    @Test
    void givesTheSameObjectTheSameIdAndAnotherContentAnother() throws MalformedEventException {
        // Given
        var first = id(Notifications.minio("s3:ObjectCreated:Put", "photos", "a.jpg", "etag-1"));

        // Then
        assertThat(id(Notifications.minio("s3:ObjectCreated:Put", "photos", "a.jpg", "etag-1")))
                .isEqualTo(first);
        assertThat(id(Notifications.minio("s3:ObjectCreated:Put", "photos", "a.jpg", "etag-2")))
                .isNotEqualTo(first);
        assertThat(id(Notifications.minio("s3:ObjectCreated:Put", "photos", "b.jpg", "etag-1")))
                .isNotEqualTo(first);
        assertThat(id(Notifications.minio("s3:ObjectCreated:Put", "photos2", "a.jpg", "etag-1")))
                .isNotEqualTo(first);
    }

    @Test
    void takesSeveralRecordsAndCountsWhatIsNoNewObject() throws MalformedEventException {
        // Given
        var put = Notifications.record("ObjectCreated:Put", "photos", "a.jpg", "1", "e");
        var other = Notifications.record("ObjectCreated:Copy", "photos", "b.jpg", "1", "e");
        var removed = Notifications.record("ObjectRemoved:Delete", "photos", "c.jpg", "1", "e");
        var folder = Notifications.record("ObjectCreated:Put", "photos", "folder/", "1", "e");

        // When
        var meaning = read("{\"Records\":[" + String.join(",", put, removed, other, folder, put) + "]}");

        // Then
        assertThat(meaning.images()).hasSize(2);
        assertThat(meaning.ignored()).isEqualTo(3);
    }

    @Test
    void ignoresTheTestThatAStoreMakesOfItsConnection() throws MalformedEventException {
        assertThat(read("{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Bucket\":\"photos\"}")
                        .ignored())
                .isEqualTo(1);
        assertThat(read("{\"Records\":[]}").images()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "secret{",
                "{\"Records\":{}}",
                "{\"Records\":[{}]}",
                "{\"Records\":[null]}",
                "{\"Records\":[{\"eventName\":7}]}",
                "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\"}]}",
                "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{}}}]}",
                "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"ph/secret\"},\"object\":{\"key\":\"a\"}}}]}",
                "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"secret%2\"}}}]}",
                "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"secret%00\"}}}]}",
                "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"secret\\ud800\"}}}]}",
                "{\"Records\":[]} secret"
            })
    void saysWhatIsWrongWithARecordThatIsNoneAndRepeatsNothingOfIt(String value) {
        assertThatThrownBy(() -> read(value))
                .isInstanceOf(MalformedEventException.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void refusesARecordWithoutAValueAndOneThatIsTooDeepOrTooLong() {
        assertThatThrownBy(() -> events.read(null)).isInstanceOf(MalformedEventException.class);
        assertThatThrownBy(() -> events.read(new byte[] {0, 0, 0, 0, ' ', '"', 'i', 'd'}))
                .as("UTF-32 by its zeros, and it is not")
                .isInstanceOf(MalformedEventException.class);
        assertThatThrownBy(() -> read("{\"a\":".repeat(1_000))).isInstanceOf(MalformedEventException.class);
        assertThatThrownBy(() -> read("{\"Records\":[" + "{},".repeat(1_000) + "{}]}"))
                .isInstanceOf(MalformedEventException.class)
                .hasMessageContaining("1000");
    }

    @Test
    void makesEventsThatCanBeWrittenOfEveryKey() throws MalformedEventException {
        for (var key :
                new String[] {"%F0%9F%98%80".repeat(200), "a".repeat(1024), "%FF%FE", "..%2F..%2Fa", "a%3Fb%23c"}) {
            var image = read(Notifications.s3("ObjectCreated:Put", "photos", key, "1"))
                    .images()
                    .getFirst();
            assertThat(EventJson.create().write(image)).isNotEmpty();
        }
    }

    private BucketEvents.Meaning read(String value) throws MalformedEventException {
        return events.read(value.getBytes(UTF_8));
    }

    private String id(String value) throws MalformedEventException {
        return read(value).images().stream().map(ImageSubmitted::id).findFirst().orElseThrow();
    }
}
