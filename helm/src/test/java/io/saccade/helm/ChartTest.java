package io.saccade.helm;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Helm;
import io.saccade.contract.topic.TopicCatalogue;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@EnabledOnOs(
        value = OS.LINUX,
        architectures = "amd64",
        disabledReason = "Helm as a library is taken for Linux on amd64 only")
class ChartTest {

    private static final Map<String, Object> EVERYTHING = Map.ofEntries(
            entry("kafka.bootstrapServers", "kafka-0.kafka:9093,kafka-1.kafka:9094"),
            entry("kafka.existingSecret", "kafka-client"),
            entry("kafka.storesSecret", "kafka-stores"),
            entry("triton.endpoints", "dns:///triton:8001"),
            entry("models.image", "registry.example.com/models:1"),
            entry("images.fileRoots", "/images"),
            entry("images.existingClaim", "pictures"),
            entry("images.decoder", "java"),
            entry("images.web.http", true),
            entry("images.web.allowedHosts", List.of("*.example.com", "minio")),
            entry("images.web.deniedHosts", List.of("bad.example.com")),
            entry("images.web.allowedNetworks", List.of("10.1.0.0/16")),
            entry("images.s3.buckets", List.of("photos", "shared/open/")),
            entry("images.s3.endpoint", "https://minio:9000"),
            entry("images.s3.region", "eu-central-1"),
            entry("images.s3.pathStyle", true),
            entry("images.s3.existingSecret", "store"),
            entry("tracing.otlpEndpoint", "http://otel:4317"),
            entry("topics.enabled", false),
            entry("image.registry", "registry.example.com/ml/"),
            entry("image.tag", "1.2.3"),
            entry("image.pullSecrets", List.of("pull")),
            entry("services.encoder.digest", "sha256:" + "ab".repeat(32)),
            entry("services.encoder.extraEnv.SACCADE_ENCODER_TOP_LABELS", "3"),
            entry("services.encoder.autoscaling.by", "cpu"),
            entry("services.vqa.autoscaling.by", "lag"),
            entry("services.vqa.autoscaling.min", 0),
            entry("services.captioner.nodeSelector.pool", "cpu"),
            entry("services.captioner.podAnnotations.note", "x"),
            entry("services.captioner.tolerations", List.of(Map.of("key", "gpu"))),
            entry("services.moderator.replicas", 3),
            entry("services.joiner.replicas", 2),
            entry("services.intake.enabled", true),
            entry("intake.tenant", "acme"),
            entry("serviceMonitor.enabled", true),
            entry("serviceMonitor.labels.release", "prometheus"),
            entry("keda.authenticationRef", "kafka"),
            entry("networkPolicy.enabled", true),
            entry("networkPolicy.morePorts", List.of(9095)),
            entry("serviceAccount.annotations.note", "x"));

    private static Chart least;
    private static Chart full;

    @BeforeAll
    static void render() {
        // The library leaves hooks out of what it renders.
        var withoutHook = new HashMap<>(Chart.LEAST);
        withoutHook.put("topics.hook", false);
        least = Chart.render(withoutHook);
        full = Chart.render(EVERYTHING);
    }

    @Test
    void passesStrictLint() {
        var result = new Helm(Chart.FOLDER).lint().strict().call();
        assertThat(result.isFailed())
                .as(String.join("\n", result.getMessages()))
                .isFalse();
    }

    @Test
    void carriesTheTopicListUnchanged() {
        assertThat(Chart.FOLDER.resolve("files/topics.yaml"))
                .as("copy it again: cp deploy/topics.yaml helm/saccade/files/topics.yaml")
                .hasSameBinaryContentAs(Yaml.ROOT.resolve("deploy/topics.yaml"));
    }

    @Test
    void makesTheTopicsAsTheListSays() {
        // Given
        var catalogue = TopicCatalogue.load();

        // When
        var job = least.all("Job").findFirst().orElseThrow().at("/spec/template/spec/containers/0");

        // Then
        assertThat(job.path("image").asText()).isEqualTo("saccade-cli:0.1.0");
        assertThat(texts(job.path("args")))
                .containsExactly(
                        "topics",
                        "apply",
                        "--kafka",
                        "kafka:9092",
                        "--partitions",
                        Integer.toString(catalogue.partitions()),
                        "--replicas",
                        Integer.toString(catalogue.replicas()),
                        "--min-insync",
                        Integer.toString(catalogue.minInsync()));
    }

    @Test
    void makesTheTopicsAsTheValuesSay() {
        // Given
        var values = new HashMap<>(Chart.LEAST);
        values.put("topics.hook", false);
        values.put("topics.partitions", 24);
        values.put("topics.replicas", 1);
        values.put("topics.minInsync", 1);
        values.put("services.vqa.replicas", 24);

        // When
        var job = Chart.render(values).all("Job").findFirst().orElseThrow();

        // Then
        assertThat(texts(job.at("/spec/template/spec/containers/0/args")))
                .endsWith("--partitions", "24", "--replicas", "1", "--min-insync", "1");
    }

    @Test
    void rendersOneOfEverythingForEveryService() {
        for (var service : Chart.SERVICES) {
            for (var kind : List.of("ConfigMap", "Deployment", "Service", "PodDisruptionBudget")) {
                assertThat(least.one(kind, "test-saccade-" + service)).isNotNull();
            }
            for (var kind : List.of("ServiceMonitor", "NetworkPolicy")) {
                assertThat(full.one(kind, "test-saccade-" + service)).isNotNull();
            }
        }
        for (var kind : List.of("ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "ServiceMonitor")) {
            assertThat(full.one(kind, "test-saccade-intake")).isNotNull();
        }
        assertThat(least.all("Deployment")).hasSize(Chart.SERVICES.size());
        assertThat(least.documents())
                .extracting(document -> document.path("kind").asText())
                .doesNotContain("HorizontalPodAutoscaler", "ScaledObject", "ServiceMonitor", "NetworkPolicy", "Secret");
    }

    static Stream<Arguments> renderings() {
        return Stream.of(Arguments.of("least", least), Arguments.of("everything", full));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("renderings")
    void givesEveryObjectAKindANameAndLabels(String name, Chart chart) {
        var seen = new HashSet<String>();
        for (var document : chart.documents()) {
            var id = document.path("kind").asText() + "/"
                    + document.at("/metadata/name").asText();
            assertThat(document.path("apiVersion").asText()).as(id).isNotEmpty();
            assertThat(document.at("/metadata/labels")
                            .path("app.kubernetes.io/instance")
                            .asText())
                    .as(id)
                    .isEqualTo("test");
            assertThat(seen.add(id)).as("%s is rendered once", id).isTrue();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("renderings")
    void runsNothingWithRightsItDoesNotNeed(String name, Chart chart) {
        for (var pod : pods(chart)) {
            assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
            assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
            assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
            assertThat(pod.has("hostNetwork") || pod.has("hostPID")).isFalse();
            for (var container : pod.path("containers")) {
                var context = container.path("securityContext");
                assertThat(context.path("allowPrivilegeEscalation").asBoolean(true))
                        .isFalse();
                assertThat(context.path("readOnlyRootFilesystem").asBoolean()).isTrue();
                assertThat(texts(context.at("/capabilities/drop"))).containsExactly("ALL");
                assertThat(container.at("/resources/requests/cpu").asText()).isNotEmpty();
                assertThat(container.at("/resources/requests/memory").asText()).isNotEmpty();
                assertThat(container.at("/resources/limits/memory").asText()).isNotEmpty();
                assertThat(texts(container.path("volumeMounts"), "/mountPath")).contains("/tmp");
            }
        }
        for (var account : chart.all("ServiceAccount").toList()) {
            assertThat(account.path("automountServiceAccountToken").asBoolean(true))
                    .isFalse();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("renderings")
    void mountsExactlyTheVolumesItDeclares(String name, Chart chart) {
        for (var pod : pods(chart)) {
            assertThat(texts(pod.at("/containers/0/volumeMounts"), "/name"))
                    .containsExactlyInAnyOrderElementsOf(texts(pod.path("volumes"), "/name"));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("renderings")
    void asksTheHealthOfEveryService(String name, Chart chart) {
        for (var service : Chart.SERVICES) {
            var container = chart.container(service);
            assertThat(container.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/q/health/live");
            assertThat(container.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/q/health/ready");
            assertThat(container.at("/startupProbe/httpGet/path").asText()).isEqualTo("/q/health/started");
            assertThat(container.at("/ports/0/containerPort").asInt()).isEqualTo(8080);
            assertThat(chart.environment(service).path("QUARKUS_HTTP_PORT").asText())
                    .isEqualTo("8080");
        }
    }

    @Test
    void tellsEveryServiceWhatItNeedsAndNothingElse() {
        var common = List.of("QUARKUS_HTTP_PORT", "QUARKUS_OTEL_SDK_DISABLED", "SACCADE_KAFKA_BOOTSTRAP_SERVERS");
        var stage = List.of("SACCADE_MODELS_DIRECTORY", "SACCADE_TRITON_ENDPOINTS");
        var join = List.of("SACCADE_JOIN_DEADLINE", "SACCADE_JOIN_STANDBYS", "SACCADE_JOIN_STATE_DIRECTORY");
        var intake = List.of("SACCADE_INTAKE_TENANT");
        var more = List.of("QUARKUS_CONFIG_LOCATIONS", "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT");
        var images = List.of(
                "SACCADE_IMAGES_FILE_ROOTS",
                "SACCADE_IMAGES_DECODER",
                "SACCADE_IMAGES_WEB_HTTP",
                "SACCADE_IMAGES_WEB_ALLOWED_HOSTS",
                "SACCADE_IMAGES_WEB_DENIED_HOSTS",
                "SACCADE_IMAGES_WEB_ALLOWED_NETWORKS",
                "SACCADE_IMAGES_S3_BUCKETS",
                "SACCADE_IMAGES_S3_ENDPOINT",
                "SACCADE_IMAGES_S3_REGION",
                "SACCADE_IMAGES_S3_PATH_STYLE");
        for (var service : Chart.SERVICES) {
            var own = service.equals("joiner") ? join : stage;
            assertThat(names(least.environment(service))).isEqualTo(sorted(common, own));
            var files = service.equals("joiner") ? List.<String>of() : images;
            assertThat(names(full.environment(service))).isEqualTo(sorted(common, own, more, files));
        }
        assertThat(names(full.environment("intake"))).isEqualTo(sorted(common, intake, more));
    }

    @Test
    void handsOverTheValues() {
        var encoder = full.environment("encoder");
        assertThat(encoder.path("SACCADE_KAFKA_BOOTSTRAP_SERVERS").asText())
                .isEqualTo("kafka-0.kafka:9093,kafka-1.kafka:9094");
        assertThat(encoder.path("SACCADE_TRITON_ENDPOINTS").asText()).isEqualTo("dns:///triton:8001");
        assertThat(encoder.path("QUARKUS_OTEL_SDK_DISABLED").asText()).isEqualTo("false");
        assertThat(least.environment("encoder")
                        .path("QUARKUS_OTEL_SDK_DISABLED")
                        .asText())
                .isEqualTo("true");
        assertThat(encoder.path("SACCADE_IMAGES_WEB_ALLOWED_HOSTS").asText()).isEqualTo("*.example.com,minio");
        assertThat(encoder.path("SACCADE_IMAGES_S3_BUCKETS").asText()).isEqualTo("photos,shared/open/");
        assertThat(texts(full.container("encoder").path("envFrom"), "/secretRef/name"))
                .contains("store");
        assertThat(texts(full.container("joiner").path("envFrom"), "/secretRef/name"))
                .doesNotContain("store");
        assertThat(full.environment("joiner").path("SACCADE_JOIN_STANDBYS").asText())
                .as("of two replicas each holds a copy of the other's state")
                .isEqualTo("1");
        assertThat(least.environment("joiner").path("SACCADE_JOIN_STANDBYS").asText())
                .as("there is none to hold one")
                .isEqualTo("0");
        assertThat(full.container("encoder").at("/env/0/value").asText()).isEqualTo("3");
        assertThat(encoder.path("SACCADE_IMAGES_DECODER").asText()).isEqualTo("java");
        assertThat(full.environment("intake").path("SACCADE_INTAKE_TENANT").asText())
                .isEqualTo("acme");
        assertThat(texts(full.container("intake").path("volumeMounts"), "/name"))
                .as("neither models nor state nor images")
                .containsExactly("tmp", "kafka", "kafka-stores");
    }

    @Test
    void namesImagesByTagOrDigest() {
        assertThat(least.container("vqa").path("image").asText()).isEqualTo("saccade-vqa:0.1.0");
        assertThat(full.container("vqa").path("image").asText()).isEqualTo("registry.example.com/ml/saccade-vqa:1.2.3");
        assertThat(full.container("encoder").path("image").asText())
                .isEqualTo("registry.example.com/ml/saccade-encoder@sha256:" + "ab".repeat(32));
    }

    @Test
    void leavesTheNumberOfReplicasToTheAutoscaler() {
        assertThat(full.one("Deployment", "test-saccade-encoder")
                        .at("/spec/replicas")
                        .isMissingNode())
                .isTrue();
        assertThat(full.one("Deployment", "test-saccade-moderator")
                        .at("/spec/replicas")
                        .asInt())
                .isEqualTo(3);
        assertThat(full.one("HorizontalPodAutoscaler", "test-saccade-encoder")
                        .at("/spec/maxReplicas")
                        .asInt())
                .isEqualTo(4);
    }

    @Test
    void scalesOnTheLagOfEveryTopicTheServiceReads() {
        // When
        var triggers = full.one("ScaledObject", "test-saccade-vqa").at("/spec/triggers");

        // Then
        assertThat(texts(triggers, "/metadata/topic"))
                .containsExactly("saccade.images", "saccade.images.backfill", "saccade.questions");
        assertThat(texts(triggers, "/metadata/consumerGroup")).containsOnly("saccade-vqa");
        assertThat(texts(triggers, "/authenticationRef/name")).containsOnly("kafka");
    }

    @Test
    void opensOnlyThePortsThatAreSaid() {
        // When
        var encoder = full.one("NetworkPolicy", "test-saccade-encoder").at("/spec/egress");
        var joiner = full.one("NetworkPolicy", "test-saccade-joiner").at("/spec/egress");

        // Then
        assertThat(texts(encoder.at("/1/ports"), "/port"))
                .containsExactly("9093", "9094", "8001", "9000", "4317", "9095", "443", "80");
        var intake = full.one("NetworkPolicy", "test-saccade-intake").at("/spec/egress");
        assertThat(texts(joiner.at("/1/ports"), "/port")).containsExactly("9093", "9094", "4317", "9095");
        assertThat(texts(intake.at("/1/ports"), "/port")).containsExactly("9093", "9094", "4317", "9095");
        assertThat(encoder).hasSize(2);
    }

    @Test
    void opensTheWayToTheWebOnlyWhereImagesComeFromThere() {
        // Given
        var values = new HashMap<>(Chart.LEAST);
        values.put("networkPolicy.enabled", true);
        values.put("images.web.https", false);

        // When
        var closed = Chart.render(values);
        values.put("images.s3.buckets", List.of("photos"));
        var store = Chart.render(values);

        // Then
        assertThat(texts(closed.one("NetworkPolicy", "test-saccade-encoder").at("/spec/egress/1/ports"), "/port"))
                .containsExactly("9092", "8001");
        assertThat(closed.environment("encoder")
                        .path("SACCADE_IMAGES_WEB_HTTPS")
                        .asText())
                .isEqualTo("false");
        assertThat(texts(store.one("NetworkPolicy", "test-saccade-encoder").at("/spec/egress/1/ports"), "/port"))
                .as("AWS by https")
                .containsExactly("9092", "8001", "443");
    }

    static Stream<Arguments> contradictions() {
        return Stream.of(
                wrong("kafka.bootstrapServers", "", "kafka.bootstrapServers is required: the brokers to ask first"),
                wrong("triton.endpoints", "", "triton.endpoints is required: the gRPC addresses"),
                wrong("models.existingClaim", "", "exactly one of models.existingClaim, models.image"),
                wrong("models.hostPath", "/m", "got models.existingClaim and models.hostPath"),
                wrong("images.existingClaim", "p", "images.fileRoots allows no folder; set it to /images"),
                wrong("images.s3.existingSecret", "k", "images.s3.buckets allows no bucket"),
                wrong("services.intake.enabled", true, "images.s3.buckets allows the stages none"),
                wrong("images.decoder", "fast", "/images/decoder"),
                wrong("intake.tenant", "a b", "/intake/tenant"),
                wrong("kafka.existingSecret", "k", "topics.enabled must be false with kafka.existingSecret"),
                wrong("topics.replicas", 1, "topics.minInsync is 2, above topics.replicas 1"),
                wrong("image.tag", "latest", "image.tag must name a version, not 'latest'"),
                wrong("services.vqa.replicas", 13, "services.vqa.replicas is 13, but the topics have 12 partitions"),
                wrong(
                        "services.joiner.standbys",
                        1,
                        "services.joiner.standbys is 1, but 1 replicas can hold at most 0"),
                wrong("services.joiner.autoscaling.by", "lag", "services.joiner.autoscaling.by must be none"),
                wrong(
                        "services.vqa.reads",
                        List.of("images", "nonsense"),
                        "names 'nonsense', which is no key of files/topics.yaml"),
                wrong("serviceAccount.create", false, "serviceAccount.name must be set when"),
                // the schema's part
                wrong("kafka.bootstrapServers", "kafka", "/kafka/bootstrapServers': 'kafka' does not match"),
                wrong("triton.endpoints", "http://triton:8000", "/triton/endpoints"),
                wrong("services.vqa.replicas", -1, "replicas"),
                wrong("services.vqa.replica", 1, "replica"),
                wrong("surprise", 1, "surprise"),
                wrong("join.deadline", "soon", "deadline"),
                wrong("services.vqa.autoscaling.by", "mood", "by"),
                wrong("services.vqa.digest", "sha256:12", "digest"),
                wrong("services.vqa.terminationGracePeriodSeconds", 5, "terminationGracePeriodSeconds"));
    }

    @ParameterizedTest(name = "{0}={1}")
    @MethodSource("contradictions")
    void stopsWithASentence(String name, Object value, String expected) {
        var values = new HashMap<>(Chart.LEAST);
        values.put(name, value);
        assertThatThrownBy(() -> Chart.render(values)).hasMessageContaining(expected);
    }

    @Test
    void refusesMoreReplicasThanPartitionsForAnAutoscalerToo() {
        var values = new HashMap<>(Chart.LEAST);
        values.put("services.vqa.autoscaling.by", "cpu");
        values.put("services.vqa.autoscaling.max", 20);
        assertThatThrownBy(() -> Chart.render(values)).hasMessageContaining("autoscaling.max is 20, but the topics");
        values.put("services.vqa.autoscaling.max", 2);
        values.put("services.vqa.autoscaling.min", 3);
        assertThatThrownBy(() -> Chart.render(values)).hasMessageContaining("autoscaling.min is 3, above its max 2");
        values.put("services.vqa.autoscaling.min", 0);
        assertThatThrownBy(() -> Chart.render(values)).hasMessageContaining("only lag can wake a service from 0");
    }

    @Test
    void refusesAnImageVolumeWhereKubernetesWouldDropIt() {
        var values = new HashMap<>(Chart.LEAST);
        values.remove("models.existingClaim");
        values.put("models.image", "models:1");
        assertThatThrownBy(() -> Chart.render(values, "1.34.2"))
                .hasMessageContaining("models.image needs Kubernetes 1.35 or newer, this is v1.34.2");
        assertThat(Chart.render(values, "1.35.0").documents()).isNotEmpty();
    }

    @Test
    void needsNeitherTritonNorModelsForTheJoinerAlone() {
        var values = new HashMap<String, Object>(Map.of("kafka.bootstrapServers", "kafka:9092"));
        for (var stage : Chart.SERVICES.subList(0, 4)) {
            values.put("services." + stage + ".enabled", false);
        }
        assertThat(Chart.render(values).all("Deployment")).hasSize(1);
    }

    @Test
    void scalesTheIntakeOnTheLagOfItsNotifications() {
        // Given
        var values = new HashMap<>(Chart.LEAST);
        values.put("services.intake.enabled", true);
        values.put("services.intake.autoscaling.by", "lag");
        values.put("images.s3.buckets", List.of("photos"));

        // When
        var triggers =
                Chart.render(values).one("ScaledObject", "test-saccade-intake").at("/spec/triggers");

        // Then
        assertThat(texts(triggers, "/metadata/topic")).containsExactly("saccade.bucket-events");
        assertThat(texts(triggers, "/metadata/consumerGroup")).containsOnly("saccade-intake");
    }

    @Test
    void explainsEveryValue() throws Exception {
        // A value is explained by a comment above it or above the group it stands in.
        var lines = Files.readAllLines(Chart.FOLDER.resolve("values.yaml"));
        var unexplained = new ArrayList<String>();
        for (int i = 1; i < lines.size(); i++) {
            if (lines.get(i).matches("  [a-zA-Z]+:.*") && lines.get(i - 1).isBlank()) {
                unexplained.add(lines.get(i));
            }
        }
        assertThat(unexplained).isEmpty();
    }

    private static Arguments wrong(String name, Object value, String expected) {
        return Arguments.of(name, value, expected);
    }

    private static List<JsonNode> pods(Chart chart) {
        var pods = Stream.concat(chart.all("Deployment"), chart.all("Job"))
                .map(document -> document.at("/spec/template/spec"))
                .toList();
        assertThat(pods.size()).isGreaterThanOrEqualTo(Chart.SERVICES.size());
        return pods;
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    private static List<String> texts(JsonNode array, String pointer) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(item -> item.at(pointer).asText())
                .toList();
    }

    private static TreeSet<String> names(JsonNode object) {
        var names = new TreeSet<String>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @SafeVarargs
    private static TreeSet<String> sorted(List<String>... lists) {
        var all = new TreeSet<String>();
        for (var list : lists) {
            all.addAll(list);
        }
        return all;
    }
}
