/**
 * How Triton's gRPC protocol (KServe v2 with Triton's extensions) is spoken: how tensors lie in bytes, what an answer must
 * look like, and which of three kinds a failure is. Knows nothing of what the tensors mean, of Kafka, or of any framework.
 */
@NullMarked
package io.saccade.triton;

import org.jspecify.annotations.NullMarked;
