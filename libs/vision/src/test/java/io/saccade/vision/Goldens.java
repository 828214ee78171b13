package io.saccade.vision;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** What {@code src/test/python/make_goldens.py} recorded. */
final class Goldens {
    private static final JsonNode ALL = json("goldens.json");

    private Goldens() {}

    static JsonNode pictures() {
        return ALL.get("pictures");
    }

    /** What the files that say an orientation become when it is applied. */
    static JsonNode oriented() {
        return ALL.get("oriented");
    }

    static JsonNode refused() {
        return ALL.get("refused");
    }

    static JsonNode truncated() {
        return ALL.get("truncated");
    }

    static byte[] picture(String file) {
        return bytes("pictures/" + file);
    }

    static JsonNode json(String resource) {
        try {
            return new ObjectMapper().readTree(bytes(resource));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(String resource) {
        try (InputStream in = Goldens.class.getResourceAsStream("/" + resource)) {
            if (in == null) {
                throw new IllegalStateException("no test resource " + resource);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The preprocessing of a case such as {@code squash/before-resize/224}. */
    static Preprocessing preprocessing(String name) {
        String[] parts = name.split("/", -1);
        return parts[0].equals("squash")
                ? Preprocessing.fromManifest(Map.of(
                        "image.size", parts[2],
                        "image.resize", parts[0],
                        "image.filter", "bicubic",
                        "image.rgb", parts[1]))
                : Preprocessing.fromManifest(Map.of(
                        "image.size", parts[2],
                        "image.resize", parts[0],
                        "image.crop", "center",
                        "image.filter", "bicubic",
                        "image.rgb", parts[1]));
    }
}
