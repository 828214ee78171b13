/**
 * What travels between the services, and how it is written: CloudEvents attributes, JSON values, identifiers.
 *
 * <p>The events themselves are in {@code contract.event}, the topics in {@code contract.topic}.
 */
@NullMarked
package io.saccade.contract;

import org.jspecify.annotations.NullMarked;
