"""Writes the model repository of the protocol suite: python models.py (needs onnx, see requirements.txt).

Graphs of a few nodes, so that only the protocol can be wrong. Their files are committed; this is how they were made.
"""

import pathlib
import shutil

from onnx import TensorProto as T
from onnx import checker, helper

HERE = pathlib.Path(__file__).parent / "repository"

TYPES = {
    "bool": T.BOOL,
    "uint8": T.UINT8,
    "uint16": T.UINT16,
    "uint32": T.UINT32,
    "uint64": T.UINT64,
    "int8": T.INT8,
    "int16": T.INT16,
    "int32": T.INT32,
    "int64": T.INT64,
    "fp16": T.FLOAT16,
    "fp32": T.FLOAT,
    "fp64": T.DOUBLE,
    "bf16": T.BFLOAT16,
    "bytes": T.STRING,
}


def tensor(name, kind, *dims):
    return helper.make_tensor_value_info(name, kind, dims)


def save(path, nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(constants))
    model = helper.make_model(graph, producer_name="saccade", opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


def config(name, text):
    folder = HERE / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.pbtxt").write_text(f'name: "{name}"\n' + text.strip() + "\n")


def identity(name, kind, rows=True):
    save(
        HERE / name / "1" / "model.onnx",
        [helper.make_node("Identity", ["IN"], ["OUT"])],
        [tensor("IN", kind, "rows", "n") if rows else tensor("IN", kind, 2, 3)],
        [tensor("OUT", kind, "rows", "n") if rows else tensor("OUT", kind, 2, 3)],
    )


def batched(kind, rules="dynamic_batching { }", size=8):
    return f"""
backend: "onnxruntime"
max_batch_size: {size}
input [ {{ name: "IN" data_type: TYPE_{kind} dims: [ -1 ] }} ]
output [ {{ name: "OUT" data_type: TYPE_{kind} dims: [ -1 ] }} ]
instance_group [ {{ count: 1 kind: KIND_CPU }} ]
{rules}
"""


def main():
    shutil.rmtree(HERE, ignore_errors=True)

    for name, kind in TYPES.items():
        identity("identity_" + name, kind)
        config("identity_" + name, batched("STRING" if name == "bytes" else name.upper()))

    # Two inputs, two outputs, without and with a batch.
    for name, batch in (("add_sub", 8), ("add_sub_whole", 0)):
        dims = ["rows", 16] if batch else [16]
        save(
            HERE / name / "1" / "model.onnx",
            [helper.make_node("Add", ["A", "B"], ["SUM"]), helper.make_node("Sub", ["A", "B"], ["DIFF"])],
            [tensor("A", T.INT32, *dims), tensor("B", T.INT32, *dims)],
            [tensor("SUM", T.INT32, *dims), tensor("DIFF", T.INT32, *dims)],
        )
        config(
            name,
            f"""
backend: "onnxruntime"
max_batch_size: {batch}
input [ {{ name: "A" data_type: TYPE_INT32 dims: [ 16 ] }}, {{ name: "B" data_type: TYPE_INT32 dims: [ 16 ] }} ]
output [ {{ name: "SUM" data_type: TYPE_INT32 dims: [ 16 ] }}, {{ name: "DIFF" data_type: TYPE_INT32 dims: [ 16 ] }} ]
instance_group [ {{ count: 1 kind: KIND_CPU }} ]
""",
        )

    # No batch: the shape is what the configuration says.
    identity("fixed", T.FLOAT, rows=False)
    config(
        "fixed",
        """
backend: "onnxruntime"
input [ { name: "IN" data_type: TYPE_FP32 dims: [ 2, 3 ] } ]
output [ { name: "OUT" data_type: TYPE_FP32 dims: [ 2, 3 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
""",
    )

    # A row is [1] on the wire and nothing in the graph.
    save(
        HERE / "reshaped" / "1" / "model.onnx",
        [helper.make_node("Identity", ["IN"], ["OUT"])],
        [tensor("IN", T.FLOAT, "rows")],
        [tensor("OUT", T.FLOAT, "rows")],
    )
    config(
        "reshaped",
        """
backend: "onnxruntime"
max_batch_size: 4
input [ { name: "IN" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } } ]
output [ { name: "OUT" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
""",
    )

    # Each version adds its own number, so an answer shows who gave it.
    policies = {
        "newest": "",
        "newest_two": "version_policy { latest { num_versions: 2 } }",
        "every": "version_policy { all { } }",
        "chosen": "version_policy { specific { versions: [ 1, 3 ] } }",
    }
    for name, policy in policies.items():
        for version in (1, 2, 3):
            save(
                HERE / name / str(version) / "model.onnx",
                [helper.make_node("Add", ["IN", "VERSION"], ["OUT"])],
                [tensor("IN", T.INT32, "n")],
                [tensor("OUT", T.INT32, "n")],
                [helper.make_tensor("VERSION", T.INT32, [1], [version])],
            )
        config(
            name,
            f"""
backend: "onnxruntime"
input [ {{ name: "IN" data_type: TYPE_INT32 dims: [ -1 ] }} ]
output [ {{ name: "OUT" data_type: TYPE_INT32 dims: [ -1 ] }} ]
instance_group [ {{ count: 1 kind: KIND_CPU }} ]
{policy}
""",
        )

    # Requests of one row wait for a batch of eight that never comes: what happens to them needs no clock.
    waits = "preferred_batch_size: [ 8 ] max_queue_delay_microseconds: 600000000"
    queues = {
        "waits": f"dynamic_batching {{ {waits} }}",
        "full": f"dynamic_batching {{ {waits} default_queue_policy {{ max_queue_size: 2 }} }}",
        "times_out": f"dynamic_batching {{ {waits} default_queue_policy {{ default_timeout_microseconds: 1 }} }}",
        "may_shorten": f"""dynamic_batching {{ {waits}
  default_queue_policy {{ default_timeout_microseconds: 600000000 allow_timeout_override: true }} }}""",
        "must_not_shorten": """dynamic_batching {
  default_queue_policy { default_timeout_microseconds: 600000000 } }""",
        "priorities": "dynamic_batching { priority_levels: 2 default_priority_level: 2 }",
    }
    for name, rules in queues.items():
        identity(name, T.INT32)
        config(name, batched("INT32", rules))

    # Its statistics belong to one case.
    identity("counted", T.INT32)
    config("counted", batched("INT32", ""))

    # Loaded and unloaded by cases.
    identity("comes_and_goes", T.INT32)
    config("comes_and_goes", batched("INT32"))

    # Runs only for rows 0 to 2.
    save(
        HERE / "fails" / "1" / "model.onnx",
        [helper.make_node("Gather", ["TABLE", "IN"], ["OUT"])],
        [tensor("IN", T.INT64, "n")],
        [tensor("OUT", T.INT64, "n")],
        [helper.make_tensor("TABLE", T.INT64, [3], [10, 20, 30])],
    )
    config(
        "fails",
        """
backend: "onnxruntime"
input [ { name: "IN" data_type: TYPE_INT64 dims: [ -1 ] } ]
output [ { name: "OUT" data_type: TYPE_INT64 dims: [ -1 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
""",
    )

    # Cannot be loaded: no graph; no version; a configuration that is none; a type that is none.
    config("broken_graph", batched("INT32"))
    (HERE / "broken_graph" / "1").mkdir()
    (HERE / "broken_graph" / "1" / "model.onnx").write_bytes(b"no graph")
    config("broken_no_version", batched("INT32"))
    identity("broken_config", T.INT32)
    (HERE / "broken_config" / "config.pbtxt").write_text('name: "broken_config"\nmax_batch_size: many\n')
    identity("broken_name", T.INT32)
    config("broken_name", batched("INT32"))
    (HERE / "broken_name" / "config.pbtxt").write_text(
        (HERE / "broken_name" / "config.pbtxt").read_text().replace("broken_name", "other_name")
    )

    # Two models in a row.
    config(
        "chain",
        """
platform: "ensemble"
max_batch_size: 8
input [ { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] } ]
output [ { name: "OUT" data_type: TYPE_INT32 dims: [ -1 ] } ]
ensemble_scheduling { step [
  { model_name: "identity_int32" model_version: -1 input_map { key: "IN" value: "IN" } output_map { key: "OUT" value: "MIDDLE" } },
  { model_name: "counted_again" model_version: -1 input_map { key: "IN" value: "MIDDLE" } output_map { key: "OUT" value: "OUT" } }
] }
""",
    )
    (HERE / "chain" / "1").mkdir()
    (HERE / "chain" / "1" / ".gitkeep").touch()
    identity("counted_again", T.INT32)
    config("counted_again", batched("INT32", ""))
    # Answers once for each element. The backend is deploy/triton/backends/repeat there and our server's own here.
    config(
        "repeats",
        """
backend: "repeat"
input [
  { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] },
  { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] optional: true },
  { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] optional: true },
  { name: "FAIL" data_type: TYPE_UINT32 dims: [ -1 ] optional: true }
]
output [ { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] }, { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
model_transaction_policy { decoupled: true }
""",
    )
    # The contract of the vLLM backend; likewise a backend of deploy/triton there and our server's own here.
    config("vlm", VLLM)
    for name in ("repeats", "vlm"):
        (HERE / name / "1").mkdir()
        (HERE / name / "1" / ".gitkeep").touch()


VLLM = """
backend: "vllm_echo"
input [
  { name: "text_input" data_type: TYPE_STRING dims: [ 1 ] },
  { name: "image" data_type: TYPE_STRING dims: [ -1 ] optional: true },
  { name: "stream" data_type: TYPE_BOOL dims: [ 1 ] optional: true },
  { name: "sampling_parameters" data_type: TYPE_STRING dims: [ 1 ] optional: true },
  { name: "exclude_input_in_output" data_type: TYPE_BOOL dims: [ 1 ] optional: true },
  { name: "return_finish_reason" data_type: TYPE_BOOL dims: [ 1 ] optional: true },
  { name: "return_cumulative_logprob" data_type: TYPE_BOOL dims: [ 1 ] optional: true },
  { name: "return_logprobs" data_type: TYPE_BOOL dims: [ 1 ] optional: true },
  { name: "return_num_input_tokens" data_type: TYPE_BOOL dims: [ 1 ] optional: true },
  { name: "return_num_output_tokens" data_type: TYPE_BOOL dims: [ 1 ] optional: true },
  { name: "embedding_request" data_type: TYPE_STRING dims: [ 1 ] optional: true }
]
output [
  { name: "text_output" data_type: TYPE_STRING dims: [ -1 ] },
  { name: "finish_reason" data_type: TYPE_STRING dims: [ -1 ] },
  { name: "cumulative_logprob" data_type: TYPE_FP32 dims: [ -1 ] },
  { name: "logprobs" data_type: TYPE_STRING dims: [ -1 ] },
  { name: "num_input_tokens" data_type: TYPE_UINT32 dims: [ 1 ] },
  { name: "num_output_tokens" data_type: TYPE_UINT32 dims: [ -1 ] }
]
instance_group [ { count: 1 kind: KIND_MODEL } ]
model_transaction_policy { decoupled: true }
"""


if __name__ == "__main__":
    main()
