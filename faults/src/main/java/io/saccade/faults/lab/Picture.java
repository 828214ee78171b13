package io.saccade.faults.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * A drawing of the sample world, from which any number of images can be made that look alike and differ in their bytes.
 *
 * @param file      its name
 * @param questions which the sample models can answer about it
 * @param caption   what it shows
 * @param png       the file
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never changed
public record Picture(String file, List<String> questions, String caption, byte[] png) {

    private static final byte[] TEXT = "tEXt".getBytes(StandardCharsets.US_ASCII);
    private static final int IEND_CHUNK = 12;
    private static final int LARGEST = 22_000;

    public Picture {
        questions = List.copyOf(questions);
    }

    /** The small PNG drawings of the demo that show something and are allowed to. */
    public static List<Picture> load(Path demo) throws IOException {
        var pictures = new ArrayList<Picture>();
        for (JsonNode entry :
                JsonMapper.builder().build().readTree(Files.readAllBytes(demo.resolve("manifest.json")))) {
            var file = entry.path("file").asText();
            var expect = entry.path("expect");
            if (!file.endsWith(".png") || !expect.path("status").asText().equals("COMPLETE")) {
                continue;
            }
            var png = Files.readAllBytes(demo.resolve(file));
            if (png.length > LARGEST) {
                continue;
            }
            var questions = new ArrayList<String>();
            entry.path("questions").forEach(question -> questions.add(question.asText()));
            pictures.add(new Picture(file, questions, expect.path("caption").asText(), png));
        }
        return List.copyOf(pictures);
    }

    /** The same pixels in a file of its own: a comment before the end of the PNG tells it from every other. */
    public byte[] copy(String comment) {
        var text = ("Comment\0" + comment).getBytes(StandardCharsets.ISO_8859_1);
        var crc = new CRC32();
        crc.update(TEXT);
        crc.update(text);
        var out = new ByteArrayOutputStream();
        int end = png.length - IEND_CHUNK;
        out.write(png, 0, end);
        out.writeBytes(ByteBuffer.allocate(4).putInt(text.length).array());
        out.writeBytes(TEXT);
        out.writeBytes(text);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
        out.write(png, end, IEND_CHUNK);
        return out.toByteArray();
    }
}
