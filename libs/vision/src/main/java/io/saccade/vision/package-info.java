/**
 * How the bytes of a picture or a text become what a model reads, equal to the reference to the bit: which formats are
 * read, what is refused before any memory is spent, how Pillow resizes, and how text becomes token ids.
 */
@NullMarked
package io.saccade.vision;

import org.jspecify.annotations.NullMarked;
