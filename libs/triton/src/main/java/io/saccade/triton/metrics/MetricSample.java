package io.saccade.triton.metrics;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line of a Prometheus page.
 *
 * @param name   of the metric
 * @param labels by name, in the page's order, escapes resolved
 * @param number the value as it was written: {@code 42}, {@code 1.5e+09}, {@code NaN}, {@code +Inf}
 */
public record MetricSample(String name, Map<String, String> labels, String number) {
    /** Copies the map and checks that the number is one. */
    public MetricSample {
        requireNonNull(name, "name");
        labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
        double _ = parse(number);
    }

    /** The value; whole numbers above 2^53 are rounded. */
    public double asDouble() {
        return parse(number);
    }

    /**
     * The value as a whole number: exact where it was written with digits alone, as a 64-bit counter is, else rounded; the largest
     * {@code long} for what is larger, 0 for NaN.
     */
    public long asLong() {
        boolean isWhole = number.chars().allMatch(c -> c >= '0' && c <= '9');
        if (isWhole) {
            try {
                return Long.parseLong(number);
            } catch (NumberFormatException _) {
                return Long.MAX_VALUE; // digits alone: too many
            }
        }
        return Math.round(asDouble());
    }

    private static double parse(String number) {
        return switch (number) {
            case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            // Java reads hexadecimal numbers and suffixes too, which are none here.
            case String text
            when !text.isEmpty() && text.chars().noneMatch(c -> "dDfFxXpP".indexOf(c) >= 0) -> Double.parseDouble(text);
            default -> throw new NumberFormatException("a number was expected, got " + number.length() + " characters");
        };
    }
}
