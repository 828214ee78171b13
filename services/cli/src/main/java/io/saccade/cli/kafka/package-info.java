/** Kafka as the command line uses it: topics made and checked, images sent, joined answers read. */
@NullMarked
package io.saccade.cli.kafka;

import org.jspecify.annotations.NullMarked;
