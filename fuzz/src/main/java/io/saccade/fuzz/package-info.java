/** What must hold for any bytes at all: targets for a coverage-guided fuzzer, and for a test that runs known inputs. */
@NullMarked
package io.saccade.fuzz;

import org.jspecify.annotations.NullMarked;
