/** Which notifications an object store sends, and which images they mean. */
@NullMarked
package io.saccade.intake;

import org.jspecify.annotations.NullMarked;
