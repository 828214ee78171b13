/** Knows what a server of Triton's protocol is asked and what NVIDIA's own answers; speaks gRPC only. */
@NullMarked
package io.saccade.protocol;

import org.jspecify.annotations.NullMarked;
