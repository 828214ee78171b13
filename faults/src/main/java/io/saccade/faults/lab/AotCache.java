package io.saccade.faults.lab;

import io.saccade.cli.stack.Installation;
import io.saccade.testkit.fault.Child;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a first start of a service leaves for its later ones, made by the script that makes it for an image. */
final class AotCache {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private AotCache() {}

    /**
     * The cache of a service, made now unless it is there and newer than the service.
     *
     * @param command of the service, whose flags the cache is for
     */
    static Path of(String service, List<String> command, Installation installation) {
        var jar = installation.service(service);
        var cache = jar.resolveSibling("app.aot");
        try {
            if (Files.exists(cache) && Files.getLastModifiedTime(cache).compareTo(Files.getLastModifiedTime(jar)) > 0) {
                return cache;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not look at " + cache, e);
        }
        var training = new ArrayList<String>();
        training.add(installation
                .root()
                .resolve("deploy")
                .resolve("containers")
                .resolve("train.sh")
                .toString());
        training.add(jar.resolveSibling("").toString());
        training.addAll(command.subList(1, command.indexOf("-jar")));
        var builder = new ProcessBuilder(training).inheritIO();
        builder.environment()
                .put(
                        "JAVA_HOME",
                        installation.java().resolve("../..").normalize().toString());
        int code = Child.start("the training of the " + service, builder).awaitExit(PATIENCE);
        if (code != 0) {
            throw new IllegalStateException("the training of the " + service + " ended with " + code + ": " + training);
        }
        return cache;
    }
}
