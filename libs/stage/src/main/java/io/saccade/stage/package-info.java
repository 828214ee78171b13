/**
 * How one record goes through one stage: taken, understood, fetched, prepared, answered by a model, published, and only
 * then committed.
 *
 * <p>The core ({@link io.saccade.stage.RequestHandler}, {@link io.saccade.stage.OffsetTracker}) is plain Java; {@link
 * io.saccade.stage.ConsumeLoop} and {@link io.saccade.stage.Publisher} speak with Kafka; {@link
 * io.saccade.stage.StageRunner} is the shell that a service deploys.
 */
@NullMarked
package io.saccade.stage;

import org.jspecify.annotations.NullMarked;
