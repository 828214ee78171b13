package io.saccade.contract.event;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.util.Arrays;

/** Finite float32 numbers, at least one; immutable. */
@JsonSerialize(using = VectorJson.Writer.class)
@JsonDeserialize(using = VectorJson.Reader.class)
public final class Vector {

    /** Attribute of a Jackson writer: when true, vectors are written as base64 of little-endian float32. */
    public static final String AS_BASE64 = "saccade.vector.base64";

    private final float[] values;

    private Vector(float[] values) {
        this.values = values;
    }

    /**
     * Copies the values.
     *
     * @throws IllegalArgumentException if there is none, or one is NaN or infinite
     */
    public static Vector of(float... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("a vector must have at least one number, got none");
        }
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IllegalArgumentException("a vector must hold finite numbers, got " + values[i] + " at " + i);
            }
        }
        return new Vector(values.clone());
    }

    /** How many numbers it has. */
    public int length() {
        return values.length;
    }

    /** The number at an index from 0. */
    public float at(int index) {
        return values[index];
    }

    /**
     * The sum of products; the cosine when both are L2-normalised. Summed in double, so that the order of large and
     * small terms hardly matters.
     *
     * @throws IllegalArgumentException if the lengths differ
     */
    public double dot(Vector other) {
        if (other.values.length != values.length) {
            throw new IllegalArgumentException(
                    "vectors must have one length, got " + values.length + " and " + other.values.length);
        }
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += (double) values[i] * other.values[i];
        }
        return sum;
    }

    /** A copy of the numbers. */
    public float[] toArray() {
        return values.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Vector that && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "Vector[" + values.length + "]";
    }
}
