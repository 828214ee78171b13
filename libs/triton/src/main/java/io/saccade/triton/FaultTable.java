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
            row(Status.Code.INTERNAL, "", Fault.PASSING),
            row(Status.Code.UNKNOWN, "", Fault.PASSING),
            row(Status.Code.DATA_LOSS, "", Fault.PASSING),
            row(Status.Code.UNAUTHENTICATED, "", Fault.PASSING),
            row(Status.Code.PERMISSION_DENIED, "", Fault.PASSING));

    private FaultTable() {}

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
