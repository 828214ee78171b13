/**
 * What tests share: one real broker per JVM or one in a process that can be killed, records in and out of it, waiting
 * for a condition, and a model server whose answers are scripted.
 */
@NullMarked
package io.saccade.testkit;

import org.jspecify.annotations.NullMarked;
