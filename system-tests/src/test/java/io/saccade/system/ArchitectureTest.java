package io.saccade.system;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Arrows point one way: contract and triton and vision know nothing of stage, stage nothing of services. */
class ArchitectureTest {

    private static final List<String> LIBS = List.of(
            "libs/contract", "libs/vision", "libs/triton", "libs/guard", "libs/sources", "libs/stage", "libs/broker");
    private static final List<String> SERVICES =
            List.of("encoder", "captioner", "vqa", "moderator", "joiner", "intake");

    private final JavaClasses classes = new ClassFileImporter()
            .importPaths(Stream.concat(
                            LIBS.stream(),
                            Stream.concat(SERVICES.stream(), Stream.of("model-server", "cli"))
                                    .map(service -> "services/" + service))
                    .map(module -> Repository.path(module).resolve("target/classes"))
                    .filter(Files::exists)
                    .toArray(Path[]::new));

    @Test
    void seesEveryModule() {
        assertThat(classes.stream().map(c -> c.getPackageName()).distinct())
                .contains(
                        "io.saccade.contract",
                        "io.saccade.vision",
                        "io.saccade.triton",
                        "io.saccade.guard",
                        "io.saccade.guard.http",
                        "io.saccade.sources",
                        "io.saccade.stage",
                        "io.saccade.broker",
                        "io.saccade.encoder",
                        "io.saccade.captioner",
                        "io.saccade.vqa",
                        "io.saccade.moderator",
                        "io.saccade.joiner",
                        "io.saccade.intake",
                        "io.saccade.modelserver",
                        "io.saccade.cli");
    }

    @Test
    void contractKnowsJsonAndNothingElse() {
        classes()
                .that()
                .resideInAPackage("io.saccade.contract..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "io.saccade.contract..", "com.fasterxml.jackson..", "org.jspecify..")
                .check(classes);
    }

    @Test
    void tritonIsPublishableAlone() {
        classes()
                .that()
                .resideInAPackage("io.saccade.triton..")
                .and()
                .resideOutsideOfPackage("io.saccade.triton.otel") // for those who bring OpenTelemetry's API
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "io.saccade.triton..",
                        "io.grpc..",
                        "io.netty..",
                        "com.google..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "javax.annotation..")
                .check(classes);
    }

    @Test
    void guardIsPublishableAloneAndDecidesWithoutAnHttpClient() {
        classes()
                .that()
                .resideInAPackage("io.saccade.guard")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "io.saccade.guard", "org.jspecify..")
                .check(classes);
        classes()
                .that()
                .resideInAPackage("io.saccade.guard.http")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..", "javax.net.ssl..", "io.saccade.guard..", "org.apache.hc..", "org.jspecify..")
                .check(classes);
    }

    @Test
    void visionKnowsNoKafkaNoTritonNoFramework() {
        noClasses()
                .that()
                .resideInAPackage("io.saccade.vision..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.saccade.contract..",
                        "io.saccade.triton..",
                        "io.saccade.stage..",
                        "org.apache.kafka..",
                        "io.quarkus..",
                        "jakarta..")
                .check(classes);
    }

    @Test
    void sourcesKnowNeitherKafkaNorStagesNorFrameworks() {
        noClasses()
                .that()
                .resideInAPackage("io.saccade.sources..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.saccade.stage..",
                        "io.saccade.vision..",
                        "io.saccade.triton..",
                        "org.apache.kafka..",
                        "io.quarkus..",
                        "io.smallrye..",
                        "jakarta..")
                .check(classes);
    }

    @Test
    void stageKnowsNoServiceAndNoQuarkus() {
        var services = SERVICES.stream().map(s -> "io.saccade." + s + "..").toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage("io.saccade.stage..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(services)
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("io.quarkus..")
                .check(classes);
    }

    @Test
    void servicesMeetOnlyInTopics() {
        for (var service : SERVICES) {
            var others = SERVICES.stream()
                    .filter(other -> !other.equals(service))
                    .map(other -> "io.saccade." + other + "..")
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage("io.saccade." + service + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(others)
                    .check(classes);
        }
    }

    @Test
    void mergingIsPure() {
        classes()
                .that()
                .resideInAPackage("io.saccade.joiner.merge..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "io.saccade.joiner.merge..",
                        "io.saccade.contract",
                        "io.saccade.contract.event..",
                        "com.fasterxml.jackson.annotation..",
                        "org.jspecify..")
                .check(classes);
    }
}
