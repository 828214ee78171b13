package io.saccade.vision;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Reads typed values from the parameters of a model; every complaint names the key, what is expected and what came. */
final class Manifest {
    private final Map<String, String> parameters;

    Manifest(Map<String, String> parameters) {
        this.parameters = Map.copyOf(parameters);
    }

    Optional<String> text(String key) {
        return Optional.ofNullable(parameters.get(key)).map(String::strip);
    }

    int integer(String key, int least, int most) {
        return Math.toIntExact(number(key, least, most).orElseThrow(() -> missing(key, range(least, most))));
    }

    Optional<Long> number(String key, long least, long most) {
        return text(key).map(value -> parse(key, value, least, most));
    }

    List<Long> numbers(String key, long least, long most) {
        var numbers = new ArrayList<Long>();
        for (String part : text(key).orElse("").split(",", -1)) {
            if (!part.isBlank()) {
                numbers.add(parse(key, part.strip(), least, most));
            }
        }
        return List.copyOf(numbers);
    }

    /** Exactly {@code count} finite numbers, rounded to float64 and then to float32, as Python reads a literal. */
    List<Float> decimals(String key, int count, boolean positive) {
        String expected = count + (positive ? " positive numbers" : " numbers") + " with commas between";
        String value = text(key).orElseThrow(() -> missing(key, expected));
        var numbers = new ArrayList<Float>();
        for (String part : value.split(",", -1)) {
            try {
                numbers.add((float) Double.parseDouble(part.strip()));
            } catch (NumberFormatException notANumber) {
                throw (IllegalArgumentException) wrong(key, expected, value).initCause(notANumber);
            }
        }
        if (numbers.size() != count
                || !numbers.stream().allMatch(number -> Float.isFinite(number) && (number > 0 || !positive))) {
            throw wrong(key, expected, value);
        }
        return List.copyOf(numbers);
    }

    Optional<String> matching(String key, Pattern pattern, String expected) {
        return text(key).map(value -> {
            if (!pattern.matcher(value).matches()) {
                throw wrong(key, expected, value);
            }
            return value;
        });
    }

    <T> T choice(String key, Map<String, T> choices) {
        String expected = String.join(
                " or ",
                new TreeMap<>(choices).keySet().stream().map(c -> "'" + c + "'").toList());
        String value = text(key).orElseThrow(() -> missing(key, expected));
        return Optional.ofNullable(choices.get(value)).orElseThrow(() -> wrong(key, expected, value));
    }

    void absent(String key, String reason) {
        text(key).ifPresent(value -> {
            throw new IllegalArgumentException(key + " must not be set: " + reason + "; got '" + value + "'");
        });
    }

    static IllegalArgumentException missing(String key, String expected) {
        return new IllegalArgumentException(key + " must be " + expected + ", but it is missing");
    }

    static IllegalArgumentException wrong(String key, String expected, String value) {
        return new IllegalArgumentException(key + " must be " + expected + ", got '" + value + "'");
    }

    private static String range(long least, long most) {
        return "a whole number from " + least + " to " + most;
    }

    private static long parse(String key, String value, long least, long most) {
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            throw (IllegalArgumentException)
                    wrong(key, range(least, most), value).initCause(notANumber);
        }
        throw wrong(key, range(least, most), value);
    }
}
