/** The stack that is broken: its processes, the images sent into it, and what its topics hold afterwards. */
@NullMarked
package io.saccade.faults.lab;

import org.jspecify.annotations.NullMarked;
