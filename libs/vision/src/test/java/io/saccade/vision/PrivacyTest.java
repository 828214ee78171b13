package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Words planted wherever a file may hold them come out nowhere: not in results, refusals, logs or copies. */
class PrivacyTest {
    private static final List<String> PLANTED = List.of(
            "PLANTEDgps52.3702N4.8952E",
            "PLANTEDserial4711",
            "PLANTEDxmp@example.org",
            "PLANTEDmakernote",
            "PLANTEDcomment",
            "PLANTEDprofile",
            "PLANTEDappended");
    private static final String GPS = PLANTED.get(0);
    private static final String SERIAL = PLANTED.get(1);
    private static final String XMP = PLANTED.get(2);
    private static final String MAKER_NOTE = PLANTED.get(3);
    private static final String COMMENT = PLANTED.get(4);
    private static final String PROFILE = PLANTED.get(5);
    private static final String APPENDED = PLANTED.get(6);

    static Stream<Arguments> files() {
        return Decoders.names().flatMap(decoder -> planted().entrySet().stream()
                .map(file -> Arguments.of(decoder, file.getKey(), file.getValue())));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("files")
    void letNoneOfItOut(String decoder, String name, byte[] file) throws IOException {
        // Given
        assertThat(words(file)).as("words that are in the file").hasSizeGreaterThanOrEqualTo(4);
        var pictures = Decoders.named(decoder);
        var preprocessor = new ImagePreprocessor(Goldens.preprocessing("squash/after-resize/33"), pictures);
        var out = new ByteArrayOutputStream();
        var refusals = 0;

        // When
        try (var _ = new Listening(out)) {
            for (int length = file.length; length > 0; length -= Math.max(1, file.length / 97)) {
                byte[] cut = Arrays.copyOf(file, length);
                for (var broken : List.of(cut, damaged(cut))) {
                    var prepared = preprocessor.prepare(broken);
                    out.writeBytes(prepared.toString().getBytes(StandardCharsets.UTF_8));
                    switch (prepared) {
                        case Prepared.Tensor tensor -> out.writeBytes(tensor.rgb());
                        case Prepared.Refused(Refusal refusal) -> {
                            refusals++;
                            out.writeBytes(refusal.toString().getBytes(StandardCharsets.UTF_8));
                        }
                    }
                }
            }
            out.writeBytes(copy(pictures, file, OrientationRule.IGNORE));
        }

        // Then
        assertThat(refusals).isPositive();
        assertThat(words(out.toByteArray())).isEmpty();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("files")
    void copyThePixelsAsTheyAre(String decoder, String name, byte[] file) {
        // Given
        var pictures = Decoders.named(decoder);
        var original = Decoders.picture(pictures, file).bitmap();

        // When
        byte[] copy = copy(pictures, file, OrientationRule.IGNORE);

        // Then
        var again = Decoders.picture(pictures, copy);
        assertThat(again.format()).isEqualTo(ImageFormat.PNG);
        assertThat(again.orientation()).isEqualTo(Orientation.NORMAL);
        assertThat(again.bitmap().samples()).isEqualTo(original.samples());
    }

    @Test
    void copyEveryModeSoThatOthersReadIt() throws IOException {
        for (String file : List.of(
                "bilevel.png",
                "grey.png",
                "grey-alpha.png",
                "palette.png",
                "rgb.png",
                "rgba.png",
                "cmyk.jpg",
                "grey.jpg")) {
            // Given
            byte[] encoded = Goldens.picture(file);
            var preprocessor =
                    new ImagePreprocessor(Goldens.preprocessing("squash/before-resize/224"), Decoders.named("java"));

            // When
            byte[] copy = copy(Decoders.named("java"), encoded, OrientationRule.IGNORE);

            // Then
            assertThat(ImageIO.read(new ByteArrayInputStream(copy))).as(file).isNotNull();
            assertThat(((Prepared.Tensor) preprocessor.prepare(copy)).rgb())
                    .as(file)
                    .isEqualTo(((Prepared.Tensor) preprocessor.prepare(encoded)).rgb());
        }
    }

    @Test
    void copyAPictureOfAPhoneUpright() {
        // When
        var copy = Decoders.picture(
                Decoders.named("java"),
                copy(Decoders.named("java"), Goldens.picture("turned-6.jpg"), OrientationRule.APPLY));

        // Then
        assertThat(copy.bitmap().width()).isEqualTo(47);
        assertThat(copy.bitmap().height()).isEqualTo(61);
    }

    @Test
    void copyNothingOfWhatIsRefused() {
        // When
        var copy = CleanCopy.of(new byte[] {1, 2, 3}, Decoders.named("java"), OrientationRule.IGNORE);

        // Then
        assertThat(copy).isInstanceOfSatisfying(CleanCopy.Refused.class, refused -> assertThat(
                        refused.refusal().code())
                .isEqualTo("image.unsupported_format"));
    }

    private static byte[] copy(PictureDecoder decoder, byte[] file, OrientationRule rule) {
        return ((CleanCopy.Png) CleanCopy.of(file, decoder, rule)).bytes();
    }

    /** The bytes with some in the second half turned over, where pixels are. */
    private static byte[] damaged(byte[] file) {
        byte[] damaged = file.clone();
        for (int i = damaged.length / 2; i < damaged.length; i += 37) {
            damaged[i] ^= 0x55;
        }
        return damaged;
    }

    private static List<String> words(byte[] bytes) {
        var text = new String(bytes, StandardCharsets.ISO_8859_1);
        // In UTF-16 too, as Windows writes names into EXIF.
        var narrow = text.replace("\0", "");
        return PLANTED.stream()
                .filter(word -> text.contains(word) || narrow.contains(word))
                .toList();
    }

    /** Everything that is logged or printed meanwhile. */
    private static final class Listening extends Handler implements AutoCloseable {
        private final ByteArrayOutputStream out;
        private final Logger root = Logger.getLogger("");

        Listening(ByteArrayOutputStream out) {
            this.out = out;
            setLevel(Level.ALL);
            setFormatter(new SimpleFormatter());
            root.addHandler(this);
        }

        @Override
        public void publish(LogRecord log) {
            out.writeBytes(getFormatter().format(log).getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void flush() {
            // nothing is kept back
        }

        @Override
        public void close() {
            root.removeHandler(this);
        }
    }

    // The files

    private static Map<String, byte[]> planted() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        byte[] jpeg = Goldens.picture("photo-420.jpg");
        files.put(
                "JPEG",
                join(
                        Arrays.copyOf(jpeg, 2),
                        segment(0xE1, join(bytes("Exif\0\0"), exif())),
                        segment(0xE1, join(bytes("http://ns.adobe.com/xap/1.0/\0"), xmp())),
                        segment(0xE2, bytes("ICC_PROFILE\0\1\1" + PROFILE)),
                        segment(0xFE, bytes(COMMENT)),
                        Arrays.copyOfRange(jpeg, 2, jpeg.length),
                        bytes(APPENDED)));
        byte[] png = Goldens.picture("rgb.png");
        int pixels = 33;
        files.put(
                "PNG",
                join(
                        Arrays.copyOf(png, pixels),
                        Bombs.chunk("eXIf", exif()),
                        Bombs.chunk("tEXt", bytes("Author\0" + SERIAL)),
                        Bombs.chunk("iTXt", bytes("XML:com.adobe.xmp\0\0\0\0\0"), xmp()),
                        Bombs.chunk("iCCP", bytes(PROFILE + "\0\0")),
                        Bombs.chunk("tEXt", bytes("Comment\0" + COMMENT)),
                        Arrays.copyOfRange(png, pixels, png.length),
                        bytes(APPENDED)));
        files.put("WebP", webp());
        files.put("TIFF", tiff());
        byte[] gif = Goldens.picture("few.gif");
        files.put(
                "GIF",
                join(
                        Arrays.copyOf(gif, gif.length - 1),
                        new byte[] {'!', (byte) 0xFE, (byte) COMMENT.length()},
                        bytes(COMMENT),
                        new byte[] {0, '!', (byte) 0xFF, 11},
                        bytes("XMP DataXMP"),
                        new byte[] {(byte) (XMP.length() + GPS.length())},
                        bytes(XMP + GPS),
                        new byte[] {0, ';'},
                        bytes(APPENDED)));
        return files;
    }

    private static byte[] xmp() {
        return bytes("<x:xmpmeta><rdf:Description tiff:Orientation=\"1\" exif:GPSLatitude=\"" + GPS + "\" dc:creator=\""
                + XMP + "\"/></x:xmpmeta>");
    }

    /** Maker, serial number, owner in UTF-16, GPS block and maker note. */
    private static byte[] exif() {
        byte[] wide = SERIAL.getBytes(StandardCharsets.UTF_16LE);
        var texts = List.of(bytes(SERIAL + "\0"), wide, bytes(GPS + "\0"), bytes(MAKER_NOTE + "\0"));
        int[] tags = {0xC62F, 0x9C9D, 0x001D, 0x927C};
        int at = 8 + 2 + 12 * (tags.length + 1) + 4;
        var out = new ByteArrayOutputStream();
        out.writeBytes(bytes("II*\0"));
        out.writeBytes(little(4, 8));
        out.writeBytes(little(2, tags.length + 1));
        out.writeBytes(join(little(2, 0x0112, 3), little(4, 1, 1)));
        for (int i = 0; i < tags.length; i++) {
            out.writeBytes(join(little(2, tags[i], 7), little(4, texts.get(i).length, at)));
            at += texts.get(i).length;
        }
        out.writeBytes(little(4, 0));
        texts.forEach(out::writeBytes);
        return out.toByteArray();
    }

    private static byte[] webp() {
        byte[] lossless = Goldens.picture("lossless.webp");
        byte[] frame = Arrays.copyOfRange(lossless, 12, lossless.length);
        var bitmap = Decoders.picture(Decoders.named("java"), lossless).bitmap();
        byte[] body = join(
                riff(
                        "VP8X",
                        join(
                                new byte[] {0x0C, 0, 0, 0},
                                Arrays.copyOf(little(4, bitmap.width() - 1), 3),
                                Arrays.copyOf(little(4, bitmap.height() - 1), 3))),
                frame,
                riff("EXIF", exif()),
                riff("XMP ", xmp()),
                riff("NOTE", bytes(COMMENT)));
        return join(bytes("RIFF"), little(4, body.length + 4), bytes("WEBP"), body, bytes(APPENDED));
    }

    private static byte[] riff(String name, byte[] body) {
        return join(bytes(name), little(4, body.length), body, new byte[body.length & 1]);
    }

    private static byte[] tiff() {
        int pixels = 16 * 16;
        var texts = List.of(
                bytes(MAKER_NOTE + "\0"), bytes(SERIAL + "\0"), bytes(GPS + "\0"), xmp(), bytes(PROFILE + "\0"));
        int[] tags = {271, 315, 0xA431, 700, 34675};
        Map<Integer, byte[]> entries = new java.util.TreeMap<>();
        entries.put(256, little(4, 16));
        entries.put(257, little(4, 16));
        entries.put(258, little(4, 8));
        entries.put(259, little(4, 1));
        entries.put(262, little(4, 1));
        entries.put(273, little(4, 8));
        entries.put(278, little(4, 16));
        entries.put(279, little(4, pixels));
        for (int i = 0; i < tags.length; i++) {
            entries.put(tags[i], texts.get(i));
        }
        var out = new ByteArrayOutputStream();
        out.writeBytes(join(bytes("II*\0"), little(4, 8 + pixels), new byte[pixels], little(2, entries.size())));
        int at = 8 + pixels + 2 + 12 * entries.size() + 4;
        List<byte[]> after = new ArrayList<>();
        for (var entry : entries.entrySet()) {
            boolean number = entry.getKey() < 300 && entry.getValue().length == 4;
            out.writeBytes(little(2, entry.getKey(), number ? 4 : 7));
            out.writeBytes(little(4, number ? 1 : entry.getValue().length));
            out.writeBytes(number ? entry.getValue() : little(4, at));
            if (!number) {
                after.add(entry.getValue());
                at += entry.getValue().length;
            }
        }
        out.writeBytes(little(4, 0));
        after.forEach(out::writeBytes);
        out.writeBytes(bytes(APPENDED));
        return out.toByteArray();
    }

    private static byte[] segment(int marker, byte[] body) {
        int length = body.length + 2;
        return join(new byte[] {(byte) 0xFF, (byte) marker, (byte) (length >> 8), (byte) length}, body);
    }

    private static byte[] little(int size, int... numbers) {
        var buffer = ByteBuffer.allocate(size * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int number : numbers) {
            if (size == 2) {
                buffer.putShort((short) number);
            } else {
                buffer.putInt(number);
            }
        }
        return buffer.array();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] join(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
