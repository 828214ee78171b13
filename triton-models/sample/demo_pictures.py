"""Draws the pictures of ``deploy/demo`` and their manifest: what to send, and what should come back.

``python demo_pictures.py --out ../../deploy/demo``. Scenes are held-out combinations from one fixed seed; formats and
sizes are those that a reader of images meets: PNG and JPEG, larger than the models' input, not square, a palette, an
alpha channel, and one file that is cut off. Needs Pillow and numpy only.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from world import BENIGN, POLICY, SIDE, Scene, Thing, caption, draw, questions, sample_scene

SEED = 2026
LARGEST_BYTES = 200_000

# The first picture is the one that the documentation talks about, so its scene is given and not drawn by lot.
FIRST = Scene("one", "striped", (Thing("red", "circle", "small", 0, 0),))


@dataclass(frozen=True)
class Wanted:
    """One picture of the set: what kind of scene, and in which kind of file."""

    kind: str
    format: str = "png"
    size: tuple[int, int] = (SIDE, SIDE)
    mode: str = "RGB"
    mark: tuple[str, ...] = ()
    topics: tuple[str, ...] = ("color", "count")
    text: str | None = None


WANTED = (
    Wanted("one", topics=("color", "place", "size")),
    Wanted("one", topics=("shape", "background"), text="a test drawing"),
    Wanted("two", "jpg", (640, 480), topics=("relation", "color")),
    Wanted("many", topics=("count", "color")),
    Wanted("two", "png", (1024, 1024), topics=("relation", "existence")),
    Wanted("many", "jpg", (448, 448), topics=("count", "existence"), text="several things of one kind"),
    Wanted("one", "png", (448, 448), mode="P", topics=("color", "shape")),
    Wanted("two", "png", mode="RGBA", topics=("count", "background")),
    Wanted("one", "jpg", mark=POLICY, topics=("color",)),
    Wanted("one", mark=BENIGN, topics=("existence", "count"), text="a ring or a bar is harmless"),
    Wanted("broken", "jpg"),
    Wanted("one", "jpg", (800, 600), topics=("shape", "size")),
    Wanted("two", "jpg", (480, 640), topics=("relation", "shape")),
    Wanted("many", "png", (320, 320), topics=("count", "shape", "background")),
)


def choose_scene(wanted: Wanted, rng: random.Random) -> Scene:
    """A held-out scene of the wanted kind, with the wanted mark or with none."""
    while True:
        scene = sample_scene(rng, "test", kind=wanted.kind)
        if (scene.mark.kind in wanted.mark) if scene.mark else not wanted.mark:
            return scene


def file_name(number: int, scene: Scene, format_: str) -> str:
    """A name that tells what is in the picture, such as ``01-small-red-circle.png``."""
    words = caption(scene).split(" on a ")[0]
    if scene.kind == "one":
        words = f"{scene.things[0].size} {scene.things[0].name}"
    if scene.mark:
        words += f" with {'forbidden' if scene.policy else 'harmless'} {scene.mark.kind}"
    words = re.sub(r"\b(a|to|the|of)\b", " ", words)
    return f"{number:02d}-{'-'.join(words.split())}.{format_}"


def encoded(image: Image.Image, wanted: Wanted) -> bytes:
    if wanted.mode == "P":
        image = image.quantize(128, dither=Image.Dither.NONE)
    elif wanted.mode == "RGBA":
        image = image.convert("RGBA")
    buffer = io.BytesIO()
    if wanted.format == "jpg":
        image.save(buffer, "JPEG", quality=90, progressive=wanted.size == (448, 448))
    else:
        image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def entry(file: str, scene: Scene, wanted: Wanted, rng: random.Random) -> dict[str, object]:
    """The manifest's line on one picture. A symbol of the policy is blocked; everything else is allowed."""
    possible = {question.topic: question for question in questions(scene, rng)}
    asked = [possible[topic] for topic in wanted.topics if topic in possible]
    return {
        "file": file,
        "text": wanted.text,
        "questions": [question.text for question in asked],
        "expect": {
            "caption": caption(scene),
            "answers": [question.answer for question in asked],
            "verdict": "BLOCK" if scene.policy else "ALLOW",
            "status": "COMPLETE",
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the demo's pictures and write what to expect of each.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into; older pictures there are removed")
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("*.png"), *out.glob("*.jpg")):
        old.unlink()

    manifest = []
    for number, wanted in enumerate(WANTED, start=1):
        rng = random.Random(f"demo/{SEED}/{number}")
        if wanted.kind == "broken":
            whole = encoded(draw(sample_scene(rng, "test"), rng), wanted)
            file, content = f"{number:02d}-broken.jpg", whole[: len(whole) // 3]
            expect = {"verdict": None, "status": "REFUSED"}
            line = {"file": file, "text": None, "questions": ["what is the background?"], "expect": expect}
        else:
            scene = FIRST if number == 1 else choose_scene(wanted, rng)
            file, content = file_name(number, scene, wanted.format), encoded(draw(scene, rng, *wanted.size), wanted)
            line = entry(file, scene, wanted, rng)
        if len(content) > LARGEST_BYTES:
            raise ValueError(f"{file}: expected at most {LARGEST_BYTES} bytes, got {len(content)}")
        (out / file).write_bytes(content)
        manifest.append(line)
        print(f"{file:<56} {len(content):>7} bytes  {line['expect'].get('caption', '')}")
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
