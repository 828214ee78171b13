package io.saccade.cli.stack;

import io.saccade.cli.CliException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;
import java.util.function.Predicate;

/**
 * The ports of a stack on 127.0.0.1, by who listens there.
 *
 * @param byRole see the constants; every stage, the joiner and the intake under its own name
 */
public record Ports(Map<String, Integer> byRole) {

    /** The broker. */
    public static final String KAFKA = "kafka";
    /** The model server's gRPC. */
    public static final String MODEL_GRPC = "model-server";
    /** The model server's health. */
    public static final String MODEL_HTTP = "model-server-http";
    /** The model server's metrics. */
    public static final String MODEL_METRICS = "model-server-metrics";

    /** What each would have alone on a machine: what Kafka, Triton and Quarkus use everywhere. */
    private static final Map<String, Integer> USUAL = usual();

    private static final int STEP = 1_000;
    /** Above, Linux takes ports for outgoing connections: one that is free now may not be in a second. */
    private static final int LAST = 32_000;

    public Ports {
        byRole = Map.copyOf(byRole);
    }

    /** The port of a role. */
    public int of(String role) {
        var port = byRole.get(role);
        if (port == null) {
            throw new IllegalArgumentException("there is no port of '" + role + "', only of " + byRole.keySet());
        }
        return port;
    }

    /**
     * Chooses a port for each role.
     *
     * @param needed  whether a role is to have one
     * @param kafka   the broker's, if the user wants a certain one
     * @param base    the first of consecutive ports, if the user wants certain ones
     * @param reserve takes a port unless somebody has it, and says whether it did
     * @param any     takes and returns a port nobody has
     * @throws CliException if a port that was asked for is taken
     */
    static Ports choose(
            Predicate<String> needed, OptionalInt kafka, OptionalInt base, IntPredicate reserve, IntSupplier any) {
        var chosen = new LinkedHashMap<String, Integer>();
        int next = base.orElse(0);
        for (var usual : USUAL.entrySet()) {
            var role = usual.getKey();
            if (!needed.test(role)) {
                continue;
            }
            if (role.equals(KAFKA) && kafka.isPresent()) {
                chosen.put(role, wanted(kafka.getAsInt(), role, "--kafka-port", reserve));
            } else if (base.isPresent()) {
                chosen.put(role, wanted(next++, role, "--port-base", reserve));
            } else {
                chosen.put(role, free(usual.getValue(), reserve, any));
            }
        }
        return new Ports(chosen);
    }

    private static int wanted(int port, String role, String option, IntPredicate reserve) {
        if (port < 1 || port > 65_535) {
            throw CliException.usage(option + " must give ports in 1..65535, got " + port + " for " + role);
        }
        if (!reserve.test(port)) {
            throw CliException.missing("port " + port + " is needed for " + role + " (" + option
                    + "), but it is taken; stop what uses it, give another, or leave " + option
                    + " out to have free ports chosen");
        }
        return port;
    }

    private static int free(int usual, IntPredicate reserve, IntSupplier any) {
        for (int port = usual; port < LAST; port += STEP) {
            if (reserve.test(port)) {
                return port;
            }
        }
        return any.getAsInt();
    }

    private static Map<String, Integer> usual() {
        var usual = new LinkedHashMap<String, Integer>();
        usual.put(KAFKA, 9092);
        usual.put(MODEL_GRPC, 8001);
        usual.put(MODEL_HTTP, 8000);
        usual.put(MODEL_METRICS, 8002);
        int port = 8081;
        for (var service : Installation.SERVICES) {
            usual.put(service, port++);
        }
        usual.put(Installation.INTAKE, port);
        return usual;
    }
}
