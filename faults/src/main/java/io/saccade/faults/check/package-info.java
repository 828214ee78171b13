/** Decides from what was sent and what lies in the topics whether every promise was kept. Pure: no Kafka, no clock. */
@NullMarked
package io.saccade.faults.check;

import org.jspecify.annotations.NullMarked;
