package io.saccade.triton.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class MetricsReaderTest {
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        answer("/metrics", 200, "nv_inference_count{model=\"m\",version=\"1\"} 3\n");
        answer("/page", 200, "<html>");
        answer("/none", 404, "");
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void readsTheServersPage() throws Exception {
        try (var reader = reader("/metrics", Duration.ofSeconds(30))) {
            assertThat(reader.read().models()).singleElement().returns(3L, ModelMetrics::items);
        }
    }

    @Test
    void namesTheAddressOfWhatIsNoPageOfMetrics() {
        for (String path : new String[] {"/page", "/none"}) {
            try (var reader = reader(path, Duration.ofSeconds(30))) {
                assertThatExceptionOfType(IOException.class)
                        .isThrownBy(reader::read)
                        .withMessageContaining(path)
                        .withMessageNotContaining("html");
            }
        }
    }

    @Test
    void aServerThatAcceptsAndNeverAnswersCostsNoMoreThanTheTimeout() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var reader = new MetricsReader(
                        URI.create("http://127.0.0.1:" + silent.getLocalPort() + "/metrics"), Duration.ofMillis(200))) {
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(reader::read)
                    .withMessageContaining("no whole page within PT0.2S");
        }
    }

    private MetricsReader reader(String path, Duration timeout) {
        return new MetricsReader(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path), timeout);
    }

    private void answer(String path, int status, String body) {
        server.createContext(path, exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        });
    }
}
