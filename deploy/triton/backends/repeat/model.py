"""Backend "repeat" of a Triton that has none: a decoupled model for tests that gives back the elements of IN one by one.

Tensors are those of Triton's own backend of that name, but IN may have any type. For each element there is one answer: OUT is the
element, IDX its position. It comes DELAY[position] milliseconds after the one before; WAIT milliseconds after the last one the
request is over, which is said alone. Positions in FAIL are answered with an error. All but IN may be left out. Requests run all at
once. The model server of this project has the same backend.
"""

import threading
import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.threads = set()

    def execute(self, requests):
        for request in requests:
            values = {
                name: None if tensor is None else tensor.as_numpy().ravel()
                for name in ("IN", "DELAY", "WAIT", "FAIL")
                for tensor in [pb_utils.get_input_tensor_by_name(request, name)]
            }
            thread = threading.Thread(target=self._answer, args=(request.get_response_sender(), values))
            self.threads = {each for each in self.threads if each.is_alive()} | {thread}
            thread.start()
        return None

    def finalize(self):
        for thread in self.threads:
            thread.join()

    def _answer(self, sender, values):
        count = len(values["IN"])
        delays = values["DELAY"]
        if delays is not None and len(delays) != count:
            text = f"expected IN and DELAY shape to match, got [{count}] and [{len(delays)}]"
            error = pb_utils.TritonError(text, pb_utils.TritonError.INVALID_ARG)
            sender.send(pb_utils.InferenceResponse(error=error), pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
            return
        failing = set() if values["FAIL"] is None else set(values["FAIL"].tolist())
        for position in range(count):
            if self._cancelled(sender, 0 if delays is None else delays[position]):
                break
            if position in failing:
                response = pb_utils.InferenceResponse(
                    error=pb_utils.TritonError(f"answer {position} fails, as FAIL asks for it")
                )
            else:
                response = pb_utils.InferenceResponse(
                    [
                        pb_utils.Tensor("OUT", values["IN"][position : position + 1]),
                        pb_utils.Tensor("IDX", np.array([position], np.uint32)),
                    ]
                )
            sender.send(response)
        else:
            self._cancelled(sender, 0 if values["WAIT"] is None else values["WAIT"][0])
        # Also when it was cancelled, and not an error: Triton 2.51.0 may crash when it ends a cancelled stream with a status.
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    @staticmethod
    def _cancelled(sender, millis):
        """Waits; whether nobody waits for the answers any more."""
        end = time.monotonic() + millis / 1000
        while not sender.is_cancelled():
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, 0.02))
        return True
