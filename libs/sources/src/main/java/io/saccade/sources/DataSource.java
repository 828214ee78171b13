package io.saccade.sources;

import io.saccade.contract.EventIds;
import io.saccade.guard.FetchCode;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads a {@code data:} URI (RFC 2397), base64 or percent-encoded. What it would become is counted before anything is
 * decoded. The media type in it is ignored, as every declared type is: the bytes say what they are.
 */
final class DataSource implements ImageSource {

    private static final String FORM = "a data URI must look like data:image/png;base64,iVBORw0..., and this does not";

    private final long maxBytes;

    DataSource(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    @Override
    public Fetched fetch(Wanted wanted) {
        return fetch(wanted.uri());
    }

    private Fetched fetch(URI uri) {
        var text = uri.getRawSchemeSpecificPart();
        int comma = text.indexOf(',');
        if (comma < 0 || uri.getRawFragment() != null) {
            return Fetched.refused(FetchCode.BAD_URI, FORM);
        }
        var payload = text.substring(comma + 1);
        long escapes = payload.chars().filter(c -> c == '%').count();
        long plain = payload.length() - 2 * escapes;
        boolean base64 = text.substring(0, comma).toLowerCase(Locale.ROOT).endsWith(";base64");
        long size = base64 ? plain / 4 * 3 : plain;
        if (size > maxBytes) {
            return FileSource.tooLarge(maxBytes, size);
        }
        return unescaped(payload, (int) plain)
                .flatMap(bytes -> base64 ? decoded(bytes) : Optional.of(bytes))
                .<Fetched>map(bytes -> bytes.length > maxBytes
                        ? FileSource.tooLarge(maxBytes, bytes.length)
                        : new Fetched.Bytes(bytes, EventIds.sha256(bytes)))
                .orElseGet(() -> Fetched.refused(FetchCode.BAD_URI, FORM));
    }

    private static Optional<byte[]> decoded(byte[] base64) {
        try {
            return Optional.of(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // its message repeats the input
        }
    }

    /** Percent escapes as bytes, all else as ASCII; empty if it holds anything but that. */
    private static Optional<byte[]> unescaped(String payload, int size) {
        if (size == payload.length()) {
            var bytes = payload.getBytes(StandardCharsets.US_ASCII);
            return payload.chars().allMatch(c -> c < 128) ? Optional.of(bytes) : Optional.empty();
        }
        var bytes = new byte[Math.max(0, size)];
        int length = 0;
        for (int i = 0; i < payload.length(); i++) {
            char c = payload.charAt(i);
            if (c == '%') {
                // java.net.URI lets no '%' pass without two hex digits behind it.
                bytes[length++] = (byte) HexFormat.fromHexDigits(payload, i + 1, i + 3);
                i += 2;
            } else if (c < 128) {
                bytes[length++] = (byte) c;
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(Arrays.copyOf(bytes, length));
    }
}
