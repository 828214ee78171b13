"""Backend "vllm_echo": speaks the contract of Triton's vLLM backend, and its model says the words of the prompt again.

For tests of clients where there is no GPU. Inputs, outputs, their types and what is refused are those of the vLLM backend of 2026
(tensors in the configuration, decoupled, no batch); a token is a word. Of the sampling parameters it knows max_tokens (16 if nothing
is said, as in vLLM), stop, and ignore_eos, with which the words go round until max_tokens. The word (silence) is not said: the model
is silent from there on until the request is cancelled. An image must begin like a PNG or a JPEG file, and counts as one token. There
are no probabilities, so cumulative_logprob and logprobs are never given. Requests run all at once. The model server of this project
has the same backend.
"""

import base64
import json
import threading
import time

import numpy as np
import triton_python_backend_utils as pb_utils

FINAL = pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL
SILENCE = "(silence)"
IMAGE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


class TritonPythonModel:
    def initialize(self, args):
        self.threads = set()

    def execute(self, requests):
        for request in requests:
            inputs = {tensor.name(): tensor.as_numpy().ravel() for tensor in request.inputs()}
            thread = threading.Thread(target=self._answer, args=(request.get_response_sender(), inputs))
            self.threads = {each for each in self.threads if each.is_alive()} | {thread}
            thread.start()
        return None

    def finalize(self):
        for thread in self.threads:
            thread.join()

    def _answer(self, sender, inputs):
        try:
            self._generate(sender, inputs)
        except ValueError as e:
            error = pb_utils.TritonError(f"Error generating stream: {e}")
            sender.send(pb_utils.InferenceResponse(error=error), FINAL)

    def _generate(self, sender, inputs):
        prompt = inputs["text_input"][0].decode()
        images = [check(image) for image in inputs.get("image", [])]
        stream = bool(inputs.get("stream", [False])[0])
        exclude = bool(inputs.get("exclude_input_in_output", [stream])[0])
        if stream and not exclude:
            raise ValueError("When streaming, `exclude_input_in_output` = False is not allowed.")
        sampling = json.loads(inputs["sampling_parameters"][0]) if "sampling_parameters" in inputs else {}

        prompt_tokens = len(prompt.split()) + len(images)
        said = "" if exclude else prompt
        count = 0
        for text, reason in tokens(prompt, sampling):
            while text.strip() == SILENCE and not sender.is_cancelled():
                time.sleep(0.02)
            if sender.is_cancelled():
                # Not an error, as the vLLM backend sends it: Triton 2.51.0 may crash when it ends a cancelled stream with a status.
                sender.send(flags=FINAL)
                return
            count += 1
            said += text
            if stream or reason is not None:
                outputs = [pb_utils.Tensor("text_output", np.array([said.encode()], np.object_))]
                if wants(inputs, "return_finish_reason"):
                    outputs.append(pb_utils.Tensor("finish_reason", np.array([str(reason).encode()], np.object_)))
                if wants(inputs, "return_num_input_tokens"):
                    # A scalar, whatever the configuration says: so the vLLM backend does.
                    outputs.append(pb_utils.Tensor("num_input_tokens", np.asarray(prompt_tokens, np.uint32)))
                if wants(inputs, "return_num_output_tokens"):
                    outputs.append(pb_utils.Tensor("num_output_tokens", np.array([count], np.uint32)))
                sender.send(pb_utils.InferenceResponse(outputs), 0 if reason is None else FINAL)
                said = ""
                count = 0


def wants(inputs, name):
    return bool(inputs.get(name, [False])[0])


def check(image):
    if not base64.b64decode(image).startswith(IMAGE_STARTS):
        raise ValueError("cannot identify image file")
    return image


def tokens(prompt, sampling):
    """The words with the space before them, and with the last one why it is the last."""
    longest = sampling.get("max_tokens", 16)
    if longest < 1:
        raise ValueError(f"max_tokens must be at least 1, got {longest}.")
    stops = sampling.get("stop") or []
    stops = [stops] if isinstance(stops, str) else stops
    words = prompt.split()
    if not words:
        yield "", "stop"
        return
    position = 0
    while True:
        text = words[position % len(words)]
        if text in stops:
            yield "", "stop"
            return
        position += 1
        if position == len(words) and not sampling.get("ignore_eos", False):
            reason = "stop"
        else:
            reason = "length" if position == longest else None
        yield text if position == 1 else " " + text, reason
        if reason is not None:
            return
