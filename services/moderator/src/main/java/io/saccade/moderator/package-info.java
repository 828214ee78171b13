/** How scores become a decision. */
@NullMarked
package io.saccade.moderator;

import org.jspecify.annotations.NullMarked;
