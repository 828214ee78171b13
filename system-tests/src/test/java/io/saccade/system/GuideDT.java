package io.saccade.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.saccade.contract.EventJson;
import io.saccade.contract.EventType;
import io.saccade.contract.event.ImageEnriched.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What {@code docs/guide/consume-and-produce.md} shows, run as it stands there: other people's clients, our topics. */
class GuideDT {

    private static final Path EXAMPLES = Repository.path("docs/guide/examples");
    private static final String PICTURE = "deploy/demo/01-small-red-circle.png";

    private static Stack stack;
    private static String bootstrap;

    @BeforeAll
    static void start() throws Exception {
        stack = Stack.shared();
        bootstrap = stack.kafka().bootstrapServers();
    }

    @Test
    void pythonSubmitsAnImageAndReadsItsAnswer() throws Exception {
        // Given
        var python = Python.with("confluent_kafka");
        var id = "python-" + UUID.randomUUID();

        // When
        Python.run(
                python,
                EXAMPLES.resolve("submit.py"),
                bootstrap,
                Repository.path(PICTURE).toString(),
                "--id",
                id,
                "--question",
                Pictures.good().questions().getFirst());
        var line = Python.run(python, EXAMPLES.resolve("consume.py"), bootstrap, "--id", id, "--group", id, "--json");

        // Then
        var json = JsonMapper.builder().build();
        var record = json.readTree(line);
        assertThat(record.path("headers").path("ce_type").asText()).isEqualTo("io.saccade.image-enriched.v1");
        assertThat(record.path("headers").path("ce_subject").asText()).isEqualTo(id);
        var enriched = EventJson.create().read(EventType.IMAGE_ENRICHED, json.writeValueAsBytes(record.path("value")));
        assertThat(enriched.status()).isEqualTo(Status.COMPLETE);
        assertThat(enriched.parts().answers().result().items().getFirst().answer())
                .isEqualTo(Pictures.good().expect().answers().getFirst());
    }

    @Test
    void kcatSubmitsImagesOfAnyKeyAndReadsTheirAnswers() throws Exception {
        // Given
        Assumptions.assumeTrue(isInstalled("kcat"), "kcat is not installed; Debian has it: apt-get install kcat");
        var ids = new ArrayList<String>();

        // When
        for (int i = 0; i < 4; i++) {
            var id = "kcat-" + UUID.randomUUID();
            ids.add(id);
            shell(
                    EXAMPLES.resolve("submit.sh").toString(),
                    bootstrap,
                    Repository.path(PICTURE).toString(),
                    id);
        }
        var raw = "kcat-raw-" + UUID.randomUUID();
        ids.add(raw);
        shell(
                "kcat",
                "-P",
                "-b",
                bootstrap,
                "-t",
                "saccade.images",
                "-k",
                raw,
                "-H",
                "content-type=image/png",
                Repository.path(PICTURE).toString());

        // Then: each is complete, though kcat places keys otherwise than Java's clients do
        for (var id : ids) {
            var enriched = stack.kafka()
                    .awaitKey("saccade.enriched", id, Duration.ofSeconds(60))
                    .as(EventType.IMAGE_ENRICHED);
            assertThat(enriched.status()).as(id).isEqualTo(Status.COMPLETE);
        }
        var read = shell(EXAMPLES.resolve("consume.sh").toString(), bootstrap);
        assertThat(read).contains(ids).contains("ce_type=io.saccade.image-enriched.v1");
    }

    private static boolean isInstalled(String program) throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", "command -v " + program)
                        .redirectErrorStream(true)
                        .start()
                        .waitFor()
                == 0;
    }

    private static String shell(String... command) throws IOException, InterruptedException {
        var process =
                new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0)
                .as(String.join(" ", command) + "\n" + output)
                .isTrue();
        return output;
    }
}
