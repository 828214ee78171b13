/** How the bytes of a picture become the tensor a model reads. */
@NullMarked
package io.saccade.vision;

import org.jspecify.annotations.NullMarked;
