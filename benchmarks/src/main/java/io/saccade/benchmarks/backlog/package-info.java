/** What a stage does with very many images that wait for it. */
@NullMarked
package io.saccade.benchmarks.backlog;

import org.jspecify.annotations.NullMarked;
