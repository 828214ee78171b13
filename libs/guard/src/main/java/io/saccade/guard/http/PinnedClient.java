package io.saccade.guard.http;

import io.saccade.guard.FetchCode;
import io.saccade.guard.Place;
import io.saccade.guard.http.HttpOutcome.Failed;
import io.saccade.guard.http.HttpOutcome.Refused;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.io.ConnectionEndpoint;
import org.apache.hc.client5.http.io.DetachedSocketFactory;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.client5.http.io.LeaseRequest;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.TruncatedChunkException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.config.Lookup;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * One GET from one address. The address belongs to the target itself, so a connection in the pool is only ever used
 * again for the same scheme, name, port and address; names reach TLS and the {@code Host} header and nothing else. The
 * client follows no redirect, repeats nothing, knows no cookies, no credentials and no proxy, and decodes nothing.
 */
final class PinnedClient implements AutoCloseable {

    /** Of an answer that is not wanted, this much is read so that its connection can be used again. */
    private static final int WORTH_DRAINING = 16 * 1024;

    private static final int LONGEST_TOLD = 200;

    /** How long a connection waits to be used again. */
    private static final TimeValue IDLE = TimeValue.ofSeconds(30);

    /** What came of one request. */
    sealed interface Step {

        /** The body. */
        @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
        record Body(byte[] bytes, @Nullable String contentType) implements Step {}

        /** Somewhere else, as the server wrote it. */
        record Moved(String location) implements Step {}

        /** Nothing; the fetch ends with this. */
        record Ended(HttpOutcome outcome) implements Step {}

        /** No connection: another address may do better. */
        record Unreachable(Failed failure) implements Step {}
    }

    /**
     * The settings.
     *
     * @param tls                   what servers are trusted by
     * @param userAgent             how it names itself
     * @param connectTimeout        for one address, TLS included
     * @param silence               the longest wait for the next bytes
     * @param connections           at once, all together
     * @param connectionsPerAddress at once, to one
     * @param clock                 what dates of servers are compared with
     * @param sockets               where sockets come from
     */
    record Settings(
            SSLContext tls,
            String userAgent,
            Duration connectTimeout,
            Duration silence,
            int connections,
            int connectionsPerAddress,
            InstantSource clock,
            Supplier<Socket> sockets) {

        /** Sockets that know nothing of the proxies of the JVM's surroundings. */
        static final Supplier<Socket> DIRECT = () -> new Socket(Proxy.NO_PROXY);
    }

    private static final DnsResolver NONE = new DnsResolver() {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            throw new UnknownHostException("names are resolved by the guard only");
        }

        @Override
        public String resolveCanonicalHostname(String host) throws UnknownHostException {
            throw new UnknownHostException("names are resolved by the guard only");
        }
    };

    private final Settings settings;
    private final PoolingHttpClientConnectionManager pool;
    private final CloseableHttpClient client;

    PinnedClient(Settings settings) {
        this.settings = settings;
        pool = pool(settings);
        client = HttpClients.custom()
                .setConnectionManager(new Unclosable(pool))
                .setUserAgent(settings.userAgent())
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .disableConnectionState()
                .build();
    }

    private static PoolingHttpClientConnectionManager pool(Settings settings) {
        DetachedSocketFactory sockets = ignoredProxy -> settings.sockets().get();
        var pool = new PoolingHttpClientConnectionManager(
                new Connecting(
                        sockets,
                        RegistryBuilder.<TlsSocketStrategy>create()
                                .register("https", new DefaultClientTlsStrategy(settings.tls()))
                                .build()),
                PoolConcurrencyPolicy.STRICT,
                PoolReusePolicy.LIFO,
                null,
                ManagedHttpClientConnectionFactory.builder()
                        .http1Config(Http1Config.custom()
                                .setMaxLineLength(16 * 1024)
                                .setMaxHeaderCount(100)
                                .build())
                        .build());
        pool.setMaxTotal(settings.connections());
        pool.setDefaultMaxPerRoute(settings.connectionsPerAddress());
        pool.setDefaultSocketConfig(SocketConfig.custom()
                .setSoTimeout(timeout(settings.silence()))
                .setTcpNoDelay(true)
                .build());
        pool.setDefaultConnectionConfig(ConnectionConfig.custom()
                .setConnectTimeout(timeout(settings.connectTimeout()))
                .setSocketTimeout(timeout(settings.silence()))
                .setTimeToLive(TimeValue.ofMinutes(5))
                .setValidateAfterInactivity(TimeValue.ofSeconds(1))
                .build());
        return pool;
    }

    /**
     * Asks for a place at an address. Blocks until the body is there, the budget is over, or it failed.
     *
     * @param maxBytes the longest body, 0 to 2³¹ - 9
     */
    Step get(Place place, InetAddress address, long maxBytes, Budget budget) {
        var request = new HttpGet(place.uri());
        request.setHeader(HttpHeaders.ACCEPT, "*/*");
        request.setHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
        request.setConfig(RequestConfig.custom()
                .setConnectionRequestTimeout(timeout(budget.left()))
                .setResponseTimeout(timeout(settings.silence()))
                .setConnectionKeepAlive(IDLE)
                .setProtocolUpgradeEnabled(false)
                .setAuthenticationEnabled(false)
                .build());
        var target = new HttpHost(place.scheme(), address, place.host(), place.port());
        var context = HttpClientContext.create();
        try (var _ = budget.guard(request)) {
            // Closing a response reads it to its end, however long: so it is cancelled unless its end was seen.
            try {
                var response = client.executeOpen(target, request, context);
                return read(response, place, maxBytes);
            } finally {
                request.cancel();
            }
        } catch (IOException | RuntimeException e) {
            if (budget.isOver()) {
                return new Step.Ended(timedOut(place));
            }
            if (pool.isClosed()) {
                return new Step.Ended(new Failed(FetchCode.NOT_ATTEMPTED, "the client is closed", null));
            }
            if (Thread.currentThread().isInterrupted()) {
                return new Step.Ended(new Failed(FetchCode.NOT_ATTEMPTED, "the thread was interrupted", null));
            }
            if (e instanceof IOException io) {
                return Connecting.wasUnderWay(context) ? unreachable(place) : failed(io, place);
            }
            throw (RuntimeException) e;
        }
    }

    private Step read(ClassicHttpResponse response, Place place, long maxBytes) throws IOException {
        int status = response.getCode();
        var entity = response.getEntity();
        if (status == 200 || status == 203) {
            if (isEncoded(response)) {
                return refused(
                        FetchCode.CONTENT_ENCODED,
                        "the answer of " + place + " must come as it is, but it is compressed");
            }
            if (entity == null) {
                return new Step.Body(new byte[0], told(response, HttpHeaders.CONTENT_TYPE));
            }
            if (entity.getContentLength() > maxBytes) {
                return tooLarge(place, maxBytes);
            }
            InputStream content = entity.getContent();
            var bytes = content.readNBytes((int) maxBytes + 1);
            return bytes.length > maxBytes
                    ? tooLarge(place, maxBytes)
                    : new Step.Body(bytes, told(response, HttpHeaders.CONTENT_TYPE));
        }
        var step = withoutBody(response, status, place);
        if (entity != null && entity.getContentLength() <= WORTH_DRAINING) {
            drain(entity.getContent());
        }
        return step;
    }

    /** By any header that says so, however it is written and however many there are. */
    private static boolean isEncoded(ClassicHttpResponse response) {
        for (var header : response.getHeaders(HttpHeaders.CONTENT_ENCODING)) {
            var encoding = header.getValue();
            if (encoding != null && !encoding.isBlank() && !encoding.strip().equalsIgnoreCase("identity")) {
                return true;
            }
        }
        return false;
    }

    private Step withoutBody(ClassicHttpResponse response, int status, Place place) {
        return switch (status) {
            case 301, 302, 303, 307, 308 -> moved(response, place);
            case 401, 402, 403, 407, 451 ->
                refused(FetchCode.ACCESS_DENIED, place + " denies access with status " + status);
            case 404, 410 ->
                refused(FetchCode.NOT_FOUND, place + " has nothing there and says so with status " + status);
            case 408, 425, 429, 503 ->
                new Step.Ended(new Failed(
                        FetchCode.THROTTLED,
                        place + " asks to come back later with status " + status,
                        RetryAfter.parse(
                                told(response, HttpHeaders.RETRY_AFTER),
                                settings.clock().instant())));
            case 500, 502, 504, 507, 509, 520, 521, 522, 523, 524 ->
                new Step.Ended(new Failed(
                        FetchCode.SERVER_ERROR,
                        place + " failed with status " + status,
                        RetryAfter.parse(
                                told(response, HttpHeaders.RETRY_AFTER),
                                settings.clock().instant())));
            default ->
                refused(FetchCode.UNEXPECTED_STATUS, place + " must answer with status 200, and it did with " + status);
        };
    }

    private static Step moved(ClassicHttpResponse response, Place place) {
        var headers = response.getHeaders(HttpHeaders.LOCATION);
        if (headers.length != 1 || headers[0].getValue() == null) {
            return refused(
                    FetchCode.BAD_REDIRECT,
                    "a redirect of " + place + " must name one place, and it names " + headers.length);
        }
        // Header bytes arrive as characters of the same number; a place that is not ASCII is meant as UTF-8.
        var bytes = headers[0].getValue().getBytes(StandardCharsets.ISO_8859_1);
        try {
            return new Step.Moved(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return refused(FetchCode.BAD_REDIRECT, "the place of a redirect of " + place + " must be UTF-8");
        }
    }

    /** Nobody waits for this, so what goes wrong here says nothing. */
    private static void drain(InputStream content) {
        try {
            content.readNBytes(WORTH_DRAINING + 1);
        } catch (IOException ignored) {
            // The connection is lost for reuse, which is all.
        }
    }

    /** A header as the server wrote it, if it is short and printable. */
    private static @Nullable String told(ClassicHttpResponse response, String name) {
        Header header = response.getFirstHeader(name);
        var value = header == null ? null : header.getValue();
        return value == null || value.length() > LONGEST_TOLD || value.chars().anyMatch(c -> c < ' ' || c > '~')
                ? null
                : value;
    }

    private Step failed(IOException e, Place place) {
        return switch (e) {
            case ConnectTimeoutException _ -> unreachable(place);
            case SSLException tls
            when !brokenOff(tls) ->
                refused(
                        FetchCode.TLS_FAILED,
                        place + " must show a certificate for its name that is trusted, and it did not ("
                                + tls.getClass().getSimpleName() + ")");
            case TruncatedChunkException _ -> brokenOff(place, e);
            case MalformedChunkCodingException _ -> badResponse(place, e);
            case ClientProtocolException _ -> badResponse(place, e);
            case MessageConstraintException _ -> badResponse(place, e);
            case ConnectionRequestTimeoutException _ ->
                new Step.Ended(new Failed(FetchCode.NOT_ATTEMPTED, "too many connections are in use", null));
            case SocketTimeoutException _ -> new Step.Ended(timedOut(place));
            default -> brokenOff(place, e);
        };
    }

    /** Whether a connection that ended is behind it, and not a certificate. */
    private static boolean brokenOff(SSLException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof EOFException
                    || cause instanceof SocketException
                    || cause instanceof SocketTimeoutException) {
                return true;
            }
        }
        return false;
    }

    private static Step unreachable(Place place) {
        return new Step.Unreachable(
                new Failed(FetchCode.CONNECT_FAILED, "no connection to " + place + " could be made", null));
    }

    private static Step brokenOff(Place place, IOException e) {
        return new Step.Ended(new Failed(
                FetchCode.BROKEN_OFF,
                "the connection to " + place + " ended before the answer did ("
                        + e.getClass().getSimpleName() + ")",
                null));
    }

    private static Step badResponse(Place place, IOException e) {
        return new Step.Ended(new Failed(
                FetchCode.BAD_RESPONSE,
                place + " answered with something that is not HTTP ("
                        + e.getClass().getSimpleName() + ")",
                null));
    }

    private static Step tooLarge(Place place, long maxBytes) {
        return refused(
                FetchCode.TOO_LARGE,
                "the answer of " + place + " may have at most " + maxBytes + " bytes, and has more");
    }

    static Failed timedOut(Place place) {
        return new Failed(FetchCode.TIMED_OUT, "the answer of " + place + " did not come in time", null);
    }

    private static Step refused(FetchCode code, String sentence) {
        return new Step.Ended(new Refused(code, sentence));
    }

    /** At least a millisecond: zero would mean for ever. */
    private static Timeout timeout(Duration duration) {
        return Timeout.ofMilliseconds(Math.max(1, duration.toMillis()));
    }

    /** Closes connections that nobody has used for a while. May block. */
    void tidy() {
        pool.closeExpired();
        pool.closeIdle(IDLE);
    }

    /** Closes every connection, those in use too. */
    @Override
    public void close() {
        pool.close(CloseMode.IMMEDIATE);
    }

    /**
     * Connects, and notes in the request's context while it does: the exceptions of sockets do not tell a network that
     * cannot be reached from a connection that broke.
     */
    private static final class Connecting extends DefaultHttpClientConnectionOperator {

        private static final String UNDER_WAY = "saccade.connecting";

        Connecting(DetachedSocketFactory sockets, Lookup<TlsSocketStrategy> tls) {
            super(sockets, null, NONE, tls);
        }

        static boolean wasUnderWay(HttpContext context) {
            return context.getAttribute(UNDER_WAY) != null;
        }

        @Override
        protected void onBeforeSocketConnect(HttpContext context, HttpHost endpoint) {
            context.setAttribute(UNDER_WAY, endpoint);
        }

        @Override
        protected void onAfterSocketConnect(HttpContext context, HttpHost endpoint) {
            context.removeAttribute(UNDER_WAY);
        }
    }

    /**
     * The client shuts its pool for good when a request meets an {@link Error}; one picture too many for the heap must not
     * be the last one fetched.
     */
    private record Unclosable(PoolingHttpClientConnectionManager pool) implements HttpClientConnectionManager {

        @Override
        public LeaseRequest lease(String id, HttpRoute route, Timeout requestTimeout, @Nullable Object state) {
            return pool.lease(id, route, requestTimeout, state);
        }

        @Override
        public void release(ConnectionEndpoint endpoint, @Nullable Object newState, @Nullable TimeValue validDuration) {
            pool.release(endpoint, newState, validDuration);
        }

        @Override
        public void connect(ConnectionEndpoint endpoint, @Nullable TimeValue connectTimeout, HttpContext context)
                throws IOException {
            pool.connect(endpoint, connectTimeout, context);
        }

        @Override
        public void upgrade(ConnectionEndpoint endpoint, HttpContext context) throws IOException {
            pool.upgrade(endpoint, context);
        }

        @Override
        public void close(CloseMode closeMode) {}

        @Override
        public void close() {}
    }
}
