"""Backend "onnxruntime" of a Triton that has none: runs the ONNX file of a model with ONNX Runtime's Python package.

Triton takes backends/NAME/model.py for a backend when there is no libtriton_NAME.so. All requests that Triton hands over at
once are one run: their inputs are joined along the batch, the outputs are split again.
"""

import ctypes
import json
import os

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

onnxruntime.disable_telemetry_events()

TYPES = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
    # NumPy has no BF16: its bits travel as whole numbers.
    "BF16": np.uint16,
    "STRING": np.object_,
}

ONNX_BF16 = 16


class DLTensor(ctypes.Structure):
    """Head of DLPack's DLManagedTensor (dlpack.h, version 0): the one door through which BF16 gets into Triton and out."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("offset", ctypes.c_uint64),
    ]

    BFLOAT = 4

    @staticmethod
    def of(capsule):
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype = ctypes.c_void_p
        pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
        return DLTensor.from_address(pointer(capsule, b"dltensor"))


def bits_of(tensor):
    """The bits of a tensor of BF16."""
    capsule = tensor.to_dlpack()
    head = DLTensor.of(capsule)
    bits = np.empty(head.shape[: head.ndim], np.uint16)
    if bits.nbytes:
        ctypes.memmove(bits.ctypes.data, head.data + head.offset, bits.nbytes)
    return bits


def bf16(name, bits):
    """A tensor of BF16 with these bits."""
    # Triton's own DLPack, not NumPy's: Triton frees it without holding Python's lock.
    capsule = pb_utils.Tensor(name, bits).to_dlpack()
    DLTensor.of(capsule).code = DLTensor.BFLOAT
    return pb_utils.Tensor.from_dlpack(name, capsule)


class TritonPythonModel:
    def initialize(self, args):
        self.config = json.loads(args["model_config"])
        self.name = args["model_name"]
        self.batches = self.config.get("max_batch_size", 0) > 0
        self.inputs = [self._tensor(entry) for entry in self.config["input"]]
        self.outputs = [self._tensor(entry) for entry in self.config["output"]]
        self.bf16 = {name for name, kind, _ in self.inputs + self.outputs if kind == "BF16"}

        file = os.path.join(pb_utils.get_model_dir(), self.config.get("default_model_filename") or "model.onnx")
        options = onnxruntime.SessionOptions()
        # An instance is a process: more threads each would only fight for the same cores.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            self.session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        except Exception as e:
            raise pb_utils.TritonModelException(f"model '{self.name}': {file} cannot be opened: {e}")
        self._check("input", self.inputs, {node.name for node in self.session.get_inputs()})
        self._check("output", self.outputs, {node.name for node in self.session.get_outputs()})

    def execute(self, requests):
        groups = {}
        for index, request in enumerate(requests):
            # Requests without the same optional inputs cannot be one run.
            names = tuple(tensor.name() for tensor in request.inputs())
            groups.setdefault(tuple(sorted(names)), []).append(index)
        responses = [None] * len(requests)
        for members in groups.values():
            try:
                for index, response in zip(members, self._run([requests[index] for index in members])):
                    responses[index] = response
            except Exception as e:
                error = pb_utils.TritonError(f"model '{self.name}': ONNX Runtime failed: {e}")
                for index in members:
                    responses[index] = pb_utils.InferenceResponse(error=error)
        return responses

    def _run(self, requests):
        if len(requests) > 1 and not self.batches:
            return [response for request in requests for response in self._run([request])]
        feed = {}
        rows = None
        for name, kind, reshape in self.inputs:
            tensors = [pb_utils.get_input_tensor_by_name(request, name) for request in requests]
            if tensors[0] is None:
                continue
            arrays = [bits_of(tensor) if kind == "BF16" else tensor.as_numpy() for tensor in tensors]
            if self.batches:
                rows = [array.shape[0] for array in arrays]
            array = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
            if kind == "STRING":
                array = self._decoded(name, array)
            feed[name] = self._reshaped(array, reshape)

        names = [name for name, _, _ in self.outputs]
        results = dict(zip(names, self._results(names, feed)))
        for name, kind, reshape in self.outputs:
            array = self._reshaped(np.asarray(results[name]), reshape)
            if kind == "STRING":
                # Triton takes each element as its UTF-8 bytes.
                array = np.array([str(text).encode() for text in array.ravel()], dtype=np.object_).reshape(array.shape)
            results[name] = array.astype(TYPES[kind], copy=False)

        ends = np.cumsum(rows) if self.batches else []
        responses = []
        for index, request in enumerate(requests):
            wanted = set(request.requested_output_names())
            outputs = []
            for name in names:
                if name in wanted:
                    array = results[name]
                    if self.batches:
                        array = array[ends[index] - rows[index] : ends[index]]
                    array = np.ascontiguousarray(array)
                    outputs.append(bf16(name, array) if name in self.bf16 else pb_utils.Tensor(name, array))
            responses.append(pb_utils.InferenceResponse(outputs))
        return responses

    def _results(self, names, feed):
        if not self.bf16:
            return self.session.run(names, feed)
        values = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(array, ONNX_BF16)
            if name in self.bf16
            else onnxruntime.OrtValue.ortvalue_from_numpy(array)
            for name, array in feed.items()
        }
        results = []
        for name, value in zip(names, self.session.run_with_ort_values(names, values)):
            if name not in self.bf16:
                results.append(value.numpy())
                continue
            bits = np.empty(value.shape(), np.uint16)
            if bits.nbytes:
                ctypes.memmove(bits.ctypes.data, value.data_ptr(), bits.nbytes)
            results.append(bits)
        return results

    def _tensor(self, entry):
        kind = entry["data_type"].removeprefix("TYPE_")
        if kind not in TYPES:
            raise pb_utils.TritonModelException(
                f"model '{self.name}': tensor '{entry['name']}' is {kind}, but this backend knows only {', '.join(TYPES)}"
            )
        reshape = entry.get("reshape")
        return entry["name"], kind, None if reshape is None else [int(size) for size in reshape.get("shape", [])]

    def _check(self, what, tensors, known):
        for name, _, _ in tensors:
            if name not in known:
                raise pb_utils.TritonModelException(
                    f"model '{self.name}': the configuration has {what} '{name}', the graph has only {sorted(known)}"
                )

    def _decoded(self, name, array):
        try:
            return np.array([text.decode() for text in array.ravel()], dtype=np.object_).reshape(array.shape)
        except UnicodeDecodeError as e:
            raise ValueError(f"input '{name}': ONNX Runtime takes only UTF-8 text: {e}")

    def _reshaped(self, array, reshape):
        if reshape is None:
            return array
        return array.reshape(([array.shape[0]] if self.batches else []) + reshape)
