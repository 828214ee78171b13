/** How a graph is run by ONNX Runtime on the CPU, and how tensors get in and out of it. The only package that knows ONNX Runtime. */
@NullMarked
package io.saccade.modelserver.onnx;

import org.jspecify.annotations.NullMarked;
