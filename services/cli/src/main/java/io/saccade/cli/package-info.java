/** The command line: what a person may ask, and the one line that says what went wrong. */
@NullMarked
package io.saccade.cli;

import org.jspecify.annotations.NullMarked;
