package io.saccade.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saccade.vision.TextTokenizer;
import io.saccade.vision.TokenizerSpec;
import java.nio.file.Path;
import java.util.Set;

/** A question of a stranger: always as many ids as the model reads, and they can be shown as text again. */
public final class TokenizerTarget {
    private static final int LENGTH = 24;

    private TokenizerTarget() {}

    // Not a field of the target: loading it takes a second, and only this target needs the native library.
    private static final class Loaded {
        private static final TextTokenizer TOKENIZER = TextTokenizer.load(
                Path.of(System.getProperty("saccade.root", "")).resolve("triton-models/vqa/tokenizer.json"),
                new TokenizerSpec(LENGTH, 0, 5L, null, null, Set.of()));
    }

    /** Called by the fuzzer first, so that loading does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput(new byte[0]);
    }

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] data) {
        long[] ids = Loaded.TOKENIZER.encode(new String(data, UTF_8));
        if (ids.length != LENGTH) {
            throw new AssertionError("a text must become " + LENGTH + " ids, got " + ids.length);
        }
        for (long id : ids) {
            if (id < 0) {
                throw new AssertionError("an id must not be negative, got " + id);
            }
        }
        if (Loaded.TOKENIZER.decode(ids).length() > data.length * 4 + 1024) {
            throw new AssertionError("ids must not become much more text than they came from");
        }
    }
}
