/** Which files are sent, under which ids, and how their bytes travel. */
@NullMarked
package io.saccade.cli.picture;

import org.jspecify.annotations.NullMarked;
