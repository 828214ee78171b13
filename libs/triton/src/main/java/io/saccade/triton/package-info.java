/** How Triton's gRPC protocol is spoken. */
@NullMarked
package io.saccade.triton;

import org.jspecify.annotations.NullMarked;
