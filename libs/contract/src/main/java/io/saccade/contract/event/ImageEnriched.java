package io.saccade.contract.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that was found out about an image, in one record. There is one for each image and revision; a later
 * revision replaces the earlier ones.
 *
 * @param id          the image; the Kafka key
 * @param tenant      on whose behalf
 * @param revision    from 1; a part that comes after the deadline makes a new one
 * @param status      see {@link Status}
 * @param reason      why the image was refused; present exactly when the status is {@code REFUSED}
 * @param sha256      digest of the image's bytes; null when no stage could read them
 * @param parts       what became of every task
 * @param attributes  the caller's own labels
 * @param submittedAt when the image entered
 * @param deadline    when this answer was due
 * @param completedAt when it was given
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ImageEnriched(
        String id,
        String tenant,
        int revision,
        Status status,
        @Nullable Failure reason,
        @Nullable String sha256,
        Parts parts,
        Map<String, String> attributes,
        Instant submittedAt,
        Instant deadline,
        Instant completedAt) {

    @SuppressWarnings("ConstantValue") // JSON leaves components null, whatever the types promise
    public ImageEnriched {
        Check.id("id", id);
        Check.tenant(Check.present("tenant", tenant));
        if (revision < 1) {
            throw new IllegalArgumentException("revision must be at least 1, got " + revision);
        }
        Check.present("status", status);
        if ((reason != null) != (status == Status.REFUSED)) {
            throw new IllegalArgumentException("reason must be given exactly when the status is REFUSED");
        }
        Check.sha256("sha256", sha256);
        Check.present("parts", parts);
        attributes = Check.attributes(attributes);
        Check.present("submittedAt", submittedAt);
        Check.present("deadline", deadline);
        Check.present("completedAt", completedAt);
    }

    /** The three ways an image ends. */
    public enum Status {
        /** Every part that was asked for is there. */
        COMPLETE,
        /** Some part is not; each says why. */
        PARTIAL,
        /** The image, or the event, cannot be answered at all. */
        REFUSED
    }
}
