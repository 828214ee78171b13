package io.saccade.vision;

import static java.util.Objects.requireNonNull;

/** How a picture of any shape becomes a square. */
public sealed interface Resize {

    /** Both edges become the model's size, whatever the ratio was. */
    Resize SQUASH = new Squash();

    /** Both edges become the model's size, whatever the ratio was (SigLIP, BLIP). */
    record Squash() implements Resize {}

    /**
     * The shorter edge becomes {@code edge} pixels, the longer {@code int(edge * longer / shorter)}, the middle is cut out
     * (CLIP, CoCa: an edge of the model's size; ImageNet's usual way: 256 for 224).
     *
     * @param edge pixels, not below the model's size
     * @param crop where the middle is
     */
    record ShortestEdge(int edge, Crop crop) implements Resize {
        public ShortestEdge {
            requireNonNull(crop, "crop");
            if (edge < 1) {
                throw new IllegalArgumentException("edge must be at least 1, got " + edge);
            }
        }
    }

    /**
     * The longer edge becomes the model's size and the ratio is kept (rounded half to even, as open_clip does); what is left
     * of the square, half on each side, is filled.
     *
     * @param fill the colour. After a resize in the file's own mode the reference fills with samples of zero, whatever colour
     *     that is, so that nothing but {@link Colour#BLACK} can be asked for then
     */
    record LongestEdge(Colour fill) implements Resize {
        public LongestEdge {
            requireNonNull(fill, "fill");
        }
    }

    /**
     * The picture is put into the middle of a square of its longer edge, which then becomes the model's size (LLaVA).
     *
     * @param fill the colour around it, which takes part in the averages at its border
     */
    record PadSquare(Colour fill) implements Resize {
        public PadSquare {
            requireNonNull(fill, "fill");
        }
    }

    /** How an odd margin is halved; half a pixel decides which row or column is lost. */
    enum Crop {
        /** To the even number: torchvision, and so open_clip. */
        HALF_TO_EVEN,
        /** Down: transformers. */
        DOWN
    }
}
