package io.saccade.faults;

import io.saccade.contract.topic.Topic;
import io.saccade.faults.Fault.Scene;
import io.saccade.faults.bugs.Bug;
import io.saccade.faults.check.Allowed;
import io.saccade.faults.lab.Load;
import io.saccade.faults.lab.Others;
import io.saccade.testkit.Await;
import io.saccade.testkit.fault.FaultyModelServer.Plan;
import io.saccade.testkit.fault.ModelFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Under what bugs show that were put in on purpose. Without a bug every play keeps every promise. */
final class BugPlays {

    private static final Duration PATIENCE = Duration.ofMinutes(4);

    /** An image that lacks a part is answered by then: what is lost shows as lost, and not as still under way. */
    private static final Duration DEADLINE = Duration.ofSeconds(45);

    /** How long a run may take to come to rest; with most bugs it never does, so this is what such a run costs. */
    static final Duration REST = DEADLINE.plusSeconds(30);

    private BugPlays() {}

    /**
     * A play as a fault.
     *
     * @param service the process with the bug, as its lab names it
     */
    static Fault of(Bug.Play play, String service) {
        var wish = Load.Wish.AT_ONCE.within(DEADLINE);
        return switch (play) {
            case CALM -> fault(play, wish, _ -> {});
            case KILL -> fault(play, wish, scene -> killWhileSlow(scene, service));
            case KILL_JOIN -> fault(play, wish, scene -> killAtWork(scene, service));
            case ECHO -> fault(play, wish, BugPlays::echo);
            case MODEL_DOWN -> fault(play, wish.within(Duration.ofSeconds(8)), BugPlays::modelDown);
            case POISON -> fault(play, wish.among(Others.POISON, 0.1), _ -> {});
        };
    }

    private static Fault fault(Bug.Play play, Load.Wish wish, Fault.Play how) {
        return new Fault(play.name(), play.how(), "every promise is kept", play.how(), wish, Allowed.NOTHING, how);
    }

    private static void killWhileSlow(Scene scene, String service) throws InterruptedException {
        // The captioner's model alone: the others must not hold up the records behind these.
        scene.lab().models().plan(((Plan) _ -> ModelFault.none().after(Duration.ofSeconds(8))).onlyFor("caption"));
        scene.load().awaitSent(PATIENCE);
        Await.until("calls at work", PATIENCE, () -> scene.lab().models().open("caption") >= 10);
        // Many times as long as a stage that commits too soon needs to do so.
        Thread.sleep(Duration.ofSeconds(2));
        scene.begins();
        scene.lab().service(service).process().kill();
    }

    private static void killAtWork(Scene scene, String service) {
        int kills = 3;
        for (int kill = 0; kill < kills; kill++) {
            // Of the first half: a bug may lose as many answers as there are in the other.
            scene.load().awaitAnswered((kill + 0.5) / (2 * kills), PATIENCE);
            scene.begins();
            scene.lab().service(service).process().kill();
            scene.lab().service(service).start();
        }
    }

    private static void modelDown(Scene scene) {
        scene.lab().models().down("vqa");
        scene.load().awaitSent(PATIENCE);
        scene.load().awaitAnswered(1, PATIENCE);
        scene.lab().models().up("vqa");
    }

    /** Writes what the stages published a second time, as a stage does whose memory is lost. */
    private static void echo(Scene scene) {
        var brokers = scene.lab().kafka().bootstrapServers();
        Map<String, Object> reading =
                Map.of("bootstrap.servers", brokers, "isolation.level", "read_committed", "enable.auto.commit", false);
        Map<String, Object> writing = Map.of("bootstrap.servers", brokers, "acks", "all");
        try (var consumer = new KafkaConsumer<>(reading, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                var producer = new KafkaProducer<>(writing, new ByteArraySerializer(), new ByteArraySerializer())) {
            var partitions = new ArrayList<TopicPartition>();
            Topic.RESULTS.forEach(topic -> consumer.partitionsFor(scene.lab().topic(topic))
                    .forEach(info -> partitions.add(new TopicPartition(info.topic(), info.partition()))));
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position); // from here on: what came before is another run's
            scene.load().awaitAnswered(1, PATIENCE);
            scene.begins();
            var ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    var _ = producer.send(new ProducerRecord<>(
                            record.topic(), record.partition(), record.key(), record.value(), record.headers()));
                }
            }
            producer.flush();
        }
    }
}
