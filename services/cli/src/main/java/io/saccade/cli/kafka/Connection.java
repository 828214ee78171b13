package io.saccade.cli.kafka;

import io.saccade.cli.CliException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;

/** Says in one line that a broker does not answer, before Kafka's clients say it in a thousand. */
final class Connection {

    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private Connection() {}

    /**
     * A client of a broker that answers.
     *
     * @throws CliException if it does not
     */
    static Admin admin(String bootstrapServers) {
        Admin admin;
        try {
            admin = Admin.create(Map.of(
                    "bootstrap.servers",
                    bootstrapServers,
                    "request.timeout.ms",
                    5_000,
                    "default.api.timeout.ms",
                    15_000,
                    "client.id",
                    "saccade-cli"));
        } catch (KafkaException e) {
            throw CliException.usage("Kafka's address must be HOST:PORT[,HOST:PORT...], got '" + bootstrapServers
                    + "'; give it with --kafka");
        }
        try {
            admin.describeCluster().nodes().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return admin;
        } catch (InterruptedException e) {
            admin.close(Duration.ZERO);
            Thread.currentThread().interrupt();
            throw CliException.no("interrupted while connecting to Kafka at " + bootstrapServers);
        } catch (ExecutionException | TimeoutException e) {
            admin.close(Duration.ZERO);
            throw CliException.missing(
                    "Kafka should answer at " + bootstrapServers
                            + ", but does not; see 'saccade status', start a stack with"
                            + " 'saccade up', or name another broker with --kafka",
                    e);
        }
    }

    /** Checks that a broker answers. */
    static void check(String bootstrapServers) {
        admin(bootstrapServers).close(Duration.ofSeconds(1));
    }

    static String cause(Exception e) {
        var cause = e.getCause() == null ? e : e.getCause();
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }
}
