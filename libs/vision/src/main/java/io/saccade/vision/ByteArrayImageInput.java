package io.saccade.vision;

import javax.imageio.stream.ImageInputStreamImpl;

/** Bytes as ImageIO reads them: no cache, no copy, no temporary file. */
final class ByteArrayImageInput extends ImageInputStreamImpl {
    private final byte[] bytes;
    private final int length;

    ByteArrayImageInput(byte[] bytes, int length) {
        this.bytes = bytes;
        this.length = length;
    }

    @Override
    public int read() {
        bitOffset = 0;
        return streamPos < length ? bytes[(int) streamPos++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int most) {
        bitOffset = 0;
        if (streamPos >= length) {
            return -1;
        }
        int count = Math.min(most, length - (int) streamPos);
        System.arraycopy(bytes, (int) streamPos, into, offset, count);
        streamPos += count;
        return count;
    }

    @Override
    public long length() {
        return length;
    }
}
