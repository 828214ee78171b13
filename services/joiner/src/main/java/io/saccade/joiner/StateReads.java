package io.saccade.joiner;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StandbyUpdateListener;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.processor.TaskId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what is read back from the changelogs, and says when a partition's state is whole. Called from threads of Kafka Streams. */
final class StateReads implements StateRestoreListener, StandbyUpdateListener {

    private static final Logger LOGGER = LoggerFactory.getLogger(StateReads.class);

    private final JoinMetrics metrics;

    StateReads(JoinMetrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public void onRestoreStart(TopicPartition changelog, String store, long from, long to) {
        // its end tells more
    }

    @Override
    public void onBatchRestored(TopicPartition changelog, String store, long to, long records) {
        metrics.restored(records);
    }

    @Override
    public void onRestoreEnd(TopicPartition changelog, String store, long records) {
        if (records > 0) {
            LOGGER.atInfo()
                    .addKeyValue("topic", changelog.topic())
                    .addKeyValue("partition", changelog.partition())
                    .addKeyValue("records", records)
                    .log("state was restored");
        }
    }

    @Override
    public void onUpdateStart(TopicPartition changelog, String store, long from) {
        // nothing is copied yet
    }

    @Override
    public void onBatchLoaded(
            TopicPartition changelog, String store, TaskId task, long to, long records, long currentEnd) {
        metrics.copied(records);
    }

    @Override
    public void onUpdateSuspended(
            TopicPartition changelog, String store, long at, long currentEnd, SuspendReason reason) {
        // promoted or moved: what follows is restored, or copied elsewhere
    }
}
