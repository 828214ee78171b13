package io.saccade.contract.event;

import java.time.Duration;

/**
 * Where the time of one answer went, in milliseconds with three decimals. Zero for a step that did not run.
 *
 * @param fetch      reading the image's bytes
 * @param decode     from file to pixels
 * @param preprocess resize and crop
 * @param infer      the call of the model server, its queue included
 */
public record Timings(double fetch, double decode, double preprocess, double infer) {

    public Timings {
        Check.duration("timings.fetch", fetch);
        Check.duration("timings.decode", decode);
        Check.duration("timings.preprocess", preprocess);
        Check.duration("timings.infer", infer);
    }

    /** Nothing ran. */
    public static final Timings NONE = new Timings(0, 0, 0, 0);

    /** From durations. */
    public static Timings of(Duration fetch, Duration decode, Duration preprocess, Duration infer) {
        return new Timings(millis(fetch), millis(decode), millis(preprocess), millis(infer));
    }

    private static double millis(Duration duration) {
        return Math.round(duration.toNanos() / 1_000.0) / 1_000.0;
    }
}
