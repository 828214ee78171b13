/** How the merge runs on Kafka Streams: state, deadlines and output move in one transaction. */
@NullMarked
package io.saccade.joiner;

import org.jspecify.annotations.NullMarked;
