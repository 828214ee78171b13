package io.saccade.vision;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** From rows of RGB to the bytes of a tensor. Immutable. */
final class Packer {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private final Output output;
    private final int size;
    /** What each byte of each colour becomes: all there is to normalising. As bits of the output's type. */
    private final int[][] table = new int[3][256];

    Packer(Output output, int size) {
        this.output = output;
        this.size = size;
        for (int colour = 0; colour < 3; colour++) {
            for (int value = 0; value < 256; value++) {
                table[colour][value] = bits(value, colour);
            }
        }
    }

    private int bits(int value, int colour) {
        Output.Normalisation normalisation = output.normalisation();
        if (normalisation == null) {
            return value;
        }
        float number = normalisation.of(value, colour);
        return output.type() == Output.Type.FP16 ? Float.floatToFloat16(number) : Float.floatToRawIntBits(number);
    }

    int bytes() {
        return size * size * 3 * output.type().bytes();
    }

    /** Whether rows of RGB are the tensor already. */
    boolean isPlain() {
        return output.type() == Output.Type.UINT8 && output.layout() == Output.Layout.NHWC;
    }

    /** Writes {@code pixels} RGB triples at a place of the square. */
    void pack(byte[] rgb, int from, byte[] tensor, int left, int top, int pixels) {
        int first = top * size + left;
        if (isPlain()) {
            System.arraycopy(rgb, from, tensor, first * 3, pixels * 3);
            return;
        }
        for (int colour = 0; colour < 3; colour++) {
            boolean planes = output.layout() == Output.Layout.NCHW;
            int at = planes ? colour * size * size + first : first * 3 + colour;
            int step = planes ? 1 : 3;
            int[] bits = table[colour];
            switch (output.type()) {
                case UINT8 -> {
                    for (int i = 0; i < pixels; i++) {
                        tensor[at + i * step] = rgb[from + i * 3 + colour];
                    }
                }
                case FP16 -> {
                    for (int i = 0; i < pixels; i++) {
                        SHORT.set(tensor, (at + i * step) * 2, (short) bits[rgb[from + i * 3 + colour] & 0xFF]);
                    }
                }
                case FP32 -> {
                    for (int i = 0; i < pixels; i++) {
                        INT.set(tensor, (at + i * step) * 4, bits[rgb[from + i * 3 + colour] & 0xFF]);
                    }
                }
            }
        }
    }
}
