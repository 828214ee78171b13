/** How a Kafka broker is started from its jars. */
@NullMarked
package io.saccade.broker;

import org.jspecify.annotations.NullMarked;
