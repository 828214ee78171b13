package io.saccade.testkit;

import io.saccade.broker.BrokerConfig;
import io.saccade.broker.BrokerException;
import io.saccade.broker.KraftBroker;
import java.io.IOException;
import java.nio.file.Files;

/** The one broker of a test JVM: starting one costs seconds, a topic of one's own costs nothing. */
public final class Brokers {

    private Brokers() {}

    /** The broker of this JVM, started on the first call and stopped when the JVM ends. Nobody else closes it. */
    public static TestKafka shared() {
        return Shared.KAFKA;
    }

    private static final class Shared {

        static final TestKafka KAFKA = start();

        private static TestKafka start() {
            try {
                var folder = Files.createTempDirectory("saccade-test-kafka");
                var broker = KraftBroker.start(BrokerConfig.at(folder, 0));
                var kafka = TestKafka.at(broker.bootstrapServers());
                var stop = new Thread(
                        () -> {
                            kafka.close();
                            broker.stop();
                            Folders.delete(folder);
                        },
                        "stop-test-kafka");
                Runtime.getRuntime().addShutdownHook(stop);
                return kafka;
            } catch (IOException | BrokerException e) {
                throw new IllegalStateException("the tests need a broker, but it did not start", e);
            }
        }
    }
}
