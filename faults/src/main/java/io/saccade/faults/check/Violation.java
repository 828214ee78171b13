package io.saccade.faults.check;

/**
 * A promise that was broken.
 *
 * @param invariant which
 * @param id        of the image, or the place of the record
 * @param text      what was expected, and what came
 */
public record Violation(Invariant invariant, String id, String text) {

    @Override
    public String toString() {
        return invariant + " " + id + ": " + text;
    }
}
