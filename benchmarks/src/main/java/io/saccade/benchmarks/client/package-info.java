/** What a call of the Triton client costs on this side of the wire. */
@NullMarked
package io.saccade.benchmarks.client;

import org.jspecify.annotations.NullMarked;
