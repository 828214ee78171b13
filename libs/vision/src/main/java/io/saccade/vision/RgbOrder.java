package io.saccade.vision;

/**
 * When a picture becomes RGB. The two differ for palettes (resized by nearest neighbour), alpha (weighs the colours) and
 * CMYK, by up to 254 grey levels, so the order belongs to the model.
 */
public enum RgbOrder {
    /** Convert, then resize: transformers, the BLIP demos. */
    BEFORE_RESIZE,
    /** Resize in the file's own mode, then convert: OpenAI's CLIP and open_clip. */
    AFTER_RESIZE
}
