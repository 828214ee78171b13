"""Measures the shipped files as a service would use them: picture files through Pillow and ONNX Runtime.

``python measure.py --seed 4242`` draws 1,500 pictures of held-out combinations and prints the figures of the model
cards; ``--speed`` adds times. Reads each model's manifest from its ``config.pbtxt``, so what is measured is what a
service is told to do. ``--check`` ends with an error when a figure is below what the pack promises.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np
import onnxruntime
from PIL import Image
from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
PROMISED = {
    "caption exact match": 0.88,
    "vqa exact match": 0.95,
    "text to image, first of 100": 0.95,
    "moderation lowest AUC": 0.99,
    "moderation lowest recall": 0.98,
}


class Model:
    """A model folder: its manifest, its tokenizer and a session on one thread."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        text = (folder / "config.pbtxt").read_text()
        self.manifest = dict(re.findall(r'key: "([^"]*)" value \{ string_value: "([^"]*)" \}', text))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(folder / "1" / "model.onnx"), options)
        file = self.manifest.get("tokenizer.file")
        self.tokenizer = Tokenizer.from_file(str(folder / file)) if file else None

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        return self.session.run(None, inputs)

    def pixels(self, picture: Image.Image) -> np.ndarray:
        """A decoded picture as this model wants it, uint8 [224, 224, 3]."""
        size = int(self.manifest["image.size"])
        if self.manifest["image.rgb"] == "before-resize":
            picture = picture.convert("RGB")
        if self.manifest["image.resize"] == "squash":
            picture = picture.resize((size, size), Image.Resampling.BICUBIC)
        else:
            width, height = picture.size
            short = min(width, height)
            target = (int(size * width / short), int(size * height / short))
            picture = picture if target == picture.size else picture.resize(target, Image.Resampling.BICUBIC)
            left, top = (target[0] - size) // 2, (target[1] - size) // 2
            picture = picture.crop((left, top, left + size, top + size))
        return np.asarray(picture.convert("RGB"))

    def ids(self, text: str) -> np.ndarray:
        """The ids of a text, int64 [tokenizer.length]: truncated before the closing token, padded, first one replaced."""
        length = int(self.manifest["tokenizer.length"])
        ids = self.tokenizer.encode(text).ids
        ids = ids if len(ids) <= length else ids[: length - 1] + ids[-1:]
        if "tokenizer.first" in self.manifest:
            ids[0] = int(self.manifest["tokenizer.first"])
        return np.array(ids + [int(self.manifest["tokenizer.pad"])] * (length - len(ids)), np.int64)

    def text(self, tokens: Sequence[int]) -> str:
        """What the model wrote: tokens up to the stop, without those to skip, through the tokenizer's decoder."""
        stop = int(self.manifest["tokens.stop"])
        skip = {int(index) for index in self.manifest["tokens.skip"].split(",")}
        written = list(tokens)
        written = written[: written.index(stop)] if stop in written else written
        return self.tokenizer.decode([index for index in written if index not in skip])


def batches(count: int, size: int = 16) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(count, start + size))


def area_under_curve(scores: np.ndarray, positive: np.ndarray) -> float:
    """The chance that a positive scores above a negative, ties counted half."""
    above = (scores[positive][:, None] > scores[~positive][None]).mean()
    equal = (scores[positive][:, None] == scores[~positive][None]).mean()
    return float(above + equal / 2)


def by_group(right: Sequence[bool], groups: Sequence[str]) -> dict[str, str]:
    table: dict[str, list[bool]] = defaultdict(list)
    for hit, group in zip(right, groups):
        table[group].append(hit)
    return {group: f"{np.mean(hits):.3f} of {len(hits)}" for group, hits in sorted(table.items())}


def measure(repository: Path, pictures: Path, misses: int) -> dict[str, float]:
    truth = [json.loads(line) for line in (pictures / "truth.jsonl").read_text().splitlines()]
    opened = [Image.open(pictures / record["file"]) for record in truth]
    captions = [record["caption"] for record in truth]
    count, figures = len(truth), {}

    model = Model(repository / "caption")
    prepared = np.stack([model.pixels(picture) for picture in opened])
    written, sure = [], []
    for part in batches(count):
        tokens, confidence = model(image=prepared[part])
        written += [model.text(row) for row in tokens.tolist()]
        sure += confidence[:, 0].tolist()
    right = [a == b for a, b in zip(written, captions)]
    kinds = ["two" if " above " in c or " left of " in c else "one" if c.startswith("a ") else "many" for c in captions]
    figures["caption exact match"] = float(np.mean(right))
    figures["caption confidence when right"] = float(np.mean([s for s, ok in zip(sure, right) if ok]))
    figures["caption confidence when wrong"] = float(np.mean([s for s, ok in zip(sure, right) if not ok] or [0]))
    print("caption by kind:", by_group(right, kinds))
    for wrong in [index for index, ok in enumerate(right) if not ok][:misses]:
        print(f"    {truth[wrong]['file']}: {captions[wrong]!r}, said {written[wrong]!r} ({sure[wrong]:.2f})")

    model = Model(repository / "vqa")
    prepared = np.stack([model.pixels(picture) for picture in opened])
    asked = [(index, question) for index, record in enumerate(truth) for question in record["questions"]]
    answers: list[str] = []
    for part in batches(len(asked)):
        rows = asked[part]
        tokens, _ = model(
            image=prepared[[index for index, _ in rows]], input_ids=np.stack([model.ids(q["question"]) for _, q in rows])
        )
        answers += [model.text(row) for row in tokens.tolist()]
    right = [answer == question["answer"] for answer, (_, question) in zip(answers, asked)]
    figures["vqa exact match"] = float(np.mean(right))
    print("vqa by topic:", by_group(right, [question["topic"] for _, question in asked]))
    for wrong in [index for index, ok in enumerate(right) if not ok][:misses]:
        print(f"    {truth[asked[wrong][0]]['file']}: {asked[wrong][1]}, said {answers[wrong]!r}")

    model, texts = Model(repository / "image-embedding"), Model(repository / "text-embedding")
    prepared = np.stack([model.pixels(picture) for picture in opened])
    images = np.concatenate([model(image=prepared[part])[0] for part in batches(count)])
    words = np.concatenate([texts(input_ids=np.stack([texts.ids(c) for c in captions[part]]))[0] for part in batches(count)])
    hits: dict[str, list[bool]] = {"text to image": [], "image to text": []}
    for start in range(0, count - 99, 100):
        near = words[start : start + 100] @ images[start : start + 100].T
        for name, best in (("text to image", near.argmax(1)), ("image to text", near.argmax(0))):
            hits[name] += [captions[start + row] == captions[start + found] for row, found in enumerate(best.tolist())]
    figures.update({f"{name}, first of 100": float(np.mean(found)) for name, found in hits.items() if found})
    choice = json.loads((repository / "image-embedding" / "labels.json").read_text())
    prompts = [[texts.ids(template.format(label)) for label in choice["labels"]] for template in choice["templates"]]
    mean = np.mean([texts(input_ids=np.stack(rows))[0] for rows in prompts], 0)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    alone = [index for index, kind in enumerate(kinds) if kind == "one"]
    best = (images[alone] @ mean.T).argmax(1)
    figures["zero-shot, 48 labels"] = float(np.mean([choice["labels"][b] in captions[i] for i, b in zip(alone, best)]))

    model = Model(repository / "moderation")
    prepared = np.stack([model.pixels(picture) for picture in opened])
    scores = np.concatenate([model(image=prepared[part])[0] for part in batches(count)])
    worst: dict[str, float] = {"AUC": 1.0, "recall": 1.0, "precision": 1.0}
    for index, (label, threshold) in enumerate(
        zip(model.manifest["labels"].split(","), map(float, model.manifest["thresholds"].split(",")))
    ):
        positive = np.array([label in record["labels"] for record in truth])
        flagged = scores[:, index] >= threshold
        found = {
            "AUC": area_under_curve(scores[:, index], positive),
            "recall": float(flagged[positive].mean()),
            "precision": float(positive[flagged].mean()),
        }
        print(f"moderation {label}: {positive.sum()} pictures,", {name: round(value, 4) for name, value in found.items()})
        worst = {name: min(worst[name], value) for name, value in found.items()}
    figures.update({f"moderation lowest {name}": value for name, value in worst.items()})
    return figures


def measure_speed(repository: Path, pictures: Path) -> None:
    """Median CPU milliseconds per call on one thread, for several batch sizes; what else the machine does counts little."""
    files = sorted(pictures.glob("*.png"))[:64]
    for name in ("image-embedding", "text-embedding", "caption", "vqa", "moderation"):
        model, line = Model(repository / name), []
        for size in (1, 4, 8, 16):
            inputs = {}
            wanted = {tensor.name for tensor in model.session.get_inputs()}
            times = []
            for round_ in range(24):
                chosen = [files[(round_ * size + row) % len(files)] for row in range(size)]
                if "image" in wanted:
                    inputs["image"] = np.stack([model.pixels(Image.open(file)) for file in chosen])
                if "input_ids" in wanted:
                    inputs["input_ids"] = np.stack([model.ids("is there a red circle?")] * size)
                began = time.process_time()
                model(**inputs)
                times.append((time.process_time() - began) * 1e3)
            line.append(f"{size}: {np.median(times):.1f} ms")
        print(f"{name:<16} batch of {', '.join(line)}")


def measure_demo(repository: Path, folder: Path) -> None:
    """Compares the models with the manifest of ``deploy/demo``, picture by picture."""
    caption, vqa, moderation = (Model(repository / name) for name in ("caption", "vqa", "moderation"))
    thresholds = np.array([float(value) for value in moderation.manifest["thresholds"].split(",")])
    for line in json.loads((folder / "manifest.json").read_text()):
        expected = line["expect"]
        if "caption" not in expected:
            continue
        picture = Image.open(folder / line["file"])
        tokens, _ = caption(image=caption.pixels(picture)[None])
        said = {"caption": caption.text(tokens[0].tolist()), "answers": []}
        for question in line["questions"]:
            tokens, _ = vqa(image=vqa.pixels(picture)[None], input_ids=vqa.ids(question)[None])
            said["answers"].append(vqa.text(tokens[0].tolist()))
        scores = moderation(image=moderation.pixels(picture)[None])[0][0]
        said["verdict"] = "BLOCK" if (scores >= thresholds).any() else "ALLOW"
        wrong = {name: (value, expected[name]) for name, value in said.items() if value != expected[name]}
        print(f"{line['file']:<56} {f'said, expected: {wrong}' if wrong else 'right'}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the model folders on freshly drawn pictures.")
    parser.add_argument("--repository", type=Path, default=HERE.parent, help="the model repository")
    parser.add_argument("--count", type=int, default=1500, help="pictures to draw")
    parser.add_argument("--seed", type=int, default=4242, help="seed of the pictures")
    parser.add_argument("--split", default="test", help="test: combinations never trained on")
    parser.add_argument("--misses", type=int, default=0, help="how many mistakes of each kind to print")
    parser.add_argument("--speed", action="store_true", help="also measure the time of a call")
    parser.add_argument("--check", action="store_true", help="fail when a figure is below what is promised")
    parser.add_argument("--demo", type=Path, help="only compare with the manifest in this folder of pictures")
    arguments = parser.parse_args()
    if arguments.demo:
        measure_demo(arguments.repository, arguments.demo)
        return
    with tempfile.TemporaryDirectory() as folder:
        command = ["--count", arguments.count, "--seed", arguments.seed, "--split", arguments.split, "--out", folder]
        subprocess.run([sys.executable, str(HERE / "draw.py"), *map(str, command)], check=True)
        figures = measure(arguments.repository, Path(folder), arguments.misses)
        for name, value in figures.items():
            print(f"{name:<32} {value:.4f}")
        if arguments.speed:
            measure_speed(arguments.repository, Path(folder))
    below = {name: figures[name] for name, least in PROMISED.items() if figures[name] < least}
    if arguments.check and below:
        sys.exit(f"below what is promised: {below}, expected at least {PROMISED}")


if __name__ == "__main__":
    main()
