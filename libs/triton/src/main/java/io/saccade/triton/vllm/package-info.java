/**
 * What a prompt with images looks like to Triton's vLLM backend: names of its tensors, its JSON, its special tokens. Uses the
 * client next door and nothing of its inside.
 */
@NullMarked
package io.saccade.triton.vllm;

import org.jspecify.annotations.NullMarked;
