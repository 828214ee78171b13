package io.saccade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.contract.EventType;
import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import io.saccade.contract.topic.Topic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestKafkaIT {

    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    @Test
    void readsBackWhatWasSubmitted() {
        // Given
        var kafka = Brokers.shared();
        var topics = kafka.createUniqueTopics(2);
        var image = ImageSubmitted.of("cat-1", ImageRef.inline(new byte[] {1, 2, 3}));

        // When
        kafka.submit(topics.name(Topic.IMAGES), image);

        // Then
        var received = kafka.awaitKey(topics.name(Topic.IMAGES), "cat-1", SOON);
        assertThat(received.as(EventType.IMAGE_SUBMITTED)).isEqualTo(image);
        assertThat(received.headers())
                .containsEntry("ce_subject", "cat-1")
                .containsEntry("ce_type", EventType.IMAGE_SUBMITTED.type());
    }

    @Test
    void keepsTestsApart() {
        // Given
        var kafka = Brokers.shared();
        var mine = kafka.createUniqueTopics(1);
        var yours = kafka.createUniqueTopics(1);

        // When
        kafka.send(mine.name(Topic.DLQ), "k", new byte[1], Map.of());

        // Then
        assertThat(kafka.read(mine.name(Topic.DLQ))).hasSize(1);
        assertThat(kafka.read(yours.name(Topic.DLQ))).isEmpty();
    }

    @Test
    void saysWhatItWaitedForInVain() {
        // Given
        var kafka = Brokers.shared();
        kafka.createTopic("empty", 1);

        // When, then
        assertThatThrownBy(() -> kafka.await("empty", Duration.ofMillis(200), 1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("records in empty");
    }

    @Test
    void findsAcknowledgedRecordsAgainAfterAKill() throws Exception {
        // Given
        try (var broker = KafkaProcess.start(folder);
                var kafka = TestKafka.at(broker.bootstrapServers())) {
            kafka.createTopic("t", 1);
            kafka.send("t", "k", new byte[] {7}, Map.of());

            // When
            broker.kill();
            broker.start();

            // Then
            assertThat(kafka.read("t")).singleElement().satisfies(record -> assertThat(record.key())
                    .isEqualTo("k"));
        }
    }
}
