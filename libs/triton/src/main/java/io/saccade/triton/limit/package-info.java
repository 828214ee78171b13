/**
 * How many calls should be in flight at once: a number learned from how long calls take, and a gate that keeps to it. Knows
 * nothing of what is called, except that {@link io.saccade.triton.Fault#OVERLOADED} means "too many".
 */
@NullMarked
package io.saccade.triton.limit;

import org.jspecify.annotations.NullMarked;
