package io.saccade.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.yaml.snakeyaml.LoaderOptions;

/** Holds the compose file against the chart, the topics and the folders it names. */
class ComposeTest {

    private static final Path FOLDER = Yaml.ROOT.resolve("deploy").resolve("compose");
    private static JsonNode services;
    private static Map<String, String> variables;

    @BeforeAll
    static void read() throws IOException {
        // With SnakeYAML itself, because Jackson knows no merge keys.
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        var file = new ObjectMapper()
                .valueToTree(new org.yaml.snakeyaml.Yaml(options)
                        .<Object>load(Files.readString(FOLDER.resolve("compose.yaml"))));
        services = ((JsonNode) file).path("services");
        variables = Files.readAllLines(FOLDER.resolve(".env")).stream()
                .filter(line -> line.contains("=") && !line.startsWith("#"))
                .collect(Collectors.toMap(line -> line.split("=", 2)[0], line -> line.split("=", 2)[1]));
    }

    @Test
    @EnabledOnOs(
            value = OS.LINUX,
            architectures = "amd64",
            disabledReason = "the chart is rendered on Linux amd64 only")
    void tellsServicesWhatTheChartTellsThem() {
        var chart = Chart.render(Map.of(
                "kafka.bootstrapServers", "kafka:29092",
                "triton.endpoints", "inference:8001",
                "models.hostPath", "/models",
                "images.fileRoots", "/images"));
        for (var service : Chart.SERVICES) {
            assertThat(said(service)).as(service).isEqualTo(chart.environment(service));
        }
        var alone = Chart.render(Map.of(
                "kafka.bootstrapServers", "kafka:29092",
                "triton.endpoints", "inference:8001",
                "models.hostPath", "/models",
                "images.s3.buckets", List.of("photos"),
                "services.intake.enabled", true));
        assertThat(said(Chart.INTAKE)).isEqualTo(alone.environment(Chart.INTAKE));
    }

    /** Without what is only passed on, where the shell has it. */
    private static JsonNode said(String service) {
        ObjectNode environment = services.path(service).path("environment").deepCopy();
        environment.properties().removeIf(variable -> variable.getValue().isNull());
        return environment;
    }

    @Test
    @EnabledOnOs(
            value = OS.LINUX,
            architectures = "amd64",
            disabledReason = "the chart is rendered on Linux amd64 only")
    void passesOnWhatTheChartTellsOfAStore() {
        // Given
        var chart = Chart.render(Map.of(
                "kafka.bootstrapServers", "kafka:29092",
                "triton.endpoints", "inference:8001",
                "models.hostPath", "/models",
                "images.s3.buckets", List.of("photos"),
                "images.s3.endpoint", "http://store:9000",
                "images.s3.region", "eu-central-1",
                "images.s3.pathStyle", true));

        // When
        var passed = new TreeSet<String>();
        services.path("encoder").path("environment").fields().forEachRemaining(variable -> {
            if (variable.getValue().isNull()) {
                passed.add(variable.getKey());
            }
        });

        // Then
        assertThat(passed).contains("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
        chart.environment("encoder").fieldNames().forEachRemaining(name -> {
            if (name.startsWith("SACCADE_IMAGES_S3_")) {
                assertThat(passed).contains(name);
            }
        });
    }

    @Test
    void startsTheIntakeOnlyWhereItsProfileIsAskedFor() {
        assertThat(texts(services.path(Chart.INTAKE).path("profiles"))).containsExactly("intake");
        assertThat(variables.get("COMPOSE_PROFILES")).isEqualTo("cpu");
    }

    @Test
    void waitsForTheTopics() {
        assertThat(texts(services.at("/topics/command"))).containsExactly("topics", "apply", "--kafka", "kafka:29092");
        for (var service : Chart.SERVICES) {
            assertThat(services.path(service).at("/depends_on/topics/condition").asText())
                    .isEqualTo("service_completed_successfully");
        }
    }

    @Test
    void asksTheHealthOfWhateverStays() {
        services.fields().forEachRemaining(service -> {
            if (!service.getKey().equals("topics")) {
                assertThat(service.getValue().path("healthcheck").has("test"))
                        .as(service.getKey())
                        .isTrue();
            }
        });
        for (var service : Chart.SERVICES) {
            assertThat(services.path(service).at("/healthcheck/test/3").asText())
                    .contains("/q/health/ready", "/8080");
        }
    }

    @Test
    void opensPortsToThisMachineOnly() {
        services.forEach(service ->
                texts(service.path("ports")).forEach(port -> assertThat(port).startsWith("127.0.0.1:")));
    }

    @Test
    void pinsEveryImage() {
        services.forEach(service -> assertThat(service.path("image").asText())
                .matches("[a-z0-9./-]+:(v?[0-9][\\w.-]*|\\$\\{SACCADE_TAG})"));
        assertThat(variables.get("SACCADE_TAG"))
                .isEqualTo(Yaml.read(Chart.FOLDER.resolve("Chart.yaml"))
                        .path("appVersion")
                        .asText());
    }

    @Test
    void namesOnlyFilesThatExist() {
        var missing = new ArrayList<String>();
        for (var service : services) {
            for (var volume : texts(service.path("volumes"))) {
                var source = variables.entrySet().stream()
                        .reduce(
                                volume,
                                (text, variable) -> text.replace("${" + variable.getKey() + "}", variable.getValue()),
                                (a, b) -> b)
                        .split(":")[0];
                if (source.startsWith(".") && !Files.exists(FOLDER.resolve(source))) {
                    missing.add(source);
                }
            }
            var recipe = service.at("/build/dockerfile");
            if (!recipe.isMissingNode() && !Files.exists(Yaml.ROOT.resolve(recipe.asText()))) {
                missing.add(recipe.asText());
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void takesRightsFromOurOwnContainers() {
        for (var service :
                List.of("encoder", "captioner", "vqa", "moderator", "joiner", "intake", "model-server", "topics")) {
            var container = services.path(service);
            assertThat(container.path("read_only").asBoolean()).as(service).isTrue();
            assertThat(texts(container.path("cap_drop"))).as(service).containsExactly("ALL");
            assertThat(texts(container.path("security_opt"))).as(service).containsExactly("no-new-privileges:true");
        }
    }

    @Test
    void loadsTheModelsThereAreIntoTriton() throws IOException {
        // Given
        Set<String> models;
        try (var folders = Files.list(Yaml.ROOT.resolve("triton-models"))) {
            models = folders.filter(folder -> Files.exists(folder.resolve("config.pbtxt")))
                    .map(folder -> folder.getFileName().toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        // When
        var loaded = texts(services.at("/triton/command")).stream()
                .filter(argument -> argument.startsWith("--load-model="))
                .map(argument -> argument.substring("--load-model=".length()))
                .collect(Collectors.toCollection(TreeSet::new));

        // Then
        assertThat(loaded).isEqualTo(models);
    }

    @Test
    void scrapesEveryService() {
        // When
        var prometheus = Yaml.read(Yaml.ROOT.resolve("deploy/observability/prometheus.yml"));
        var jobs = prometheus.path("scrape_configs");

        // Then
        assertThat(jobs.at("/0/metrics_path").asText()).isEqualTo("/q/metrics");
        assertThat(StreamSupport.stream(jobs.at("/0/static_configs").spliterator(), false)
                        .map(config -> config.at("/labels/service").asText() + "="
                                + config.at("/targets/0").asText()))
                .containsExactlyElementsOf(Chart.SERVICES.stream()
                        .map(service -> service + "=" + service + ":8080")
                        .toList());
        // A name that may not be there is asked for, and is then no target that is down.
        var intake = jobs.at("/2");
        assertThat(intake.path("metrics_path").asText()).isEqualTo("/q/metrics");
        assertThat(intake.at("/dns_sd_configs/0/names/0").asText()).isEqualTo(Chart.INTAKE);
        assertThat(intake.at("/dns_sd_configs/0/port").asInt()).isEqualTo(8080);
        assertThat(intake.at("/relabel_configs/0/target_label").asText()).isEqualTo("service");
        assertThat(intake.at("/relabel_configs/0/replacement").asText()).isEqualTo(Chart.INTAKE);
        for (var server : List.of("model-server", "triton")) {
            assertThat(services.path(server).at("/networks/default/aliases/0").asText() + ":8002")
                    .isEqualTo(jobs.at("/1/static_configs/0/targets/0").asText());
        }
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
