package io.saccade.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTest {

    @Test
    void laysNumbersDownLittleEndian() {
        // When
        var tensor = Tensor.int32("x", Shape.of(2), 1, -2);

        // Then
        assertThat(tensor.data().toByteArray()).containsExactly(1, 0, 0, 0, -2, -1, -1, -1);
    }

    @Test
    void sharesTheBytesItIsGiven() {
        // Given
        byte[] pixels = {1, 2, 3};
        var tensor = Tensor.uint8("image", Shape.of(3), pixels);

        // When
        pixels[1] = 77;

        // Then
        assertThat(tensor.asLongs()).containsExactly(1, 77, 3);
    }

    @Test
    void readsMemoryOutsideTheHeap() {
        try (Arena arena = Arena.ofConfined()) {
            // Given
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1.5f, -2f);

            // When
            var tensor = Tensor.of("x", DataType.FP32, Shape.of(2), memory);

            // Then
            assertThat(tensor.asFloats()).containsExactly(1.5f, -2f);
        }
    }

    @Test
    void givesBackWhatWasPutIn() {
        assertThat(Tensor.int64("x", Shape.of(2), Long.MIN_VALUE, 7).asLongs()).containsExactly(Long.MIN_VALUE, 7);
        assertThat(Tensor.fp32("x", Shape.of(1, 2), 0.1f, Float.NaN).asFloats()).containsExactly(0.1f, Float.NaN);
        assertThat(Tensor.fp64("x", Shape.of(1), 0.1).asDoubles()).containsExactly(0.1);
        assertThat(Tensor.fp16("x", Shape.of(3), 1f, -0.5f, 65504f).asFloats()).containsExactly(1f, -0.5f, 65504f);
        assertThat(Tensor.bool("x", Shape.of(2), true, false).asBooleans()).containsExactly(true, false);
        assertThat(Tensor.strings("x", Shape.of(2), List.of("", "Grüße")).asStrings())
                .containsExactly("", "Grüße");
    }

    @Test
    void roundsToBrainFloatsAsTheNearestEvenOne() {
        // Given: 1 + 2^-8 lies half way between two neighbours, 1 + 3 * 2^-8 as well
        float lowHalf = 1f + 1f / 256;
        float highHalf = 1f + 3f / 256;

        // When
        var tensor = Tensor.bf16("x", Shape.of(4), lowHalf, highHalf, Float.NaN, Float.NEGATIVE_INFINITY);

        // Then
        assertThat(tensor.asFloats()).containsExactly(1f, 1f + 4f / 256, Float.NaN, Float.NEGATIVE_INFINITY);
    }

    @Test
    void widensUnsignedNumbersWithoutSign() {
        assertThat(Tensor.of("x", DataType.UINT8, Shape.of(1), bytes(0xFF)).asLongs())
                .containsExactly(255);
        assertThat(Tensor.of("x", DataType.UINT16, Shape.of(1), bytes(0xFF, 0xFF))
                        .asLongs())
                .containsExactly(65535);
        assertThat(Tensor.of("x", DataType.UINT32, Shape.of(1), bytes(0xFF, 0xFF, 0xFF, 0xFF))
                        .asLongs())
                .containsExactly(4294967295L);
        assertThat(Tensor.of("x", DataType.INT8, Shape.of(1), bytes(0xFF)).asLongs())
                .containsExactly(-1);
        assertThat(Tensor.of("x", DataType.INT16, Shape.of(1), bytes(0xFE, 0xFF))
                        .asLongs())
                .containsExactly(-2);
    }

    @Test
    void namesTensorExpectedAndGotWhenBytesDoNotFitTheShape() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.of("image", DataType.FP32, Shape.of(2, 3), bytes(1, 2, 3)))
                .withMessage("tensor 'image' of type FP32 and shape [2,3] must have 6 x 4 bytes, got 3");
    }

    @Test
    void refusesTextsThatAreFewerThanTheShapeSays() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.strings("text", Shape.of(3), List.of("a", "b")))
                .withMessage("tensor 'text' of type BYTES and shape [3] must have 3 elements, got 2");
    }

    @Test
    void refusesTextThatIsCutShort() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.of("text", DataType.BYTES, Shape.of(1), bytes(5, 0, 0, 0, 'a', 'b')))
                .withMessage("tensor 'text' ends inside element 0: 5 bytes expected, got 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.of("text", DataType.BYTES, Shape.of(1), bytes(5, 0)))
                .withMessageContaining("ends inside the length of element 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.of("text", DataType.BYTES, Shape.of(1), bytes(0xFF, 0xFF, 0xFF, 0xFF)))
                .withMessageContaining("4294967295 bytes expected, got 0");
    }

    @Test
    void refusesShapesThatAreOpenOrTooLarge() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.uint8("x", Shape.of(-1), new byte[0]))
                .withMessageContaining("open dimension");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.uint8("x", Shape.of(1L << 40, 1L << 40), new byte[0]))
                .withMessageContaining("too large");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tensor.of("x", DataType.INT64, Shape.of(1L << 61), ByteString.EMPTY))
                .withMessageContaining("must have");
    }

    @Test
    void saysWhichElementIsNotUtf8() {
        // Given
        var tensor = Tensor.bytes(
                "caption", Shape.of(2), List.of("a".getBytes(StandardCharsets.UTF_8), new byte[] {(byte) 0xC3}));

        // When, Then
        assertThatThrownBy(tensor::asStrings)
                .isInstanceOfSatisfying(
                        TritonException.class, e -> assertThat(e.fault()).isEqualTo(Fault.PERMANENT))
                .hasMessage("element 1 of tensor 'caption' is not valid UTF-8 (1 bytes)");
    }

    @Test
    void cutsABatchIntoItsRows() {
        // Given
        var numbers = Tensor.int64("x", Shape.of(2, 2), 1, 2, 3, 4);
        var texts = Tensor.strings("t", Shape.of(3, 1), List.of("one", "", "three"));

        // When, Then
        assertThat(numbers.row(1).asLongs()).containsExactly(3, 4);
        assertThat(numbers.row(1).shape()).isEqualTo(Shape.of(2));
        assertThat(texts.row(2).asStrings()).containsExactly("three");
        assertThatThrownBy(() -> numbers.row(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void neverShowsItsValues() {
        assertThat(Tensor.strings("question", Shape.of(1), List.of("secret")).toString())
                .isEqualTo("Tensor[question BYTES[1], 10 bytes]");
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void everyTypeIsKnownByItsNameAndByItsConfiguration(DataType type) {
        assertThat(DataType.ofWireName(type.name())).contains(type);
        assertThat(DataType.of(type.configured())).contains(type);
    }

    private static ByteBuffer bytes(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length);
        for (int value : values) {
            buffer.put((byte) value);
        }
        return buffer.flip();
    }
}
