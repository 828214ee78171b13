/**
 * What breaks a system on purpose: a network link that can be slowed, cut and reset, a cluster whose nodes can be killed
 * and suspended, and a model server that fails by plan.
 */
@NullMarked
package io.saccade.testkit.fault;

import org.jspecify.annotations.NullMarked;
