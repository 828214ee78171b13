/** What is known of an image, and when that is an answer. No Kafka, no clock: values in, values out. */
@NullMarked
package io.saccade.joiner.merge;

import org.jspecify.annotations.NullMarked;
