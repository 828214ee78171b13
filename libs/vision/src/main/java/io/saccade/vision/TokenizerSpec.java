package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a model wants its text beyond what {@code tokenizer.json} says: that file differs from the reference in padding
 * (open_clip pads with 0, its {@code tokenizer.json} with 49407) and says nothing of lengths a graph is fixed to.
 *
 * @param length how many ids a text becomes, always; 1 to 8192
 * @param pad    id that fills up short texts
 * @param first  id that replaces the first one, as BLIP's {@code [ENC]} does, or null
 * @param sha256 digest that the file must have, 64 lower-case hex characters, or null where nobody wrote it down
 * @param stop   id at which a generated text ends, or null
 * @param skip   ids that a generated text does not show
 */
public record TokenizerSpec(
        int length,
        long pad,
        @Nullable Long first,
        @Nullable String sha256,
        @Nullable Long stop,
        Set<Long> skip) {
    private static final int LONGEST = 8192;
    private static final long LARGEST_ID = Integer.MAX_VALUE;
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

    public TokenizerSpec {
        requireNonNull(skip, "skip");
        skip = Set.copyOf(skip);
        if (length < 1 || length > LONGEST) {
            throw new IllegalArgumentException("length must be between 1 and " + LONGEST + ", got " + length);
        }
        requireId("pad", pad);
        requireId("first", first == null ? 0 : first);
        requireId("stop", stop == null ? 0 : stop);
        skip.forEach(id -> requireId("skip", id));
        if (sha256 != null && !SHA_256.matcher(sha256).matches()) {
            throw new IllegalArgumentException("sha256 must be 64 lower-case hex characters, got '" + sha256 + "'");
        }
    }

    /**
     * Reads the parameters of a model's {@code config.pbtxt}: {@code tokenizer.length} and {@code tokenizer.pad}, both
     * required; {@code tokenizer.first}, {@code tokenizer.sha256}, {@code tokens.stop} and {@code tokens.skip} (ids parted
     * by commas), all optional.
     *
     * @throws IllegalArgumentException naming the key, what it may be and what it was
     */
    public static TokenizerSpec fromManifest(Map<String, String> parameters) {
        var manifest = new Manifest(parameters);
        return new TokenizerSpec(
                manifest.integer("tokenizer.length", 1, LONGEST),
                manifest.number("tokenizer.pad", 0, LARGEST_ID)
                        .orElseThrow(() -> Manifest.missing("tokenizer.pad", "the id that fills up short texts")),
                manifest.number("tokenizer.first", 0, LARGEST_ID).orElse(null),
                manifest.matching("tokenizer.sha256", SHA_256, "64 lower-case hex characters")
                        .orElse(null),
                manifest.number("tokens.stop", 0, LARGEST_ID).orElse(null),
                Set.copyOf(manifest.numbers("tokens.skip", 0, LARGEST_ID)));
    }

    private static void requireId(String name, long id) {
        if (id < 0 || id > LARGEST_ID) {
            throw new IllegalArgumentException(name + " must be an id from 0 to " + LARGEST_ID + ", got " + id);
        }
    }
}
