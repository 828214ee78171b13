package io.saccade.fuzz;

import io.saccade.vision.ImageLimits;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.Prepared;
import io.saccade.vision.Preprocessing;
import java.util.Map;

/** What every picture target promises: a tensor of the right size or a refusal, and nothing else. */
final class Pictures {
    private static final int SIZE = 16;
    private static final ImagePreprocessor PREPROCESSOR = new ImagePreprocessor(
            Preprocessing.fromManifest(Map.of(
                    "image.size", Integer.toString(SIZE),
                    "image.resize", "shortest-edge",
                    "image.crop", "center",
                    "image.filter", "bicubic",
                    "image.rgb", "after-resize")),
            // Small, so that time goes into parsing rather than into pixels.
            new ImageLimits(1 << 20, 250_000, 4_096));

    private Pictures() {}

    static void check(byte[] encoded) {
        switch (PREPROCESSOR.prepare(encoded)) {
            case Prepared.Tensor tensor -> {
                if (tensor.rgb().length != SIZE * SIZE * 3) {
                    throw new AssertionError(
                            "a tensor must have " + SIZE * SIZE * 3 + " bytes, got " + tensor.rgb().length);
                }
            }
            case Prepared.Refused(var refusal) -> {
                if (refusal.message().isBlank() || !refusal.code().startsWith("image.")) {
                    throw new AssertionError("a refusal must have a code and a sentence, got " + refusal);
                }
            }
        }
    }

    /** The data behind the bytes by which a format is known, so that no run is spent on finding them. */
    static byte[] behind(int[] signature, byte[] data) {
        byte[] file = new byte[Math.max(data.length, signature.length)];
        System.arraycopy(data, 0, file, 0, data.length);
        for (int i = 0; i < signature.length; i++) {
            file[i] = (byte) signature[i];
        }
        return file;
    }
}
