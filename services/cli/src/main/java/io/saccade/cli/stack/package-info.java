/**
 * The local stack: which processes it has, as data; and how they are started, watched and stopped. Nobody else knows
 * ports, JVM flags and state files.
 */
@NullMarked
package io.saccade.cli.stack;

import org.jspecify.annotations.NullMarked;
