package io.saccade.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KraftBrokerIT {

    @TempDir
    Path folder;

    @Test
    void keepsItsClusterAndItsTransactionsAcrossARestart() throws Exception {
        // Given
        var config = BrokerConfig.at(folder.resolve("kafka"), 0);
        String cluster;
        try (var broker = KraftBroker.start(config)) {
            cluster = broker.clusterId();
            createTopic(broker, "t");
            commit(broker, "t", "kept");
        }

        // When
        try (var broker = KraftBroker.start(config)) {

            // Then
            assertThat(broker.clusterId()).isEqualTo(cluster);
            assertThat(read(broker, "t")).containsExactly("kept");
        }
    }

    @Test
    void saysThatThePortIsTaken() throws Exception {
        // Given
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            var config = BrokerConfig.at(folder, taken.getLocalPort());

            // When, then
            assertThatThrownBy(() -> KraftBroker.start(config))
                    .isInstanceOf(BrokerException.class)
                    .hasMessageContaining("port " + taken.getLocalPort())
                    .hasMessageContaining("taken");
        }
    }

    @Test
    void leavesAFolderAloneThatHoldsSomethingElse() throws Exception {
        // Given
        Files.writeString(folder.resolve("holiday.txt"), "mine");

        // When, then
        assertThatThrownBy(() -> KraftBroker.start(BrokerConfig.at(folder, 0)))
                .isInstanceOf(BrokerException.class)
                .hasMessageContaining("holiday.txt");
        assertThat(folder.resolve("meta.properties")).doesNotExist();
    }

    @Test
    void refusesDataOfAnotherFormat() throws Exception {
        // Given
        Files.writeString(folder.resolve("meta.properties"), "version=0\nbroker.id=7\n");

        // When, then
        assertThatThrownBy(() -> KraftBroker.start(BrokerConfig.at(folder, 0)))
                .isInstanceOf(BrokerException.class)
                .hasMessageContaining("format 1");
    }

    @Test
    void refusesAFileAsFolder() throws Exception {
        // Given
        var file = Files.writeString(folder.resolve("file"), "x");

        // When, then
        assertThatThrownBy(() -> KraftBroker.start(BrokerConfig.at(file, 0)))
                .isInstanceOf(BrokerException.class)
                .hasMessageContaining("is a file");
    }

    @Test
    void refusesAFolderThatAnotherBrokerUses() throws Exception {
        // Given
        try (var first = KraftBroker.start(BrokerConfig.at(folder, 0))) {

            // When, then
            assertThatThrownBy(() -> KraftBroker.start(BrokerConfig.at(folder, 0)))
                    .isInstanceOf(BrokerException.class)
                    .hasMessageContaining("in use");
            assertThat(first.bootstrapServers()).startsWith("127.0.0.1:");
        }
    }

    private static void createTopic(KraftBroker broker, String topic) throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        }
    }

    private static void commit(KraftBroker broker, String topic, String value) {
        var settings = Map.<String, Object>of(
                "bootstrap.servers", broker.bootstrapServers(), "transactional.id", "test", "acks", "all");
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, value.getBytes(UTF_8)));
            producer.commitTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, "aborted".getBytes(UTF_8)));
            producer.abortTransaction();
        }
    }

    private static List<String> read(KraftBroker broker, String topic) {
        var settings = Map.<String, Object>of(
                "bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed");
        var values = new ArrayList<String>();
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> values.add(new String(record.value(), UTF_8)));
            }
        }
        return values;
    }
}
