"""Draws pictures of the sample world with what is true of them, for tests and measurements.

``python draw.py --count 100 --seed 7 --split test --out pictures`` writes PNG files and ``truth.jsonl``. The same
arguments give the same pictures. Needs Pillow and numpy only.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from world import SIDE, SPLITS, caption, draw, questions, scenes

# One picture in four is larger than the models' input, so that a reader's resize is exercised too. All are square:
# a centre crop and a squash then agree, and every model sees the whole scene.
LARGER_SIDES = (320, 448, 640)
LARGER_SHARE = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw pictures of the sample world, with their captions and answers.")
    parser.add_argument("--count", type=int, default=100, help="number of pictures")
    parser.add_argument("--seed", type=int, default=0, help="other seeds give other pictures")
    parser.add_argument("--split", choices=SPLITS, default="test", help="test: combinations never trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    with open(arguments.out / "truth.jsonl", "w", encoding="utf-8") as truth:
        for index, (scene, rng) in zip(range(arguments.count), scenes(arguments.seed, arguments.split)):
            side = rng.choice(LARGER_SIDES) if rng.random() < LARGER_SHARE else SIDE
            name = f"{index:05d}.png"
            draw(scene, rng, side, side).save(arguments.out / name)
            asked = questions(scene, random.Random(f"{arguments.seed}/{index}"))
            record = {
                "file": name,
                "caption": caption(scene),
                "questions": [{"topic": q.topic, "question": q.text, "answer": q.answer} for q in asked],
                "labels": scene.labels,
            }
            truth.write(json.dumps(record) + "\n")
            if (index + 1) % 500 == 0:
                print(f"{index + 1} of {arguments.count} pictures drawn", flush=True)
    print(f"{arguments.count} pictures and truth.jsonl in {arguments.out}")


if __name__ == "__main__":
    main()
