/** How a server's Prometheus page is read: Triton's {@code nv_inference_*} counters as numbers of each model. */
@NullMarked
package io.saccade.triton.metrics;

import org.jspecify.annotations.NullMarked;
