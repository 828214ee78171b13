package io.saccade.cli.picture;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.saccade.vision.Output;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** A tensor as a file of numpy's format, version 1.0: a line of Python says type and shape, then come the numbers. */
final class NumpyFile {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    private static final int ALIGNMENT = 64;

    private NumpyFile() {}

    /** Writes the numbers as they are, little-endian. */
    static void write(Path file, Output output, int size, byte[] numbers) throws IOException {
        var type =
                switch (output.type()) {
                    case UINT8 -> "|u1";
                    case FP16 -> "<f2";
                    case FP32 -> "<f4";
                };
        var shape =
                switch (output.layout()) {
                    case NHWC -> size + ", " + size + ", 3";
                    case NCHW -> "3, " + size + ", " + size;
                };
        var text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
        int start = MAGIC.length + Short.BYTES;
        int end = Math.ceilDiv(start + text.length() + 1, ALIGNMENT) * ALIGNMENT;
        var header = text + " ".repeat(end - start - text.length() - 1) + "\n";
        var bytes = ByteBuffer.allocate(end + numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC)
                .putShort((short) header.length())
                .put(header.getBytes(US_ASCII))
                .put(numbers);
        Files.write(file, bytes.array());
    }
}
