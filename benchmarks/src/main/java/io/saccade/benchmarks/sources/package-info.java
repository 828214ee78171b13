/** What it costs to read an image from another machine, beside a plain client that checks nothing. */
@NullMarked
package io.saccade.benchmarks.sources;

import org.jspecify.annotations.NullMarked;
