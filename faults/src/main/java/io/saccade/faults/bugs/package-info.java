/**
 * Bugs that are put into a service on purpose, to see that the checker finds them. They live in an agent that a lab gives
 * to one process of its own; no service knows of it.
 */
@NullMarked
package io.saccade.faults.bugs;

import org.jspecify.annotations.NullMarked;
