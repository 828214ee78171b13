/**
 * The client's two small interfaces for tracing and metrics, told to OpenTelemetry. The only package that needs OpenTelemetry's API: the
 * library is an optional dependency, and a program that does not use these classes needs none.
 */
@NullMarked
package io.saccade.triton.otel;

import org.jspecify.annotations.NullMarked;
