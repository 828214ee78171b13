package io.saccade.stage;

/**
 * An image as the model reads it.
 *
 * @param rgb    {@code size * size * 3} numbers in the type and order the model's manifest names; not copied, to be read only
 * @param size   side in pixels
 * @param sha256 of the encoded file
 */
public record Pixels(byte[] rgb, int size, String sha256) {}
