/** What a URL from a stranger may name: how it must be spelt, which hosts and ports, and which addresses lead where nobody outside may go. */
@NullMarked
package io.saccade.guard;

import org.jspecify.annotations.NullMarked;
