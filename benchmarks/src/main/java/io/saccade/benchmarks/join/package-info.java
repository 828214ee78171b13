/** What it costs the joiner to hold very many open images: memory, disk, and the time until it goes on after a restart. */
@NullMarked
package io.saccade.benchmarks.join;

import org.jspecify.annotations.NullMarked;
