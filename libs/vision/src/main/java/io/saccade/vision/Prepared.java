package io.saccade.vision;

import static java.util.Objects.requireNonNull;

/** What became of a picture. */
public sealed interface Prepared {

    /**
     * The picture as a model reads it.
     *
     * @param rgb   the bytes of the tensor, row-major, red first, in the type and order of the model's {@link Output}:
     *     {@code uint8[size][size][3]} unless the model says otherwise. It belongs to the caller: nobody else holds it, and
     *     it is not copied, because it is on its way to the wire
     * @param facts what the picture was
     */
    @SuppressWarnings(
            "ArrayRecordComponent") // one owner, never compared; a copy of 150 KB for each picture is not free
    record Tensor(byte[] rgb, ImageFacts facts) implements Prepared {

        public Tensor {
            requireNonNull(rgb, "rgb");
            requireNonNull(facts, "facts");
        }
    }

    /**
     * The picture is not read.
     *
     * @param refusal why
     */
    record Refused(Refusal refusal) implements Prepared {

        public Refused {
            requireNonNull(refusal, "refusal");
        }
    }
}
