/** How questions about an image are put to the model, and its answers read. */
@NullMarked
package io.saccade.vqa;

import org.jspecify.annotations.NullMarked;
