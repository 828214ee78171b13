/** The events as values that cannot be wrong: whoever holds one need not check it again. */
@NullMarked
package io.saccade.contract.event;

import org.jspecify.annotations.NullMarked;
