package io.saccade.triton;

import java.util.Arrays;
import java.util.List;

/**
 * The dimensions of a tensor, outermost first. A dimension of {@value #VARIABLE} means "any" and occurs only in what a
 * model declares, never in a tensor.
 */
public final class Shape {
    /** A dimension a model leaves open. */
    public static final long VARIABLE = -1;

    private final long[] dims;

    private Shape(long[] dims) {
        for (long dim : dims) {
            if (dim < VARIABLE) {
                throw new IllegalArgumentException(
                        "a dimension must be 0 or more, or -1 for any, got " + Arrays.toString(dims));
            }
        }
        this.dims = dims;
    }

    /** The shape with these dimensions; none means a scalar. */
    public static Shape of(long... dims) {
        return new Shape(dims.clone());
    }

    /** The shape with these dimensions; none means a scalar. */
    public static Shape of(List<Long> dims) {
        return new Shape(dims.stream().mapToLong(Long::longValue).toArray());
    }

    /** Number of dimensions. */
    public int rank() {
        return dims.length;
    }

    /** The dimension at an index from 0, the outermost, up to {@code rank() - 1}. */
    public long dim(int index) {
        return dims[index];
    }

    /** The dimensions, in a new array. */
    public long[] dims() {
        return dims.clone();
    }

    /** Whether some dimension is {@link #VARIABLE}. */
    public boolean isVariable() {
        for (long dim : dims) {
            if (dim == VARIABLE) {
                return true;
            }
        }
        return false;
    }

    /**
     * Number of elements: the product of the dimensions, 1 for a scalar.
     *
     * @throws IllegalStateException if a dimension is open
     * @throws ArithmeticException   if the product exceeds a {@code long}
     */
    public long elements() {
        long product = 1;
        for (long dim : dims) {
            if (dim == VARIABLE) {
                throw new IllegalStateException("shape " + this + " has no number of elements: a dimension is open");
            }
            product = Math.multiplyExact(product, dim);
        }
        return product;
    }

    /** The index in each dimension, as {@code [0,17]}, of an element counted row-major from 0. */
    String indexOf(long element) {
        long[] index = new long[dims.length];
        long rest = element;
        for (int i = dims.length - 1; i >= 0; i--) {
            index[i] = rest % dims[i];
            rest /= dims[i];
        }
        return new Shape(index).toString();
    }

    /** This shape with one more dimension in front, such as a batch. */
    public Shape prepend(long dim) {
        long[] longer = new long[dims.length + 1];
        longer[0] = dim;
        System.arraycopy(dims, 0, longer, 1, dims.length);
        return new Shape(longer);
    }

    /**
     * This shape without its outermost dimension.
     *
     * @throws IllegalStateException for a scalar
     */
    public Shape withoutFirst() {
        if (dims.length == 0) {
            throw new IllegalStateException("a scalar has no first dimension to take away");
        }
        return new Shape(Arrays.copyOfRange(dims, 1, dims.length));
    }

    /** Whether the other shape has the same rank and each pair of dimensions is equal, or one of the two is open. */
    public boolean fits(Shape other) {
        if (dims.length != other.dims.length) {
            return false;
        }
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] != other.dims[i] && dims[i] != VARIABLE && other.dims[i] != VARIABLE) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** As Triton writes it: {@code [-1,16]}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < dims.length; i++) {
            text.append(i == 0 ? "" : ",").append(dims[i]);
        }
        return text.append(']').toString();
    }
}
