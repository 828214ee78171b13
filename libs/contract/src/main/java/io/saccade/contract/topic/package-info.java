/** Which topics exist, read from the one list in {@code deploy/topics.yaml}. */
@NullMarked
package io.saccade.contract.topic;

import org.jspecify.annotations.NullMarked;
