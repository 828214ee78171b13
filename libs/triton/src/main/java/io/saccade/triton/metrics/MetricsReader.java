package io.saccade.triton.metrics;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fetches a server's metrics page, on Triton's port 8002. Safe for any number of threads; each reading blocks, which is cheap on a
 * virtual thread.
 */
public final class MetricsReader implements AutoCloseable {
    /** A server with thousands of models has some MiB. */
    private static final long MOST_BYTES = 64L << 20;

    private final URI page;
    private final Duration timeout;
    private final HttpClient http;

    /**
     * Connects at the first reading.
     *
     * @param page    such as {@code http://localhost:8002/metrics}; redirects are not followed
     * @param timeout longest wait for the whole page, positive
     */
    public MetricsReader(URI page, Duration timeout) {
        this.page = requireNonNull(page, "page");
        this.timeout = timeout;
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("the timeout must be positive, got " + timeout);
        }
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(timeout)
                .build();
    }

    /**
     * The page as it is now.
     *
     * @throws IOException          if the server is away, says another status than 200, sends more than 64 MiB, takes too long, or
     *                              sends what is no page of metrics; the text names the address
     * @throws InterruptedException if the thread is interrupted, which ends the reading
     */
    public MetricsPage read() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(page).build();
        CompletableFuture<HttpResponse<String>> answer =
                http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(), MOST_BYTES));
        try {
            // The request's own time limit ends with the headers: a server may send them and nothing else.
            HttpResponse<String> response = answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (response.statusCode() != 200) {
                throw new IOException("metrics of " + page + ": status 200 was expected, got " + response.statusCode());
            }
            return MetricsPage.parse(response.body());
        } catch (TimeoutException e) {
            throw new IOException("metrics of " + page + ": no whole page within " + timeout, e);
        } catch (ExecutionException e) {
            throw new IOException("metrics of " + page + " cannot be read: " + e.getCause(), e);
        } catch (IllegalArgumentException e) {
            throw new IOException("metrics of " + page + " cannot be understood: " + e.getMessage(), e);
        } finally {
            answer.cancel(true);
        }
    }

    /** Ends readings under way. */
    @Override
    public void close() {
        http.shutdownNow();
    }
}
