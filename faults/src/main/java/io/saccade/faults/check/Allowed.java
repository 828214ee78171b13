package io.saccade.faults.check;

import java.util.Set;

/**
 * What a fault may lawfully do to good images.
 *
 * @param reasons codes with which a stage may give up on one; then it must say so in the answer and in a dead letter
 */
public record Allowed(Set<String> reasons) {

    /** Every good image must be answered in full. */
    public static final Allowed NOTHING = new Allowed(Set.of());

    public Allowed {
        reasons = Set.copyOf(reasons);
    }

    /** Stages may give up with one of these codes. */
    public static Allowed givingUp(String... reasons) {
        return new Allowed(Set.of(reasons));
    }
}
