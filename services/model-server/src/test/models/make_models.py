"""Writes the model repository of the tests: graphs of a few hundred bytes, each with the one property its test needs.

    pip install onnx==1.23.2 && python src/test/models/make_models.py

The output is committed, so nobody needs Python to run the tests.
"""

from pathlib import Path

from onnx import TensorProto, checker, helper

ROOT = Path(__file__).resolve().parents[1] / "resources" / "repository"

# name on the wire -> (type in ONNX, type in config.pbtxt)
TYPES = {
    "BOOL": (TensorProto.BOOL, "TYPE_BOOL"),
    "UINT8": (TensorProto.UINT8, "TYPE_UINT8"),
    "UINT16": (TensorProto.UINT16, "TYPE_UINT16"),
    "UINT32": (TensorProto.UINT32, "TYPE_UINT32"),
    "UINT64": (TensorProto.UINT64, "TYPE_UINT64"),
    "INT8": (TensorProto.INT8, "TYPE_INT8"),
    "INT16": (TensorProto.INT16, "TYPE_INT16"),
    "INT32": (TensorProto.INT32, "TYPE_INT32"),
    "INT64": (TensorProto.INT64, "TYPE_INT64"),
    "FP16": (TensorProto.FLOAT16, "TYPE_FP16"),
    "FP32": (TensorProto.FLOAT, "TYPE_FP32"),
    "FP64": (TensorProto.DOUBLE, "TYPE_FP64"),
    "BYTES": (TensorProto.STRING, "TYPE_STRING"),
    "BF16": (TensorProto.BFLOAT16, "TYPE_BF16"),
}


def save(folder, graph, config=None, version=1):
    model = helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 17)])
    checker.check_model(model)
    path = ROOT / folder / str(version) / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    if config is not None:
        (ROOT / folder / "config.pbtxt").write_text(config.strip() + "\n")


def value(name, kind, *dims):
    return helper.make_tensor_value_info(name, kind, list(dims))


def identity(kind, *dims):
    return helper.make_graph(
        [helper.make_node("Identity", ["in"], ["out"])],
        "identity",
        [value("in", kind, *dims)],
        [value("out", kind, *dims)],
    )


def identities():
    for name, (kind, configured) in TYPES.items():
        folder = f"identity_{name.lower()}"
        save(
            folder,
            identity(kind, "batch", "n"),
            f"""
max_batch_size: 8
input [{{ name: "in" data_type: {configured} dims: [ -1 ] }}]
output [{{ name: "out" data_type: {configured} dims: [ -1 ] }}]
instance_group [{{ count: 1 kind: KIND_CPU }}]
dynamic_batching {{ }}
""",
        )


def add_sub(folder, config):
    kind = TensorProto.INT32
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
            helper.make_node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"]),
        ],
        "add_sub",
        [value("INPUT0", kind, "batch", 16), value("INPUT1", kind, "batch", 16)],
        [value("OUTPUT0", kind, "batch", 16), value("OUTPUT1", kind, "batch", 16)],
    )
    save(folder, graph, config)


def times(factor):
    return helper.make_graph(
        [helper.make_node("Mul", ["in", "factor"], ["out"])],
        "times",
        [value("in", TensorProto.INT32, "n")],
        [value("out", TensorProto.INT32, "n")],
        [helper.make_tensor("factor", TensorProto.INT32, [], [factor])],
    )


def slow(folder, batching):
    """Counts up to the largest number in the batch: the caller says how long a run takes."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["state", "one"], ["next"]),
        ],
        "step",
        [value("i", TensorProto.INT64), value("go", TensorProto.BOOL), value("state", TensorProto.INT64, "batch", 1)],
        [value("go_on", TensorProto.BOOL), value("next", TensorProto.INT64, "batch", 1)],
        [helper.make_tensor("one", TensorProto.INT64, [], [1])],
    )
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMax", ["steps"], ["most"], keepdims=0),
            helper.make_node("Mul", ["steps", "zero"], ["start"]),
            helper.make_node("Loop", ["most", "yes", "start"], ["counted"], body=body),
        ],
        "slow",
        [value("steps", TensorProto.INT64, "batch", 1)],
        [value("counted", TensorProto.INT64, "batch", 1)],
        [
            helper.make_tensor("yes", TensorProto.BOOL, [], [True]),
            helper.make_tensor("zero", TensorProto.INT64, [], [0]),
        ],
    )
    save(
        folder,
        graph,
        f"""
max_batch_size: 8
input [{{ name: "steps" data_type: TYPE_INT64 dims: [ 1 ] }}]
output [{{ name: "counted" data_type: TYPE_INT64 dims: [ 1 ] }}]
instance_group [{{ count: 1 kind: KIND_CPU }}]
{batching}
""",
    )


def gather(folder, config):
    """Picks from a table of four: an index beyond it is a run that fails."""
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "index"], ["picked"])],
        "gather",
        [value("index", TensorProto.INT32, "batch", 1)],
        [value("picked", TensorProto.INT32, "batch", 1)],
        [helper.make_tensor("table", TensorProto.INT32, [4], [0, 10, 20, 30])],
    )
    save(folder, graph, config)


def without_graph(folder, config):
    path = ROOT / folder / "1" / ".gitkeep"  # git keeps no empty folder
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    (ROOT / folder / "config.pbtxt").write_text(config.strip() + "\n")


def ensembles():
    without_graph(
        "doubled",
        """
# (a, b) -> (a + b, a - b) -> (2a, 2b)
platform: "ensemble"
max_batch_size: 8
input [
  { name: "A" data_type: TYPE_INT32 dims: [ 16 ] },
  { name: "B" data_type: TYPE_INT32 dims: [ 16 ] }
]
output [
  { name: "TWICE_A" data_type: TYPE_INT32 dims: [ 16 ] },
  { name: "TWICE_B" data_type: TYPE_INT32 dims: [ 16 ] },
  { name: "SUM" data_type: TYPE_INT32 dims: [ 16 ] }
]
ensemble_scheduling {
  step [
    {
      model_name: "add_sub"
      model_version: -1
      input_map { key: "INPUT0" value: "SUM" }
      input_map { key: "INPUT1" value: "DIFFERENCE" }
      output_map { key: "OUTPUT0" value: "TWICE_A" }
      output_map { key: "OUTPUT1" value: "TWICE_B" }
    },
    {
      model_name: "add_sub"
      model_version: -1
      input_map { key: "INPUT0" value: "A" }
      input_map { key: "INPUT1" value: "B" }
      output_map { key: "OUTPUT0" value: "SUM" }
      output_map { key: "OUTPUT1" value: "DIFFERENCE" }
    }
  ]
}
""",
    )
    for folder, step, taken, given, kind in (
        ("picking", "picky", "index", "picked", "TYPE_INT32"),
        ("waiting", "narrow", "steps", "counted", "TYPE_INT64"),
    ):
        without_graph(
            folder,
            f"""
platform: "ensemble"
max_batch_size: 4
input [{{ name: "IN" data_type: {kind} dims: [ 1 ] }}]
output [{{ name: "OUT" data_type: {kind} dims: [ 1 ] }}]
ensemble_scheduling {{
  step [
    {{
      model_name: "{step}"
      model_version: -1
      input_map {{ key: "{taken}" value: "IN" }}
      output_map {{ key: "{given}" value: "OUT" }}
    }}
  ]
}}
""",
        )


def repeats():
    without_graph(
        "repeat_int32",
        """
# the tensors of NVIDIA's example of that name
backend: "repeat"
model_transaction_policy { decoupled: true }
input [
  { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] },
  { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] },
  { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] }
]
output [
  { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] },
  { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] }
]
""",
    )
    without_graph(
        "repeat_text",
        """
backend: "repeat"
model_transaction_policy { decoupled: true }
input [
  { name: "IN" data_type: TYPE_STRING dims: [ -1 ] },
  { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] optional: true },
  { name: "FAIL" data_type: TYPE_UINT32 dims: [ -1 ] optional: true }
]
output [{ name: "OUT" data_type: TYPE_STRING dims: [ 1 ] }]
""",
    )


def main():
    identities()
    ensembles()
    repeats()
    gather(
        "picky",
        """
max_batch_size: 8
input [{ name: "index" data_type: TYPE_INT32 dims: [ 1 ] }]
output [{ name: "picked" data_type: TYPE_INT32 dims: [ 1 ] }]
instance_group [{ count: 1 kind: KIND_CPU }]
model_warmup {
  name: "zeros"
  batch_size: 8
  count: 2
  inputs { key: "index" value { data_type: TYPE_INT32 dims: [ 1 ] zero_data: true } }
}
""",
    )
    add_sub(
        "add_sub",
        """
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
  { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
]
output [
  { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
  { name: "OUTPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
]
parameters { key: "family" value { string_value: "sample" } }
""",
    )
    add_sub("automatic", None)
    save(
        "fixed",
        identity(TensorProto.FLOAT, 2, 3),
        """
backend: "onnxruntime"
input [{ name: "in" data_type: TYPE_FP32 dims: [ 2, 3 ] }]
output [{ name: "out" data_type: TYPE_FP32 dims: [ 2, 3 ] }]
""",
    )
    save(
        "reshaped",
        identity(TensorProto.FLOAT, "batch"),
        """
max_batch_size: 4
input [{ name: "in" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } }]
output [{ name: "out" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } }]
""",
    )
    slow("slow", "dynamic_batching { max_queue_delay_microseconds: 0 }")
    slow("narrow", "dynamic_batching { default_queue_policy { max_queue_size: 2 } }")
    slow(
        "impatient",
        """dynamic_batching {
  default_queue_policy {
    timeout_action: REJECT
    default_timeout_microseconds: 60000000
    allow_timeout_override: true
  }
}""",
    )
    tensors = """
input [{ name: "in" data_type: TYPE_INT32 dims: [ -1 ] }]
output [{ name: "out" data_type: TYPE_INT32 dims: [ -1 ] }]
"""
    policies = {
        "newest": "",
        "newest_two": "version_policy { latest { num_versions: 2 } }",
        "every": "version_policy { all { } }",
        "chosen": "version_policy { specific { versions: [ 1, 3 ] } }",
    }
    for folder, policy in policies.items():
        for version in (1, 2, 3):
            save(folder, times(version), policy + tensors, version)


if __name__ == "__main__":
    main()
