/** How the encoder's model is asked for a vector, and how labels are found by their distance to it. */
@NullMarked
package io.saccade.encoder;

import org.jspecify.annotations.NullMarked;
