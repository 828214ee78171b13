/**
 * Which requests run together, when, and which do not run at all: the queue, its limits and timeouts, the joining into batches, and the
 * count of what happened. Knows tensors by name and shape only; what runs them is behind {@link io.saccade.modelserver.batching.Runner}.
 */
@NullMarked
package io.saccade.modelserver.batching;

import org.jspecify.annotations.NullMarked;
