/** What it costs to make a model's input of a picture, beside Pillow on the same pictures in the same run. */
@NullMarked
package io.saccade.benchmarks.vision;

import org.jspecify.annotations.NullMarked;
