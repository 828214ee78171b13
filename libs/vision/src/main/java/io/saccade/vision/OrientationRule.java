package io.saccade.vision;

/** Whether a picture is turned as its file says before a model looks at it. Training code differs, so the model says it. */
public enum OrientationRule {
    /** The picture as stored: open_clip, torchvision, and whoever opens files with Pillow and no more. */
    IGNORE,
    /** The picture as people see it, by Pillow's {@code ImageOps.exif_transpose}: transformers' {@code load_image}. */
    APPLY
}
