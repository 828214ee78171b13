/** How the captioner's model is asked, and its tokens read. */
@NullMarked
package io.saccade.captioner;

import org.jspecify.annotations.NullMarked;
