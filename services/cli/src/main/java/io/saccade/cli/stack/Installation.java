package io.saccade.cli.stack;

import io.saccade.cli.CliException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the built programs are.
 *
 * @param root the checkout, absolute
 * @param java the executable that runs them
 */
public record Installation(Path root, Path java) {

    /** The stages and the join, in the order they are shown. */
    public static final List<String> SERVICES = List.of("encoder", "captioner", "vqa", "moderator", "joiner");

    /** What turns the notifications of object stores into images; only where it is asked for. */
    public static final String INTAKE = "intake";

    public Installation {
        root = root.toAbsolutePath().normalize();
    }

    /** The checkout this command line belongs to, and the JVM it runs in. */
    public static Installation here() {
        var root = System.getenv("SACCADE_ROOT");
        return new Installation(
                Path.of(root == null ? "" : root), Path.of(System.getProperty("java.home"), "bin", "java"));
    }

    /** The models, as folders. */
    public Path models() {
        return root.resolve("triton-models");
    }

    /** The pictures of the demo and what to expect of them. */
    public Path demo() {
        return root.resolve("deploy").resolve("demo");
    }

    /** The start script, as a person calls it. */
    public Path script() {
        return root.resolve("saccade");
    }

    /** The folder into which {@code deploy/triton/install.sh} puts NVIDIA's Triton, installed or not. */
    public Path triton() {
        var elsewhere = System.getenv("SACCADE_TRITON");
        return elsewhere == null
                ? root.resolve(".saccade").resolve("triton")
                : Path.of(elsewhere).toAbsolutePath();
    }

    /** The script that runs NVIDIA's Triton. */
    public Path tritonScript() {
        return root.resolve("deploy").resolve("triton").resolve("run.sh");
    }

    /**
     * Goes on only where NVIDIA's Triton is installed.
     *
     * @throws CliException if it is not; the message has the command that installs it
     */
    void expectTriton() {
        if (!Files.isRegularFile(triton().resolve("installed"))) {
            throw CliException.missing("--triton needs NVIDIA's Triton in " + triton()
                    + ", but it is not installed; run " + tritonScript().resolveSibling("install.sh")
                    + " (Linux, about 400 MB), or name one that runs with --triton HOST:PORT");
        }
    }

    /** The class path of a plain program: its jar, then what it needs. */
    public String classPath(String module, String artifact) {
        var target = root.resolve(module).resolve("target");
        return jar(target, artifact)
                + File.pathSeparator
                + target.resolve("lib").resolve("*");
    }

    /** The jar that starts a Quarkus service. */
    public Path service(String name) {
        return root.resolve("services")
                .resolve(name)
                .resolve("target")
                .resolve("quarkus-app")
                .resolve("quarkus-run.jar");
    }

    /**
     * What is not built, as paths from the root; empty when everything is there.
     *
     * @param intake whether the intake is needed
     */
    public List<String> missing(boolean intake) {
        var missing = new ArrayList<String>();
        for (var plain : List.of("libs/broker", "services/model-server")) {
            if (jars(root.resolve(plain).resolve("target")).isEmpty()) {
                missing.add(plain + "/target/*.jar");
            }
        }
        var services = new ArrayList<>(SERVICES);
        if (intake) {
            services.add(INTAKE);
        }
        for (var service : services) {
            if (!Files.isRegularFile(service(service))) {
                missing.add(root.relativize(service(service)).toString());
            }
        }
        return missing;
    }

    private static Path jar(Path target, String artifact) {
        return jars(target).stream()
                .filter(jar -> jar.getFileName().toString().startsWith(artifact))
                .findFirst()
                .orElseThrow(() -> CliException.missing("expected " + target.resolve(artifact + "-*.jar")
                        + ", but it is not built; run ./saccade build"));
    }

    private static List<Path> jars(Path target) {
        if (!Files.isDirectory(target)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> {
                        var name = file.getFileName().toString();
                        return name.endsWith(".jar") && !name.endsWith("-tests.jar") && !name.endsWith("-sources.jar");
                    })
                    .toList();
        } catch (IOException e) {
            throw CliException.missing("could not look into " + target + ": " + e.getMessage(), e);
        }
    }
}
