package io.saccade.faults.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ImageHostsTest {

    private List<Picture> pictures;
    private ImageHosts hosts;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeEach
    void open() throws IOException {
        var root = Path.of(System.getProperty("saccade.root", "..")).toAbsolutePath();
        pictures = Picture.load(root.resolve("deploy").resolve("demo"));
        hosts = new ImageHosts(pictures);
    }

    @AfterEach
    void close() {
        hosts.close();
        http.close();
    }

    @Test
    void theGoodHostHasTheVeryBytesThatAreOwed() throws Exception {
        // When
        var answer = get(hosts.good(1, "run-7"));

        // Then
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(pictures.get(1).copy("run-7"));
        assertThat(hosts.goodAsked()).isEqualTo(1);
    }

    @Test
    void theBadHostMisbehavesInEveryWayByChance() {
        // Given
        var random = new SplittableRandom(1);
        var manners = new TreeSet<String>();

        // When
        for (int i = 0; i < 500; i++) {
            manners.add(hosts.bad("run-" + i, random).getPath().split("/")[1]);
        }

        // Then
        assertThat(manners).hasSize(ImageHosts.Manner.values().length);
    }

    @Test
    void theBadHostAnswersAsItsPathSays() throws Exception {
        // When
        var missing = get(bad(ImageHosts.Manner.MISSING));
        var full = get(bad(ImageHosts.Manner.THROTTLES));
        var elsewhere = get(bad(ImageHosts.Manner.TO_METADATA));

        // Then
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(full.headers().firstValue("Retry-After")).contains("3600");
        assertThat(elsewhere.headers().firstValue("Location"))
                .hasValueSatisfying(place -> assertThat(place).startsWith("http://169.254.169.254/"));
        assertThat(hosts.badAsked()).isEqualTo(3);
    }

    @Test
    void whoeverFollowsIntoTheForbiddenPortIsCounted() throws Exception {
        // Given
        var place = get(bad(ImageHosts.Manner.TO_OTHER_PORT)).headers().firstValue("Location");
        assertThat(hosts.forbiddenAsked()).isZero();

        // When
        try {
            get(URI.create(place.orElseThrow()));
        } catch (IOException e) {
            // it hangs up without an answer
        }

        // Then
        assertThat(hosts.forbiddenAsked()).isPositive();
    }

    private URI bad(ImageHosts.Manner manner) {
        return URI.create("http://localhost:" + hosts.ports().getLast() + "/" + manner + "/x.png");
    }

    private HttpResponse<byte[]> get(URI uri) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }
}
