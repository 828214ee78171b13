"""Writes the trained networks as model folders for Triton: ONNX file, configuration, tokenizer and origin.

``python export.py --build build --repository ..`` is what ``train.py --repository ..`` runs at its end. Each file holds
all of its model: pixels in, normalisation and (for text) the whole greedy loop inside, so that one call is one answer
and requests can be batched. Weights are stored as float16 and widened when the file is loaded; arithmetic is float32.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

import world
from nets import EMBEDDING, HEADS_BY_NAME, Answerer, Captioner, Clip, Moderator, Trunk
from words import ANSWER_LENGTH, CAPTION_LENGTH, CLS, DEC, ENC, PAD, SEP, TEXT_LENGTH, encode_all, tokenizer_json
from world import SIDE

OPSET = 20
IR_VERSION = 10  # the newest that ONNX Runtime 1.18 and later all read
LARGEST_BYTES = 4_500_000
REVISION = "saccade-sample-1"
EMBEDDING_SPACE = "saccade-sample-clip-1"
TEMPLATES = ("a picture of a {}", "a drawing of a {}", "an image showing a {}", "there is a {}", "this is a {}")


# ------------------------------------------------------------------------------------------------------------ graphs


class ImageEmbedding(nn.Module):
    def __init__(self, trunk: Trunk, clip: Clip) -> None:
        super().__init__()
        self.trunk, self.clip = trunk, clip

    def forward(self, image: Tensor) -> Tensor:
        return self.clip.image(self.trunk(image))


class TextEmbedding(nn.Module):
    def __init__(self, clip: Clip) -> None:
        super().__init__()
        self.clip = clip

    def forward(self, input_ids: Tensor) -> Tensor:
        return self.clip.text(input_ids)


class Caption(nn.Module):
    def __init__(self, trunk: Trunk, head: Captioner) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        tokens, confidence = self.head.write(self.trunk(image))
        return tokens, confidence.view(-1, 1)


class Vqa(nn.Module):
    def __init__(self, trunk: Trunk, head: Answerer) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, image: Tensor, input_ids: Tensor) -> tuple[Tensor, Tensor]:
        tokens, confidence = self.head.write(self.trunk(image), input_ids)
        return tokens, confidence.view(-1, 1)


class Moderation(nn.Module):
    def __init__(self, trunk: Trunk, head: Moderator) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.trunk(image)).sigmoid()


# ---------------------------------------------------------------------------------------------------------- manifest

IMAGE = ("image", "UINT8", (SIDE, SIDE, 3))
TEXT = ("input_ids", "INT64", (TEXT_LENGTH,))


@dataclass(frozen=True)
class Role:
    """One model folder: its tensors without the batch dimension, and its manifest."""

    name: str
    inputs: tuple[tuple[str, str, tuple[int, ...]], ...]
    outputs: tuple[tuple[str, str, tuple[int, ...]], ...]
    manifest: dict[str, str]
    tokenizer: bool = False
    extra: dict[str, str] = field(default_factory=dict)


def picture_manifest(resize: str, rgb: str) -> dict[str, str]:
    manifest = {"image.size": str(SIDE), "image.resize": resize, "image.filter": "bicubic"}
    if resize == "shortest-edge":
        manifest["image.crop"] = "center"
    return {**manifest, "image.rgb": rgb}


def text_manifest(length: int) -> dict[str, str]:
    digest = hashlib.sha256(tokenizer_json().encode()).hexdigest()
    return {
        "tokenizer.file": "tokenizer.json",
        "tokenizer.sha256": digest,
        "tokenizer.length": str(length),
        "tokenizer.pad": str(PAD),
    }


def roles(clip: dict, moderation: dict) -> dict[str, Role]:
    """The five folders; ``clip`` and ``moderation`` are what validation wrote down for these heads."""
    space = {
        "embedding.space": EMBEDDING_SPACE,
        "embedding.scale": f"{clip['scale']:.4f}",
        "embedding.dimension": str(EMBEDDING),
    }
    stop = {"tokens.stop": str(SEP), "tokens.skip": f"{PAD},{CLS},{DEC},{ENC}"}
    embedding, scores = ("embedding", "FP32", (EMBEDDING,)), ("scores", "FP32", (len(world.POLICY),))
    confidence = ("confidence", "FP32", (1,))
    crop_after = picture_manifest("shortest-edge", "after-resize")
    labels = json.dumps({"templates": TEMPLATES, "labels": [f"{c} {s}" for c in world.COLORS for s in world.SHAPES]}, indent=1)
    listed = (
        Role("image-embedding", (IMAGE,), (embedding,), {"family": "clip", **crop_after, **space}, False,
             {"labels.json": labels + "\n"}),
        Role("text-embedding", (TEXT,), (embedding,), {"family": "clip", **text_manifest(TEXT_LENGTH), **space}, True),
        Role("caption", (IMAGE,), (("tokens", "INT64", (CAPTION_LENGTH,)), confidence),
             {"family": "coca", **crop_after, **text_manifest(CAPTION_LENGTH), **stop}, True),
        Role("vqa", (IMAGE, TEXT), (("tokens", "INT64", (ANSWER_LENGTH,)), confidence),
             {"family": "blip", **picture_manifest("squash", "before-resize"), **text_manifest(TEXT_LENGTH),
              "tokenizer.first": str(ENC), **stop}, True),
        Role("moderation", (IMAGE,), (scores,),
             {"family": "moderation", **picture_manifest("shortest-edge", "before-resize"),
              "labels": ",".join(world.LABELS),
              "thresholds": ",".join(f"{threshold:g}" for threshold in moderation["thresholds"])}),
    )  # fmt: skip
    return {role.name: role for role in listed}


def configuration(role: Role) -> str:
    """The folder's ``config.pbtxt``, in Triton's text format."""

    def tensors(section: str, listed: tuple[tuple[str, str, tuple[int, ...]], ...]) -> str:
        entries = (
            f'  {{ name: "{name}" data_type: TYPE_{kind} dims: [ {", ".join(map(str, dims))} ] }}'
            for name, kind, dims in listed
        )
        return f"{section} [\n" + ",\n".join(entries) + "\n]\n"

    parameters = "".join(
        f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n' for key, value in role.manifest.items()
    )
    return (
        f'name: "{role.name}"\n'
        'backend: "onnxruntime"\n'
        "# Sixteen: beyond eight rows a batch costs as much per row (sample/measure.py --speed), so more would only make\n"
        "# the first row wait for the last.\n"
        "max_batch_size: 16\n"
        + tensors("input", role.inputs)
        + tensors("output", role.outputs)
        + "dynamic_batching {\n"
        "  # One millisecond: long enough for callers that send together, small against a full batch, which takes 25 to\n"
        "  # 41 ms of pictures and 5 ms of texts on one core (sample/measure.py --speed).\n"
        "  max_queue_delay_microseconds: 1000\n"
        "  default_queue_policy {\n"
        "    # 256 rows are 16 full batches, under a second of work on one core: past that a caller is told that the\n"
        "    # server is full, and waits with its messages still in Kafka.\n"
        "    max_queue_size: 256\n"
        "  }\n"
        "}\n"
        "# One instance: a second would hold the weights again and compete with the first for the same cores.\n"
        "instance_group [ { kind: KIND_CPU count: 1 } ]\n"
        "# What a service must know to prepare inputs and read outputs; it reads this over gRPC and has no copy of it.\n"
        + parameters
    )


# ------------------------------------------------------------------------------------------------------------ export


def graphs(build: Path) -> Iterator[tuple[str, nn.Module]]:
    """Each role's module with the trained weights."""
    trunk, heads = Trunk(), {name: kind() for name, kind in HEADS_BY_NAME.items()}
    for name, module in (("trunk", trunk), *heads.items()):
        module.load_state_dict(torch.load(build / f"{name}.pt"))
        module.eval()
    yield "image-embedding", ImageEmbedding(trunk, heads["clip"])
    yield "text-embedding", TextEmbedding(heads["clip"])
    yield "caption", Caption(trunk, heads["caption"])
    yield "vqa", Vqa(trunk, heads["vqa"])
    yield "moderation", Moderation(trunk, heads["moderation"])


def to_onnx(module: nn.Module, role: Role) -> onnx.ModelProto:
    """Exports with a free batch dimension, then takes out what does not belong in a shipped file."""
    batch = torch.export.Dim("batch", min=1, max=64)
    examples = {
        # Two rows: with one, the exporter would fix the batch at one.
        "image": torch.randint(0, 256, (2, SIDE, SIDE, 3), dtype=torch.uint8),
        "input_ids": torch.from_numpy(encode_all(["is there a red circle?", "a"], TEXT_LENGTH)),
    }
    names = [name for name, _, _ in role.inputs]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(),
            tuple(examples[name].clone() for name in names),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes={name: {0: batch} for name in names},
            input_names=names,
            output_names=[f"OUTPUT_{name}" for name, _, _ in role.outputs],
            verbose=False,
        )
    model = program.model_proto
    plain_names(model.graph, {f"OUTPUT_{name}": name for name, _, _ in role.outputs}, names)
    strip(model.graph)
    store_half(model.graph)
    for (_, _, dims), value in zip((*role.inputs, *role.outputs), (*model.graph.input, *model.graph.output)):
        fix_shape(value, dims)
    model.ir_version = IR_VERSION
    model.producer_name, model.producer_version, model.doc_string = "saccade-sample", REVISION, ""
    del model.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    return model


def subgraphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """The graph and every graph inside it, loop bodies included."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from subgraphs(attribute.g)


def plain_names(graph: onnx.GraphProto, outputs: dict[str, str], kept: list[str]) -> None:
    """Gives outputs their names and all other values a number: shorter, and no inner value can clash with an output."""
    table = {**outputs, **{name: name for name in kept}, "": ""}

    def short(name: str) -> str:
        return table.setdefault(name, f"v{len(table)}")

    for part in subgraphs(graph):
        for value in (*part.input, *part.output, *part.initializer):
            value.name = short(value.name)
        for node in part.node:
            node.name = ""
            node.input[:] = [short(name) for name in node.input]
            node.output[:] = [short(name) for name in node.output]
        part.name = "saccade"


def strip(graph: onnx.GraphProto) -> None:
    """Removes what the exporter notes down: stack traces with local paths, more than half of the file."""
    for part in subgraphs(graph):
        del part.metadata_props[:]
        del part.value_info[:]
        part.doc_string = ""
        for item in (*part.node, *part.input, *part.output, *part.initializer):
            del item.metadata_props[:]
            item.doc_string = ""


def store_half(graph: onnx.GraphProto) -> None:
    """Stores large weights as float16 with a Cast behind each; a runtime folds the Cast when it loads the file."""
    stored, casts = [], []
    for weight in graph.initializer:
        if weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) >= 1024:
            half = numpy_helper.to_array(weight).astype(np.float16)
            casts.append(helper.make_node("Cast", [f"{weight.name}h"], [weight.name], to=TensorProto.FLOAT))
            stored.append(numpy_helper.from_array(half, f"{weight.name}h"))
        else:
            stored.append(weight)
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(stored)
    graph.node.extend(nodes)


def fix_shape(value: onnx.ValueInfoProto, dims: tuple[int, ...]) -> None:
    """States the shape as the configuration does: a free batch, then ``dims``."""
    shape = value.type.tensor_type.shape
    del shape.dim[:]
    shape.dim.add().dim_param = "batch"
    for size in dims:
        shape.dim.add().dim_value = size


def export_all(build: Path, repository: Path) -> None:
    """Writes the five folders; the model cards in them are written by hand and stay."""
    clip, moderation = (json.loads((build / f"{name}.json").read_text()) for name in ("clip", "moderation"))
    every_role = roles(clip, moderation)
    for name, module in graphs(build):
        role, folder = every_role[name], repository / name
        content = to_onnx(module, role).SerializeToString(deterministic=True)
        if len(content) > LARGEST_BYTES:
            raise ValueError(f"{name}: expected at most {LARGEST_BYTES} bytes, got {len(content)}")
        if b"stack_trace" in content or b"site-packages" in content:
            raise ValueError(f"{name}: the file still tells where it was made")
        (folder / "1").mkdir(parents=True, exist_ok=True)
        (folder / "1" / "model.onnx").write_bytes(content)
        (folder / "config.pbtxt").write_text(configuration(role))
        (folder / "source.properties").write_text(
            "# Trained from nothing by triton-models/sample/train.py of this repository, on pictures it draws itself.\n"
            "origin=triton-models/sample\n"
            f"revision={REVISION}\n"
            f"sha256={hashlib.sha256(content).hexdigest()}\n"
            "licence=Apache-2.0\n"
        )
        if role.tokenizer:
            (folder / "tokenizer.json").write_text(tokenizer_json())
        for file, text in role.extra.items():
            (folder / file).write_text(text)
        print(f"{name:<16} {len(content) / 1e6:.2f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write trained networks as model folders for Triton.")
    parser.add_argument("--build", type=Path, required=True, help="folder that train.py wrote its checkpoints to")
    parser.add_argument("--repository", type=Path, required=True, help="model repository to write into")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    export_all(arguments.build, arguments.repository)


if __name__ == "__main__":
    main()
