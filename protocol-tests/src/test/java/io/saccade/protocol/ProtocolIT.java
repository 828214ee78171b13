package io.saccade.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Our model server answers as Triton did when it was recorded, but for the differences that the protocol page explains. */
@TestInstance(Lifecycle.PER_CLASS)
class ProtocolIT {

    private final Map<String, List<Answer>> answers = new LinkedHashMap<>();
    private Map<String, List<Answer>> recorded = Map.of();
    private ServerProcess server;
    private Wire wire;

    @BeforeAll
    void start() throws IOException {
        recorded = Recording.read();
        server = ServerProcess.ours(Cases.REPOSITORY, Path.of("target", "model-server.log"), Cases.options());
        wire = new Wire(server.endpoint());
    }

    @AfterAll
    void stop() {
        if (server != null) {
            wire.close();
            server.close();
        }
    }

    @TestFactory
    List<DynamicTest> answersAsTriton() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Case each : Cases.all()) {
            tests.add(DynamicTest.dynamicTest(each.title(), () -> check(each)));
        }
        tests.add(DynamicTest.dynamicTest("the page of differences is true", this::checkPage));
        return tests;
    }

    private void check(Case each) throws InterruptedException {
        // When
        List<Answer> ours =
                wire.ask(each.call()).stream().map(Differences::portable).toList();

        // Then
        answers.put(each.title(), ours);
        var triton = recorded.get(each.title());
        assertThat(triton)
                .as("Triton was never asked this. Record its answer with: %s", TritonIT.REWRITE)
                .isNotNull();
        var difference = Differences.between(each, triton, ours);
        assertThat(difference)
                .as("differs from Triton, and Differences says nothing of it%nTriton: %s%nours:   %s", triton, ours)
                .satisfiesAnyOf(
                        found -> assertThat(found.kind()).isEqualTo(Differences.Kind.EQUAL),
                        found -> assertThat(found.why()).isNotEmpty());
        assertThat(difference.kind())
                .as("the codes are equal%nTriton: %s%nours:   %s", triton, ours)
                .isNotEqualTo(Differences.Kind.CODE);
    }

    private void checkPage() throws IOException {
        var page = Page.of(Cases.all(), recorded, answers);
        if (Boolean.getBoolean("saccade.write")) {
            Files.writeString(Page.FILE, page);
        }
        assertThat(Files.exists(Page.FILE) ? Files.readString(Page.FILE) : "")
                .as("%s is stale. Rewrite it with: %s", Page.FILE.getFileName(), TritonIT.REWRITE)
                .isEqualTo(page);
    }
}
