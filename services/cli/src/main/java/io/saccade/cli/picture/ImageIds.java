package io.saccade.cli.picture;

import java.text.Normalizer;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Ids that a person recognises and nobody else has: what the file is called, then chance. */
public final class ImageIds {

    private static final int LONGEST_SLUG = 40;
    private static final int SUFFIX = 6;
    /** Without letters that are easily taken for others. */
    private static final String ALPHABET = "23456789abcdefghjkmnpqrstvwxyz";

    private final RandomGenerator random;

    /** Ids from a source of chance. */
    public ImageIds(RandomGenerator random) {
        this.random = random;
    }

    /** An id for a file of this name. */
    public String of(String fileName) {
        var id = new StringBuilder(slug(fileName)).append('-');
        for (int i = 0; i < SUFFIX; i++) {
            id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return id.toString();
    }

    /** A file's name without its ending, in lower-case letters, digits and single hyphens; {@code image} for none. */
    static String slug(String fileName) {
        int dot = fileName.lastIndexOf('.');
        var stem = dot > 0 ? fileName.substring(0, dot) : fileName;
        var plain = Normalizer.normalize(stem, Normalizer.Form.NFD)
                .replaceAll("\\p{M}", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-");
        var cut = plain.length() > LONGEST_SLUG ? plain.substring(0, LONGEST_SLUG) : plain;
        var slug = cut.replaceAll("^-+|-+$", "");
        return slug.isEmpty() ? "image" : slug;
    }
}
