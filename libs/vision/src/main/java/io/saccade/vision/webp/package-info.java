/**
 * What VP8 and VP8L data become, in the JVM alone and equal to libwebp to the byte: entropy decoding, prediction, transforms,
 * loop filters, and from YUV to RGB. It knows no file beyond one frame's chunks, and no limits: its caller has checked sizes.
 */
@NullMarked
package io.saccade.vision.webp;

import org.jspecify.annotations.NullMarked;
