package io.saccade.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** NVIDIA's Triton does what the cases expect, and answers what {@link Recording} says. Skipped where it is not installed. */
@TestInstance(Lifecycle.PER_CLASS)
class TritonIT {

    static final String REWRITE = "mvn -pl protocol-tests -am verify -Dit.test='TritonIT,ProtocolIT'"
            + " -Dfailsafe.failIfNoSpecifiedTests=false -Dsaccade.write=true";

    /** Of some thousand streams that end with the status of a failure one ends Triton 2.51.0 with signal 11. */
    private static final int MORE_ATTEMPTS = 3;

    private final Map<String, List<Answer>> answers = new LinkedHashMap<>();
    private Map<String, List<Answer>> recorded = Map.of();
    private ServerProcess server;
    private Wire wire;

    @BeforeAll
    void start() throws IOException {
        if (!ServerProcess.isTritonInstalled()) {
            return;
        }
        recorded = Recording.read();
        startTriton();
    }

    private void startTriton() throws IOException {
        server = ServerProcess.triton(Cases.REPOSITORY, Path.of("target", "triton.log"), Cases.options());
        wire = new Wire(server.endpoint());
    }

    @AfterAll
    void stop() throws IOException {
        if (server != null) {
            wire.close();
            server.close();
            if (Boolean.getBoolean("saccade.write")) {
                Recording.write(answers);
            }
        }
    }

    @TestFactory
    List<DynamicTest> answersAsExpected() {
        if (!ServerProcess.isTritonInstalled()) {
            return List.of(DynamicTest.dynamicTest("Triton is installed", ServerProcess::assumeTriton));
        }
        return Cases.all().stream()
                .map(each -> DynamicTest.dynamicTest(each.title(), () -> check(each)))
                .toList();
    }

    private void check(Case each) throws InterruptedException, IOException {
        // When
        List<Answer> found = ask(each);
        for (int i = 0; i < MORE_ATTEMPTS && each.group().equals(Cases.ENDINGS) && !server.isAlive(); i++) {
            wire.close();
            server.close();
            startTriton();
            found = ask(each);
        }

        // Then
        answers.put(each.title(), found);
        assertThat(found.getLast().code()).as("%s", found).isEqualTo(each.code());
        assertThat(found.getLast().text()).contains(each.part());
        if (!Boolean.getBoolean("saccade.write")) {
            assertThat(found)
                    .as("%s is stale. Rewrite it with: %s", Recording.FILE.getFileName(), REWRITE)
                    .isEqualTo(recorded.get(each.title()));
        }
    }

    private List<Answer> ask(Case each) throws InterruptedException {
        return wire.ask(each.call()).stream()
                .map(answer -> Differences.portable(answer))
                .toList();
    }
}
