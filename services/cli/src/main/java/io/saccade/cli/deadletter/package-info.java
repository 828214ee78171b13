/** Dead letters as a person handles them: which are meant, what is shown of them, what goes back to its topic. */
@NullMarked
package io.saccade.cli.deadletter;

import org.jspecify.annotations.NullMarked;
