package io.saccade.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.testkit.Await;
import io.saccade.testkit.TestKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaClusterIT {

    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void losesNothingWhenAnyOfThreeNodesIsKilled() throws Exception {
        try (var cluster = KafkaCluster.start(folder, 3, 1);
                var kafka = TestKafka.at(cluster.bootstrapServers())) {
            // Given
            kafka.admin()
                    .createTopics(java.util.List.of(new NewTopic("t", Optional.of(3), Optional.of(cluster.replicas()))))
                    .all()
                    .get();
            Await.until("the topic", SOON, () -> kafka.read("t").isEmpty());
            for (int i = 0; i < 30; i++) {
                kafka.send("t", "before-" + i, new byte[1], Map.of());
            }

            // When
            cluster.process(2).kill();
            for (int i = 0; i < 30; i++) {
                kafka.send("t", "after-" + i, new byte[1], Map.of());
            }
            cluster.restart(2);

            // Then
            assertThat(kafka.await("t", SOON, 60)).hasSize(60).doesNotHaveDuplicates();
        }
    }

    @Test
    void aClientBehindACutLinkGoesOnWhenItHeals() {
        try (var cluster = KafkaCluster.start(folder, 1, 1);
                var kafka = TestKafka.at(cluster.bootstrapServers())) {
            // Given
            kafka.createTopic("t", 1);
            kafka.send("t", "a", new byte[1], Map.of());

            // When
            cluster.link(1).cut();
            var sending = Thread.ofVirtual().start(() -> kafka.send("t", "b", new byte[1], Map.of()));
            assertThat(sending.isAlive()).isTrue();
            cluster.link(1).heal();

            // Then
            assertThat(kafka.await("t", SOON, 2)).hasSize(2);
        }
    }

    @Test
    void nothingIsWrittenWhileTheNodesCannotReachEachOtherAndAllOfItAfterwards() throws Exception {
        try (var cluster = KafkaCluster.start(folder, 3, 1);
                var kafka = TestKafka.at(cluster.bootstrapServers())) {
            // Given
            cluster.linkNodes(true);
            kafka.admin()
                    .createTopics(java.util.List.of(new NewTopic("t", Optional.of(3), Optional.of(cluster.replicas()))))
                    .all()
                    .get();
            Await.until("the topic", SOON, () -> kafka.read("t").isEmpty());
            kafka.send("t", "before", new byte[1], Map.of());
            long before =
                    cluster.nodeLinks().stream().mapToLong(FaultyLink::accepted).sum();

            // When
            cluster.nodeLinks().forEach(FaultyLink::cut);
            var sending = Thread.ofVirtual().start(() -> kafka.send("t", "after", new byte[1], Map.of()));
            assertThat(sending.join(java.time.Duration.ofMillis(500))).isFalse();
            cluster.nodeLinks().forEach(FaultyLink::heal);

            // Then
            assertThat(before).isPositive();
            assertThat(kafka.await("t", SOON, 2)).hasSize(2).doesNotHaveDuplicates();
        }
    }
}
