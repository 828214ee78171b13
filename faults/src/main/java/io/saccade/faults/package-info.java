/** Faults by name: what each breaks, which promise must hold through it, and what came of the last run. */
@NullMarked
package io.saccade.faults;

import org.jspecify.annotations.NullMarked;
