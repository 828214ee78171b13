package io.saccade.joiner;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells the stores of a thread when its transaction has been committed, and up to where their changelogs are. Under exactly-once Kafka
 * Streams tells its stores of no commit but the last one, when it closes them; so the producers that it gets from here do.
 */
final class Transactions implements KafkaClientSupplier {

    private final ThreadLocal<Set<Participant>> written = ThreadLocal.withInitial(LinkedHashSet::new);

    /** What a transaction writes to besides Kafka. */
    interface Participant {

        /**
         * The transaction is committed that all was written in that this thread has written so far. On that thread.
         *
         * @param offsets the last one in each partition that is known to have been written
         */
        void committed(Map<TopicPartition, Long> offsets);
    }

    /** To be told of the end of this thread's transaction. */
    void join(Participant participant) {
        written.get().add(participant);
    }

    private void committed(Map<TopicPartition, Long> offsets) {
        var participants = written.get();
        participants.forEach(participant -> participant.committed(offsets));
        participants.clear();
    }

    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> settings) {
        return new TellingProducer(settings);
    }

    @Override
    public Admin getAdmin(Map<String, Object> settings) {
        return Admin.create(settings);
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> settings) {
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> settings) {
        return getConsumer(settings);
    }

    @Override
    public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> settings) {
        return getConsumer(settings);
    }

    /** Of one thread, which begins and ends its transactions. */
    private final class TellingProducer extends KafkaProducer<byte[], byte[]> {

        private final Map<TopicPartition, Long> acknowledged = new ConcurrentHashMap<>();

        TellingProducer(Map<String, Object> settings) {
            super(settings, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, @Nullable Callback callback) {
            return super.send(record, (metadata, problem) -> {
                if (problem == null && metadata.hasOffset()) {
                    acknowledged.merge(
                            new TopicPartition(metadata.topic(), metadata.partition()), metadata.offset(), Math::max);
                }
                if (callback != null) {
                    callback.onCompletion(metadata, problem);
                }
            });
        }

        /** Every record of it is acknowledged once it has returned. */
        @Override
        public void commitTransaction() {
            super.commitTransaction();
            committed(acknowledged);
        }
    }
}
