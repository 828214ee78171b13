/**
 * A server that speaks Triton's gRPC protocol for a repository of ONNX models: which models there are and in which state, what a request
 * may be, and what is answered when it is not.
 */
@NullMarked
package io.saccade.modelserver;

import org.jspecify.annotations.NullMarked;
