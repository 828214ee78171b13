package io.saccade.vision;

import static java.util.Objects.requireNonNull;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Text to the ids a model reads and back, by the Rust tokenizers under the reference, from the same {@code tokenizer.json}.
 *
 * <p>A text is a stranger's: the name of a special token in it, such as {@code [SEP]} or {@code <|endoftext|>}, is read as
 * the letters it is made of (the library's {@code encode_special_tokens}), and never becomes the token.
 *
 * <p>The native library is unpacked once into {@code tokenizers/} under the environment variable or system property
 * {@code ENGINE_CACHE_DIR}, else {@code DJL_CACHE_DIR}, else {@code ~/.djl.ai}, else, where the home is not writable,
 * {@code .djl.ai} in the temporary directory. Nothing is fetched and nobody is called: unless the environment variable
 * {@code DJL_OFFLINE} or the system property {@code ai.djl.offline} says otherwise, this class sets that property, as the
 * library would report its use to its makers.
 *
 * <p>Thread-safe. Closing frees native memory; a closed tokenizer must not be used again.
 */
public final class TextTokenizer implements AutoCloseable {
    private static final String OFFLINE = "ai.djl.offline";
    private static final Map<String, String> AS_IT_COMES =
            Map.of("addSpecialTokens", "true", "truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD");

    private final HuggingFaceTokenizer tokenizer;
    private final TokenizerSpec spec;
    private final Set<Long> forbidden;
    private final Set<Long> known;

    private TextTokenizer(HuggingFaceTokenizer tokenizer, TokenizerSpec spec, Set<Long> forbidden, Set<Long> known) {
        this.tokenizer = tokenizer;
        this.spec = spec;
        this.forbidden = forbidden;
        this.known = known;
    }

    /**
     * Loads a tokenizer, once for each model: it takes a second the first time.
     *
     * @param tokenizerJson the file the Rust tokenizers write
     * @throws IllegalArgumentException where the file is missing, is not a tokenizer, or is not the one {@code spec} names
     * @throws IllegalStateException    where the native library cannot be unpacked or loaded here
     */
    public static TextTokenizer load(Path tokenizerJson, TokenizerSpec spec) {
        requireNonNull(spec, "spec");
        byte[] file = read(tokenizerJson);
        checkDigest(tokenizerJson, file, spec);
        JsonNode json = parse(tokenizerJson, file);
        Set<Long> special = takeSpecialTokens(json);
        loadLibrary();
        HuggingFaceTokenizer tokenizer;
        try {
            tokenizer = HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(new ObjectMapper().writeValueAsBytes(json)), AS_IT_COMES);
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException(tokenizerJson + " is not a tokenizer.json: " + e.getMessage(), e);
        }
        return new TextTokenizer(tokenizer, spec, forbidden(special, json, tokenizer), known(json));
    }

    /**
     * Exactly {@link TokenizerSpec#length()} ids: cut where there are more, the closing special token kept as the last, or
     * filled up with {@link TokenizerSpec#pad()}.
     */
    public long[] encode(String text) {
        Encoding encoding = tokenizer.encode(wellFormed(text));
        long[] ids = encoding.getIds();
        long[] special = encoding.getSpecialTokenMask();
        int count = 0;
        int closing = 0;
        for (int i = 0; i < ids.length; i++) {
            if (special[i] == 1 || !forbidden.contains(ids[i])) {
                closing = special[i] == 1 ? closing + 1 : 0;
                ids[count++] = ids[i];
            }
        }
        long[] fixed = Arrays.copyOf(ids, spec.length());
        if (count > spec.length()) {
            int kept = Math.min(closing, spec.length());
            System.arraycopy(ids, count - kept, fixed, spec.length() - kept, kept);
        } else {
            Arrays.fill(fixed, count, spec.length(), spec.pad());
        }
        if (spec.first() != null && count > 0) {
            fixed[0] = spec.first();
        }
        return fixed;
    }

    /** The text of a model's ids up to {@link TokenizerSpec#stop()}, without {@link TokenizerSpec#skip()} and unknown ids. */
    public String decode(long[] tokens) {
        long[] shown = new long[tokens.length];
        int count = 0;
        for (long token : tokens) {
            if (spec.stop() != null && token == spec.stop()) {
                break;
            }
            if (known.contains(token) && !spec.skip().contains(token)) {
                shown[count++] = token;
            }
        }
        return count == 0 ? "" : tokenizer.decode(Arrays.copyOf(shown, count), false);
    }

    /**
     * The first of a model's ids up to {@link TokenizerSpec#stop()} that is neither known nor to be skipped. A model that
     * writes one has gone astray, and {@link #decode} would hide it.
     */
    public OptionalLong firstUnknown(long[] tokens) {
        for (long token : tokens) {
            if (spec.stop() != null && token == spec.stop()) {
                break;
            }
            if (!known.contains(token) && !spec.skip().contains(token)) {
                return OptionalLong.of(token);
            }
        }
        return OptionalLong.empty();
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("expected a tokenizer.json at " + file + ", which cannot be read", e);
        }
    }

    private static void checkDigest(Path file, byte[] bytes, TokenizerSpec spec) {
        String actual;
        try {
            actual = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        if (spec.sha256() != null && !spec.sha256().equals(actual)) {
            throw new IllegalArgumentException("tokenizer.sha256 says " + spec.sha256() + ", but " + file + " has "
                    + actual + ": the tokenizer is not the one the model was exported with");
        }
    }

    private static JsonNode parse(Path file, byte[] bytes) {
        try {
            JsonNode json = new ObjectMapper().readTree(bytes);
            if (json.path("model").isObject()) {
                return json;
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + " is not a tokenizer.json: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " is not a tokenizer.json", e);
        }
        throw new IllegalArgumentException(file + " is not a tokenizer.json: it has no object 'model'");
    }

    /**
     * Special tokens are found in a text because the file lists them as added tokens, so they are taken off that list. Their
     * ids stay where the text's frame ({@code post_processor}) and the vocabulary say them.
     */
    private static Set<Long> takeSpecialTokens(JsonNode json) {
        Set<Long> special = new HashSet<>();
        if (json.path("added_tokens") instanceof ArrayNode added) {
            for (var tokens = added.elements(); tokens.hasNext(); ) {
                JsonNode token = tokens.next();
                if (token.path("special").asBoolean()) {
                    special.add(token.path("id").asLong());
                    tokens.remove();
                }
            }
        }
        return special;
    }

    /**
     * What no text may become: all special ids but the one for unknown letters, unless that one frames texts too. Needed
     * beside {@link #takeSpecialTokens} where the vocabulary itself spells a special token, as SentencePiece's does.
     */
    private static Set<Long> forbidden(Set<Long> special, JsonNode json, HuggingFaceTokenizer tokenizer) {
        Set<Long> forbidden = new HashSet<>(special);
        JsonNode model = json.path("model");
        long unknown = model.path("unk_token").isTextual()
                ? model.path("vocab").path(model.path("unk_token").asText()).asLong(-1)
                : model.path("unk_id").asLong(-1);
        long[] frame = tokenizer.encode("").getIds();
        if (Arrays.stream(frame).noneMatch(id -> id == unknown)) {
            forbidden.remove(unknown);
        }
        return Set.copyOf(forbidden);
    }

    /**
     * The ids that have a text. Of ids it does not know, the library may make an empty one, which some of its decoders
     * ({@code Strip}, as CLIP needs it) do not survive, and the JVM with them.
     */
    private static Set<Long> known(JsonNode json) {
        Set<Long> known = new HashSet<>();
        JsonNode vocabulary = json.path("model").path("vocab");
        if (vocabulary.isArray()) {
            for (long id = 0; id < vocabulary.size(); id++) {
                known.add(id);
            }
        } else {
            vocabulary.forEach(id -> known.add(id.asLong()));
        }
        json.path("added_tokens").forEach(token -> known.add(token.path("id").asLong()));
        return Set.copyOf(known);
    }

    private static void loadLibrary() {
        if (System.getenv("DJL_OFFLINE") == null && System.getProperty(OFFLINE) == null) {
            System.setProperty(OFFLINE, "true");
        }
        try {
            LibUtils.checkStatus();
        } catch (RuntimeException | LinkageError e) {
            throw new IllegalStateException(
                    "the native tokenizer library cannot be unpacked or loaded; DJL_CACHE_DIR must name a directory that is"
                            + " writable and not mounted noexec",
                    e);
        }
    }

    /** Half a surrogate pair is no letter, and native code may not survive it. */
    private static String wellFormed(String text) {
        StringBuilder repaired = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                repaired = repaired == null ? new StringBuilder(text) : repaired;
                repaired.setCharAt(i, '\uFFFD');
            }
        }
        return repaired == null ? text : repaired.toString();
    }
}
