package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * WebP beside libwebp, on small files with all settings of its encoder ({@code src/test/python/make_webps.py}). Whole pictures are
 * in {@link ReferenceTest}.
 */
class WebpTest {
    private static final JsonNode FILES = Goldens.json("webps.json");
    private static final ImageLimits SMALL = new ImageLimits(1 << 20, 100_000, 2_048);

    private static byte[] file(JsonNode golden) {
        try {
            return golden.get("file").binaryValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] file(String name) {
        return file(FILES.get(name));
    }

    private static String outcome(PictureDecoder decoder, byte[] file) {
        return decoder.decode(file, decoded -> switch (decoded) {
            case Decoded.Picture picture -> Goldens.sha256(picture.bitmap().samples());
            case Decoded.Refused(Refusal refusal) -> refusal.toString();
        });
    }

    static List<String> decoders() {
        return Decoders.names().toList();
    }

    @ParameterizedTest
    @MethodSource("decoders")
    void isEqualToLibwebpWhateverTheEncoderWasTold(String decoder) {
        // Given
        var different = new TreeMap<String, String>();

        // When
        FILES.fields().forEachRemaining(golden -> {
            // What a damaged file becomes depends on the vector code that libwebp has for a processor.
            if (decoder.equals("java") || !golden.getKey().startsWith("damaged")) {
                String outcome = outcome(Decoders.named(decoder), file(golden.getValue()));
                if (!outcome.equals(golden.getValue().get("pixels").asText())) {
                    different.put(golden.getKey(), outcome);
                }
            }
        });

        // Then
        assertThat(different).isEmpty();
    }

    @Test
    void isTriedOnEveryRemainderOfASizeByThatOfAMacroblock() {
        // Given
        var widths = new TreeSet<Integer>();
        var heights = new TreeSet<Integer>();

        // When
        FILES.forEach(golden -> {
            widths.add(golden.get("width").asInt() % 16);
            heights.add(golden.get("height").asInt() % 16);
        });

        // Then
        assertThat(FILES.size()).isGreaterThanOrEqualTo(200);
        assertThat(widths).hasSize(16);
        assertThat(heights).hasSize(16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lossy", "lossy-alpha", "lossless"})
    void refusesAFrameThatEndsAnywhereBeforeItsEnd(String probe) {
        // Given
        byte[] whole = Goldens.bytes("io/saccade/vision/probes/" + probe + ".webp");
        var read = new ArrayList<Integer>();

        // When
        for (int length = 1; length < whole.length; length++) {
            // With sizes that fit, so that the data is looked at and not only the sizes.
            byte[] cut = withFittingSizes(Arrays.copyOf(whole, length));
            if (Decoders.code(Decoders.named("java"), cut).equals("ok")) {
                read.add(length);
            }
        }

        // Then
        // The last bytes are padding, or bits the decoder can do without.
        assertThat(read).allSatisfy(length -> assertThat(length).isGreaterThan(whole.length - 5));
    }

    @ParameterizedTest
    @MethodSource("decoders")
    void endsWithAPictureOrARefusalForDamagedFrames(String decoder) {
        // Given
        var random = new Random(7);
        List<String> names = new ArrayList<>();
        FILES.fieldNames().forEachRemaining(names::add);
        var small = PictureDecoder.of(
                SMALL,
                decoder.equals("java") ? NativeDecoders.NONE : Decoders.NATIVES,
                new MemoryBudget(64 << 20),
                null);
        List<String> codes = new ArrayList<>();

        // When
        for (int i = 0; i < 3_000; i++) {
            codes.add(Decoders.code(small, damage(file(names.get(i % names.size())), random)));
        }

        // Then
        assertThat(codes).hasSize(3_000).allMatch(code -> code.equals("ok") || code.startsWith("image."));
        assertThat(codes).contains("ok", "image.broken", "image.truncated");
    }

    @Test
    void isReadOrRefusedAlikeByBothDecodersEvenWhereItIsDamaged() {
        assumeThat(Decoders.NATIVES.webp()).as("libwebp is here").isNotNull();

        // Given
        var random = new Random(8);
        List<String> names = new ArrayList<>();
        FILES.fieldNames().forEachRemaining(names::add);
        var java = PictureDecoder.of(SMALL, NativeDecoders.NONE, new MemoryBudget(64 << 20), null);
        var natively = PictureDecoder.of(SMALL, Decoders.NATIVES, new MemoryBudget(64 << 20), null);
        List<String> different = new ArrayList<>();

        // When
        for (int i = 0; i < 2_000; i++) {
            byte[] damaged = damage(file(names.get(i % names.size())), random);
            String expected = Decoders.code(natively, damaged);
            String actual = Decoders.code(java, damaged);
            if (!actual.equals(expected)) {
                different.add(i + ": " + actual + ", not " + expected);
            }
        }

        // Then
        // Versions of libwebp do not agree with each other on every one.
        assertThat(different).hasSizeLessThanOrEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lossy.webp", "lossless.webp", "lossy-alpha.webp"})
    void givesUpWhenItTakesTooLong(String file) {
        // Given
        var limits = new ImageLimits(1 << 20, 2_000_000, 4_096, 1_000, Duration.ofNanos(1));

        // When
        String code = Decoders.code(PictureDecoder.java(limits), Goldens.picture(file));

        // Then
        assertThat(code).isEqualTo("image.too_slow");
    }

    @Test
    void refusesALosslessFileWhosePrefixCodesTakeMoreMemoryThanItsPixels() {
        // Given
        byte[] bomb = manyPrefixCodes();

        // When
        Decoded decoded = Decoders.named("java").decode(bomb, result -> result);

        // Then
        assertThat(decoded).isInstanceOfSatisfying(Decoded.Refused.class, refused -> assertThat(
                        refused.refusal().message())
                .contains("prefix codes take more memory"));
    }

    /** 256x256 pixels in 4096 tiles, each of which names a group of codes of its own (RFC 9649, section 3.7.2). */
    private static byte[] manyPrefixCodes() {
        var bits = new BitWriter();
        bits.write(0x2F, 8);
        bits.write(255, 14);
        bits.write(255, 14);
        bits.write(0, 4);
        // No transform, no cache, groups by tiles of 4x4.
        bits.write(0, 2);
        bits.write(1, 1);
        bits.write(0, 3);
        // The image of tiles: no cache, all bytes of green and red alike, else 0.
        bits.write(0, 1);
        bits.allBytesAlike(280);
        bits.allBytesAlike(256);
        for (int code = 0; code < 3; code++) {
            bits.oneSymbol();
        }
        for (int tile = 0; tile < 4096; tile++) {
            bits.write(Integer.reverse(tile & 0xFF) >>> 24, 8);
            bits.write(Integer.reverse(tile >> 8) >>> 24, 8);
        }
        for (int group = 0; group < 4096; group++) {
            bits.allBytesAlike(280);
            for (int code = 0; code < 3; code++) {
                bits.allBytesAlike(256);
            }
            bits.oneSymbol();
        }
        byte[] frame = bits.toByteArray();
        byte[] file = new byte[20 + frame.length];
        System.arraycopy("RIFF....WEBPVP8L".getBytes(StandardCharsets.US_ASCII), 0, file, 0, 16);
        write(file, 4, file.length - 8);
        write(file, 16, frame.length);
        System.arraycopy(frame, 0, file, 20, frame.length);
        return file;
    }

    /** The lowest bit of each byte first. */
    private static final class BitWriter {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private int waiting;
        private int count;

        void write(int value, int length) {
            for (int i = 0; i < length; i++) {
                waiting |= ((value >> i) & 1) << count;
                if (++count == 8) {
                    bytes.write(waiting);
                    waiting = 0;
                    count = 0;
                }
            }
        }

        void oneSymbol() {
            write(1, 4);
        }

        /** A code of eight bits for each byte, none for further symbols. */
        void allBytesAlike(int symbols) {
            write(0, 1);
            // Lengths themselves are 0 or 8; 12 of 19 lengths of their codes follow, in the order of the RFC.
            write(8, 4);
            for (int symbol : new int[] {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8}) {
                write(symbol == 0 || symbol == 8 ? 1 : 0, 3);
            }
            write(0, 1);
            for (int symbol = 0; symbol < symbols; symbol++) {
                write(symbol < 256 ? 1 : 0, 1);
            }
        }

        byte[] toByteArray() {
            write(0, 8 - count + 8 * ((bytes.size() + 1) & 1));
            return bytes.toByteArray();
        }
    }

    private static byte[] damage(byte[] whole, Random random) {
        byte[] damaged =
                random.nextInt(5) == 0 ? Arrays.copyOf(whole, random.nextInt(21, whole.length)) : whole.clone();
        if (random.nextBoolean()) {
            withFittingSizes(damaged);
        }
        int reach = random.nextInt(3) == 0 ? Math.min(60, damaged.length) : damaged.length;
        for (int hits = random.nextInt(4); hits > 0; hits--) {
            damaged[random.nextInt(reach)] = (byte) random.nextInt();
        }
        return damaged;
    }

    /** Sizes of the file, and of the chunk it ends in, that do not reach beyond its end. */
    private static byte[] withFittingSizes(byte[] file) {
        write(file, 4, file.length - 8);
        int at = 12;
        while (at + 8 <= file.length) {
            int length = file[at + 4] & 0xFF | (file[at + 5] & 0xFF) << 8 | (file[at + 6] & 0xFF) << 16;
            int left = file.length - at - 8;
            if (length > left) {
                write(file, at + 4, left);
                return file;
            }
            at += 8 + length + (length & 1);
        }
        return file;
    }

    private static void write(byte[] file, int at, int number) {
        for (int i = 0; i < 4 && at + i < file.length; i++) {
            file[at + i] = (byte) (number >> 8 * i);
        }
    }
}
