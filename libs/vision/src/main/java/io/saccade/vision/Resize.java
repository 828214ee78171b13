package io.saccade.vision;

/** How a picture of any shape becomes a square. */
public enum Resize {
    /** The shorter edge becomes the model's size, the ratio is kept, the middle is cut out (CLIP, CoCa). */
    SHORTEST_EDGE_CENTER_CROP,
    /** Both edges become the model's size, whatever the ratio was (SigLIP, BLIP). */
    SQUASH
}
