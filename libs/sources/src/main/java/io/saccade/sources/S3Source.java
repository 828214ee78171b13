package io.saccade.sources;

import io.saccade.contract.EventIds;
import io.saccade.guard.FetchCode;
import io.saccade.guard.http.RetryAfter;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Reads an {@code s3:} object with one GET. The store is the operator's; buckets and keys are anybody's. */
final class S3Source implements ImageSource.Remote, AutoCloseable {

    private static final Pattern CODE = Pattern.compile("[A-Za-z0-9]{1,60}");
    private static final Set<String> CREDENTIALS = Set.of(
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidAccessKeyId",
            "InvalidToken",
            "SignatureDoesNotMatch",
            "RequestTimeTooSkewed",
            "TokenRefreshRequired");

    private final S3Settings settings;
    private final long maxBytes;
    private final S3Client client;
    private final ExecutorService calls = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("s3-call-", 0).factory());

    S3Source(S3Settings settings, long maxBytes) {
        this.settings = settings;
        this.maxBytes = maxBytes;
        var builder = S3Client.builder()
                .region(settings.region().map(Region::of).orElseGet(S3Source::usualRegion))
                .forcePathStyle(settings.pathStyle())
                // Stores other than AWS's do not know the newer checksums; the event's SHA-256 is verified anyway.
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(settings.timeout())
                        .socketTimeout(settings.timeout()))
                // One retry policy for all sources, and it is not in here.
                .overrideConfiguration(ClientOverrideConfiguration.builder()
                        .retryStrategy(DefaultRetryStrategy.doNotRetry())
                        .build());
        settings.endpoint().ifPresent(builder::endpointOverride);
        client = builder.build();
    }

    private static Region usualRegion() {
        try {
            return DefaultAwsRegionProviderChain.builder().build().getRegion();
        } catch (SdkClientException e) {
            return Region.US_EAST_1;
        }
    }

    @Override
    public String host(Wanted wanted) {
        return S3Address.of(wanted.uri())
                .map(address -> "s3:" + address.bucket())
                .orElse("s3:");
    }

    @Override
    public Fetched.@Nullable Refused forbids(Wanted wanted) {
        var address = S3Address.of(wanted.uri());
        if (address.isEmpty()) {
            return Fetched.refused(
                    FetchCode.BAD_URI,
                    "an S3 URI must look like s3://bucket/folder/picture.jpg, with ?versionId= for one version");
        }
        return settings.access().allows(wanted.tenant(), address.get())
                ? null
                : Fetched.refused(
                        SourceCode.BUCKET_FORBIDDEN,
                        "the bucket is none that saccade.images.s3 lets this tenant's images be read from");
    }

    @Override
    public Fetched fetch(Wanted wanted) throws InterruptedException {
        var address = S3Address.of(wanted.uri()).orElseThrow(() -> new IllegalStateException("asked before"));
        var request = GetObjectRequest.builder()
                .bucket(address.bucket())
                .key(address.key())
                .versionId(address.version())
                .build();
        return within(wanted.budget(), () -> get(request, wanted.budget()));
    }

    /**
     * On a thread of its own, which is interrupted and left behind when the time is over: what a virtual thread reads from
     * is closed by its interrupt. The SDK's own timer cannot do it. It closes a body that another thread reads, which waits
     * for that thread, and as long as the store drips neither ends.
     */
    private Fetched within(Budget budget, Callable<Fetched> call) throws InterruptedException {
        var calling = calls.submit(call);
        try {
            return calling.get(budget.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return timedOut();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a call of the store ended in what it never ends in", e.getCause());
        } finally {
            calling.cancel(true);
        }
    }

    private Fetched get(GetObjectRequest request, Budget budget) {
        try {
            return client.getObject(request, ResponseTransformer.unmanaged((response, body) -> {
                // Closed in every case: the SDK's abort does nothing with this HTTP client.
                try (body) {
                    return read(response, body, budget);
                }
            }));
        } catch (AwsServiceException e) {
            return answered(e);
        } catch (SdkException e) {
            return broken(e);
        }
    }

    private Fetched read(GetObjectResponse response, InputStream body, Budget budget) throws IOException {
        Long length = response.contentLength();
        if (length != null && length > maxBytes) {
            return FileSource.tooLarge(maxBytes, length);
        }
        var bytes = new byte[length == null ? 64 << 10 : (int) Math.max(1, length)];
        int size = 0;
        while (!budget.spent()) {
            if (size == bytes.length) {
                int more = body.read();
                if (more < 0) {
                    return whole(bytes, size, length);
                }
                bytes = Arrays.copyOf(bytes, (int) Math.min(maxBytes + 1, bytes.length * 2L));
                bytes[size++] = (byte) more;
            }
            int got = size < bytes.length ? body.read(bytes, size, bytes.length - size) : 0;
            if (got < 0) {
                return whole(bytes, size, length);
            }
            size += got;
            if (size > maxBytes) {
                return FileSource.tooLarge(maxBytes, size);
            }
        }
        return timedOut();
    }

    private static Fetched whole(byte[] bytes, int size, @Nullable Long length) {
        if (length != null && size != length) {
            return Fetched.failed(
                    FetchCode.BROKEN_OFF, "the store ended the object before its end", Fetched.Blame.HOST);
        }
        var whole = size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
        return new Fetched.Bytes(whole, EventIds.sha256(whole));
    }

    private static Fetched answered(AwsServiceException e) {
        var code = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
        var named = code != null && CODE.matcher(code).matches() ? " (" + code + ")" : "";
        if (code != null && CREDENTIALS.contains(code)) {
            return Fetched.failed(
                    SourceCode.CREDENTIALS,
                    "the store does not accept the services' credentials" + named,
                    Fetched.Blame.OURS);
        }
        int status = e.statusCode();
        if (status == 404) {
            return Fetched.refused(FetchCode.NOT_FOUND, "the store has no such object" + named);
        }
        if (status == 401 || status == 403) {
            return Fetched.refused(FetchCode.ACCESS_DENIED, "the store does not let the services read it" + named);
        }
        if (status == 429 || status == 503) {
            return new Fetched.Failed(
                    FetchCode.THROTTLED.code(),
                    "the store asks to come back later" + named,
                    Fetched.Blame.LOAD,
                    retryAfter(e));
        }
        return status >= 500
                ? Fetched.failed(FetchCode.SERVER_ERROR, "the store failed with " + status + named, Fetched.Blame.HOST)
                : Fetched.refused(FetchCode.UNEXPECTED_STATUS, "the store answered with " + status + named);
    }

    private static Optional<Duration> retryAfter(AwsServiceException e) {
        var details = e.awsErrorDetails();
        return details == null || details.sdkHttpResponse() == null
                ? Optional.empty()
                : details.sdkHttpResponse()
                        .firstMatchingHeader("Retry-After")
                        .map(value -> RetryAfter.parse(value, Instant.now()));
    }

    /** The SDK wraps everything: what it means is in the causes. Its texts may hold addresses and are not passed on. */
    private static Fetched broken(SdkException e) {
        if (String.valueOf(e.getMessage()).contains("credentials")) {
            return Fetched.failed(
                    SourceCode.CREDENTIALS,
                    "the services have no credentials for the store; give them by the usual AWS chain",
                    Fetched.Blame.OURS);
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case java.net.SocketTimeoutException _ -> {
                    return timedOut();
                }
                case java.net.UnknownHostException _ -> {
                    return Fetched.failed(
                            FetchCode.NAME_UNRESOLVED, "the store's name has no address", Fetched.Blame.HOST);
                }
                case java.net.ConnectException _ -> {
                    return Fetched.failed(
                            FetchCode.CONNECT_FAILED, "no connection to the store could be made", Fetched.Blame.HOST);
                }
                default -> {
                    // Its cause may tell more.
                }
            }
        }
        return Fetched.failed(
                FetchCode.BROKEN_OFF,
                "the call of the store broke off: " + e.getClass().getSimpleName(),
                Fetched.Blame.HOST);
    }

    private static Fetched timedOut() {
        return Fetched.failed(
                FetchCode.TIMED_OUT, "the store did not send the object within the time there was", Fetched.Blame.HOST);
    }

    @Override
    public void close() {
        calls.shutdownNow();
        client.close();
    }
}
