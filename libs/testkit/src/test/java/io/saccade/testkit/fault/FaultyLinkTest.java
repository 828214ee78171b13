package io.saccade.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.testkit.fault.FaultyLink.Direction;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultyLinkTest {

    private ServerSocket echo;
    private FaultyLink link;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        Thread.ofVirtual().start(this::serve);
        link = FaultyLink.to(echo.getLocalPort(), 1);
    }

    @AfterEach
    void stop() throws IOException {
        link.close();
        echo.close();
    }

    @Test
    void passesWhatIsSentAndTheEndOfIt() throws IOException {
        // Given
        var sent = new byte[300_000];
        new java.util.Random(1).nextBytes(sent);
        try (var client = connect()) {
            // When
            Thread.ofVirtual().start(() -> {
                try {
                    client.getOutputStream().write(sent);
                    client.shutdownOutput();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });

            // Then
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(sent);
        }
    }

    @Test
    void holdsWhatIsSentDuringACutAndDeliversItAfterwards() throws IOException {
        // Given
        try (var client = connect()) {
            assertThat(ask(client, 1)).isEqualTo(1);
            link.cut();

            // When
            client.setSoTimeout(300);
            client.getOutputStream().write(2);

            // Then
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            client.setSoTimeout(20_000);
            link.heal();
            assertThat(client.getInputStream().read()).isEqualTo(2);
        }
    }

    @Test
    void cutsOneWayOnly() throws IOException {
        // Given
        try (var client = connect()) {
            assertThat(ask(client, 1)).isEqualTo(1);
            link.set(Direction.TO_CLIENT, Conditions.CUT);

            // When
            client.getOutputStream().write(2);
            client.setSoTimeout(300);

            // Then
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            link.heal();
            client.setSoTimeout(20_000);
            assertThat(client.getInputStream().read()).isEqualTo(2);
        }
    }

    @Test
    void resetsWhatIsOpenAndTakesNewConnections() throws IOException {
        // Given
        try (var client = connect()) {
            assertThat(ask(client, 1)).isEqualTo(1);

            // When
            link.reset();

            // Then
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        try (var next = connect()) {
            assertThat(ask(next, 3)).isEqualTo(3);
        }
    }

    @Test
    void refusesUntilItIsHealed() throws IOException {
        // Given
        link.refuse();

        // When
        assertThatThrownBy(() -> {
                    try (var client = connect()) {
                        ask(client, 1);
                    }
                })
                .isInstanceOf(IOException.class);
        link.heal();

        // Then
        try (var client = connect()) {
            assertThat(ask(client, 4)).isEqualTo(4);
        }
    }

    @Test
    void addsLatencyAndKeepsOrder() throws IOException {
        // Given
        link.set(Conditions.slow(Duration.ofMillis(50), Duration.ofMillis(20), 0));
        try (var client = connect()) {
            // When
            long start = System.nanoTime();
            for (int i = 0; i < 5; i++) {
                client.getOutputStream().write(i);
            }
            var back = client.getInputStream().readNBytes(5);

            // Then
            assertThat(back).containsExactly(0, 1, 2, 3, 4);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(100));
        }
    }

    @Test
    void letsNoMoreThroughThanItsBandwidth() throws IOException {
        // Given
        link.set(Direction.TO_SERVER, Conditions.slow(Duration.ZERO, Duration.ZERO, 64 << 10));
        try (var client = connect()) {
            // When
            long start = System.nanoTime();
            client.getOutputStream().write(new byte[48 << 10]);
            var back = client.getInputStream().readNBytes(48 << 10);

            // Then
            assertThat(back).hasSize(48 << 10);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(450));
        }
    }

    private Socket connect() throws IOException {
        var socket = new Socket(InetAddress.getByName("127.0.0.1"), link.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static int ask(Socket client, int value) throws IOException {
        client.getOutputStream().write(value);
        int answer = client.getInputStream().read();
        if (answer < 0) {
            throw new IOException("the connection ended");
        }
        return answer;
    }

    private void serve() {
        while (!echo.isClosed()) {
            try {
                var client = echo.accept();
                Thread.ofVirtual().start(() -> {
                    try (client) {
                        client.getInputStream().transferTo(client.getOutputStream());
                    } catch (IOException e) {
                        // the client's end
                    }
                });
            } catch (IOException e) {
                return;
            }
        }
    }
}
