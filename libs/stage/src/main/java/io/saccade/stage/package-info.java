/** How one record goes through one stage. */
@NullMarked
package io.saccade.stage;

import org.jspecify.annotations.NullMarked;
