package io.saccade.faults.check;

/**
 * A place in Kafka.
 *
 * @param topic     by the broker's name
 * @param partition from 0
 * @param offset    from 0
 */
public record Where(String topic, int partition, long offset) {

    @Override
    public String toString() {
        return topic + "-" + partition + "@" + offset;
    }
}
