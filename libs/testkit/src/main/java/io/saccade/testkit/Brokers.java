package io.saccade.testkit;

import io.saccade.broker.BrokerConfig;
import io.saccade.broker.BrokerException;
import io.saccade.broker.KraftBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** The one broker of a test JVM: starting one costs seconds, a topic of one's own costs nothing. */
public final class Brokers {

    private Brokers() {}

    /** The broker of this JVM, started on the first call and stopped when the JVM ends. Nobody else closes it. */
    public static TestKafka shared() {
        return Shared.KAFKA;
    }

    static void delete(Path folder) {
        try (var entries = Files.walk(folder)) {
            for (var entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not delete " + folder, e);
        }
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
                            delete(folder);
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
