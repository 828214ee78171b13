/** The fetch itself: connects to the address that was checked, follows redirects by checking again, and ends within its time and size. */
@NullMarked
package io.saccade.guard.http;

import org.jspecify.annotations.NullMarked;
