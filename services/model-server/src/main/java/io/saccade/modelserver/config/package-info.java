/**
 * What {@code config.pbtxt} may say: how the text is read, what is filled in from the graph where it is silent, and what is refused, with
 * file, line, field, what was expected and what stands there. Knows nothing of running a model.
 */
@NullMarked
package io.saccade.modelserver.config;

import org.jspecify.annotations.NullMarked;
