/** How a Kafka broker is started from its jars, and which settings suit one machine. */
@NullMarked
package io.saccade.broker;

import org.jspecify.annotations.NullMarked;
