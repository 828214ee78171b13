package io.saccade.triton;

import io.grpc.Status;
import java.util.List;
import java.util.Locale;

/**
 * Which {@link Fault} a status is. Triton answers a full queue, a stopping server and a model that is not ready with the
 * same code, UNAVAILABLE; only the text tells them apart. These patterns are the only place that reads such texts. They were
 * seen on Triton 2.51.0 and in the sources of 2.73.0.
 *
 * <p>Where the server refuses the <em>caller</em> and not the item (credentials, a restricted protocol), the fault is passing:
 * someone has to change a setting, and dead-lettering a whole stream meanwhile would be wrong.
 */
final class FaultTable {

    private record Row(Status.Code code, String part, Fault fault) {}

    /** Read from the top; the first row whose code is equal and whose part occurs in the text decides. */
    private static final List<Row> ROWS = List.of(
            row(Status.Code.UNAVAILABLE, "exceeds maximum queue size", Fault.OVERLOADED),
            row(Status.Code.UNAVAILABLE, "request timeout expired", Fault.OVERLOADED),
            // "not at ready state", "server is stopping", "grpc server is shutting down", "protocol is restricted",
            // and everything the transport says: refused, reset, unknown host.
            row(Status.Code.UNAVAILABLE, "", Fault.PASSING),
            row(Status.Code.NOT_FOUND, "unable to find shared memory region", Fault.PERMANENT),
            row(Status.Code.NOT_FOUND, "", Fault.PASSING),
            // Our own limit for what comes in: the same item gives the same large answer.
            row(Status.Code.RESOURCE_EXHAUSTED, "exceeds maximum size", Fault.PERMANENT),
            row(Status.Code.RESOURCE_EXHAUSTED, "decompressed grpc message", Fault.PERMANENT),
            row(Status.Code.RESOURCE_EXHAUSTED, "", Fault.OVERLOADED),
            row(Status.Code.INVALID_ARGUMENT, "", Fault.PERMANENT),
            row(Status.Code.UNIMPLEMENTED, "", Fault.PERMANENT),
            row(Status.Code.ALREADY_EXISTS, "", Fault.PERMANENT),
            row(Status.Code.OUT_OF_RANGE, "", Fault.PERMANENT),
            row(Status.Code.FAILED_PRECONDITION, "", Fault.PERMANENT),
            row(Status.Code.DEADLINE_EXCEEDED, "", Fault.PASSING),
            row(Status.Code.CANCELLED, "", Fault.PASSING),
            row(Status.Code.ABORTED, "", Fault.PASSING),
            // More of an output than there was room for in shared memory: the same item gives the same output.
            row(Status.Code.INTERNAL, "shared memory size specified with the request", Fault.PERMANENT),
            row(Status.Code.INTERNAL, "", Fault.PASSING),
            row(Status.Code.UNKNOWN, "", Fault.PASSING),
            row(Status.Code.DATA_LOSS, "", Fault.PASSING),
            row(Status.Code.UNAUTHENTICATED, "", Fault.PASSING),
            row(Status.Code.PERMISSION_DENIED, "", Fault.PASSING));

    private record InBand(String part, Status.Code code) {}

    /** Which code a text stands for that came inside a stream, where Triton sends none. The first row that occurs decides. */
    private static final List<InBand> IN_BAND = List.of(
            new InBand("exceeds maximum queue size", Status.Code.UNAVAILABLE),
            new InBand("request timeout expired", Status.Code.UNAVAILABLE),
            new InBand("not at ready state", Status.Code.UNAVAILABLE),
            new InBand("server is stopping", Status.Code.UNAVAILABLE),
            new InBand("server is shutting down", Status.Code.UNAVAILABLE),
            new InBand("protocol is restricted", Status.Code.UNAVAILABLE),
            new InBand("unable to find shared memory region", Status.Code.NOT_FOUND),
            new InBand("request for unknown model", Status.Code.NOT_FOUND),
            new InBand("cancelled", Status.Code.CANCELLED),
            new InBand("data-type is", Status.Code.INVALID_ARGUMENT),
            new InBand("unexpected shape for input", Status.Code.INVALID_ARGUMENT),
            new InBand("batch-size must be", Status.Code.INVALID_ARGUMENT),
            new InBand("batch size does not match", Status.Code.INVALID_ARGUMENT),
            new InBand("byte size mismatch", Status.Code.INVALID_ARGUMENT),
            new InBand("missing required input", Status.Code.INVALID_ARGUMENT),
            new InBand("unexpected inference input", Status.Code.INVALID_ARGUMENT),
            new InBand("unexpected inference output", Status.Code.INVALID_ARGUMENT),
            new InBand("already exists in request", Status.Code.INVALID_ARGUMENT),
            new InBand("must not be specified when using raw_input_contents", Status.Code.INVALID_ARGUMENT),
            new InBand("unable to find data for input", Status.Code.INVALID_ARGUMENT),
            new InBand("incomplete string", Status.Code.INVALID_ARGUMENT),
            new InBand("are reserved for triton usage", Status.Code.INVALID_ARGUMENT),
            new InBand("failed to get model version", Status.Code.INVALID_ARGUMENT),
            new InBand("invalid model version", Status.Code.INVALID_ARGUMENT));

    private record Hint(String part, String advice) {}

    private static final String HUNG_UP =
            "if every call ends so, the server may expect TLS, for which there is tls(), or to see"
                    + " the client's certificate, for which there is mutualTls()";

    /** What a stranger should look at, where the transport's own text tells only those who know it. */
    private static final List<Hint> HINTS = List.of(
            new Hint(
                    "not an ssl/tls record",
                    "the server does not speak TLS on this port: take its TLS port, or build the client without tls()"),
            new Hint(
                    "pkix path",
                    "the server's certificate is of an authority that is not trusted here: name it with tls(authorities)"),
            new Hint(
                    "certificate_required",
                    "the server wants to know who calls: show it a certificate with mutualTls()"),
            new Hint("bad_certificate", "the server wants to know who calls: show it a certificate with mutualTls()"),
            new Hint(
                    "was not settings",
                    "the server may expect TLS on this port, for which there is tls(); or it is no gRPC port, which is 8001 for"
                            + " Triton unless it was told otherwise"),
            // How a connection ends that the server hangs up on; which of the three is chance.
            new Hint("network closed for unknown reason", HUNG_UP),
            new Hint("connection reset", HUNG_UP),
            new Hint("broken pipe", HUNG_UP));

    private FaultTable() {}

    /** What to look at, beginning with a separator; empty for a text that speaks for itself. */
    static String hint(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        for (Hint hint : HINTS) {
            if (lower.contains(hint.part())) {
                return " (" + hint.advice() + ")";
            }
        }
        return "";
    }

    /** UNKNOWN, and so passing, for a text nobody has seen: an item is not given up on a guess. */
    static Status.Code codeOf(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        for (InBand row : IN_BAND) {
            if (lower.contains(row.part())) {
                return row.code();
            }
        }
        return Status.Code.UNKNOWN;
    }

    /** Whether the server does not know a region of shared memory, and so has done nothing with the request that named it. */
    static boolean isLostMemory(TritonException failure) {
        String text = failure.getMessage();
        return failure.code() == Status.Code.NOT_FOUND
                && text != null
                && text.toLowerCase(Locale.ROOT).contains("unable to find shared memory region");
    }

    /** Whether a status refuses the caller's credentials or protocol key: the server is well and someone must change a setting. */
    static boolean refusesTheCaller(Status status) {
        String text = status.getDescription();
        return switch (status.getCode()) {
            case UNAUTHENTICATED, PERMISSION_DENIED -> true;
            case UNAVAILABLE -> text != null && text.toLowerCase(Locale.ROOT).contains("protocol is restricted");
            default -> false;
        };
    }

    private static Row row(Status.Code code, String part, Fault fault) {
        return new Row(code, part, fault);
    }

    static Fault faultOf(Status.Code code, String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        for (Row row : ROWS) {
            if (row.code() == code && lower.contains(row.part())) {
                return row.fault();
            }
        }
        throw new IllegalArgumentException(code + " is not a failure");
    }
}
