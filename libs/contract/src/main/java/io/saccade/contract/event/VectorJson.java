package io.saccade.contract.event;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A vector in JSON: an array of numbers, or base64 of little-endian float32. Readers take both; the array is three
 * times as large and a hundred times as slow, but it is what SQL engines and Connect sinks read.
 */
final class VectorJson {

    private VectorJson() {}

    static final class Writer extends JsonSerializer<Vector> {
        @Override
        public void serialize(Vector vector, JsonGenerator json, SerializerProvider provider) throws IOException {
            if (Boolean.TRUE.equals(provider.getAttribute(Vector.AS_BASE64))) {
                var bytes = ByteBuffer.allocate(vector.length() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < vector.length(); i++) {
                    bytes.putFloat(vector.at(i));
                }
                json.writeBinary(bytes.array());
                return;
            }
            json.writeStartArray(vector, vector.length());
            for (int i = 0; i < vector.length(); i++) {
                json.writeNumber(vector.at(i));
            }
            json.writeEndArray();
        }
    }

    static final class Reader extends JsonDeserializer<Vector> {
        @Override
        public Vector deserialize(JsonParser json, DeserializationContext context) throws IOException {
            if (json.hasToken(JsonToken.VALUE_STRING)) {
                var bytes = json.getBinaryValue();
                if (bytes.length % Float.BYTES != 0) {
                    throw new IllegalArgumentException(
                            "a base64 vector must hold whole float32 numbers, got " + bytes.length + " bytes");
                }
                var values = new float[bytes.length / Float.BYTES];
                ByteBuffer.wrap(bytes)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer()
                        .get(values);
                return Vector.of(values);
            }
            if (!json.isExpectedStartArrayToken()) {
                throw new IllegalArgumentException("a vector must be an array of numbers or a base64 string");
            }
            var values = new float[512];
            int length = 0;
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (length == values.length) {
                    values = Arrays.copyOf(values, length * 2);
                }
                values[length++] = json.getFloatValue();
            }
            return Vector.of(Arrays.copyOf(values, length));
        }
    }
}
