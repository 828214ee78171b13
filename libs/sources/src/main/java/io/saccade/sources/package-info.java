/**
 * From where an event says an image lies to its bytes: what may be read, how much, how long, how often, and what is told
 * when it may not or cannot. {@link io.saccade.sources.ImageSources} is the door.
 */
@NullMarked
package io.saccade.sources;

import org.jspecify.annotations.NullMarked;
