package io.saccade.broker;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/**
 * A broker as a process: {@code --data DIR [--port N]}. When it takes records it prints {@code READY
 * bootstrap=127.0.0.1:PORT in T ms} on standard output; SIGTERM stops it. Its log goes to standard error.
 */
public final class Main {

    private static final String USAGE = "usage: --data DIR [--port N]   (port 0, the default, takes a free one)";
    private static final int CANNOT_START = 2;

    private Main() {}

    /** Runs until it is told to stop. Exit code 2: it could not start, and one line says why. */
    public static void main(String[] args) {
        setLogging();
        int code = run(List.of(args), System.out, System.err);
        if (code != 0) {
            System.exit(code);
        }
    }

    @SuppressWarnings("SystemOut") // the line is what the caller waits for
    private static int run(List<String> args, PrintStream out, PrintStream err) {
        long started = System.nanoTime();
        BrokerConfig config;
        try {
            config = parse(args);
        } catch (IllegalArgumentException e) {
            err.println("saccade-broker: " + e.getMessage() + "; " + USAGE);
            return CANNOT_START;
        }
        KraftBroker broker;
        try {
            broker = KraftBroker.start(config);
        } catch (BrokerException e) {
            err.println("saccade-broker: " + e.getMessage());
            return CANNOT_START;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(broker::stop, "stop"));
        out.println("READY bootstrap=" + broker.bootstrapServers() + " in " + (System.nanoTime() - started) / 1_000_000
                + " ms");
        out.flush();
        broker.awaitStop();
        return 0;
    }

    /**
     * Reads the arguments.
     *
     * @throws IllegalArgumentException if one is unknown, has no value or a wrong one
     */
    static BrokerConfig parse(List<String> args) {
        Path data = null;
        int port = 0;
        for (int i = 0; i < args.size(); i += 2) {
            var name = args.get(i);
            if (!name.equals("--data") && !name.equals("--port")) {
                throw new IllegalArgumentException("unknown option '" + name + "'");
            }
            if (i + 1 == args.size()) {
                throw new IllegalArgumentException(name + " needs a value");
            }
            var value = args.get(i + 1);
            if (name.equals("--data")) {
                data = Path.of(value);
            } else {
                port = port(value);
            }
        }
        if (data == null) {
            throw new IllegalArgumentException("--data is missing");
        }
        return BrokerConfig.at(data, port);
    }

    private static int port(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--port must be a number in 0..65535, got '" + value + "'", e);
        }
    }

    /** Before the first logger exists. As properties and not as a file: this jar also lies on test class paths. */
    private static void setLogging() {
        setDefault("defaultLogLevel", "warn");
        setDefault("showDateTime", "true");
        setDefault("dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
        setDefault("showShortLogName", "true");
    }

    private static void setDefault(String name, String value) {
        var key = "org.slf4j.simpleLogger." + name;
        if (System.getProperty(key) == null) {
            System.setProperty(key, value);
        }
    }
}
