"""The drawn world of the sample pack: scenes, their pictures, and everything that is true of them.

A scene is symbols (one thing, a few equal things, or two things in a relation, on a 3 x 3 grid over one of four
backgrounds, perhaps with a policy symbol). From the symbols follow the picture, the caption, questions with their
answers, and the moderation labels, so each is right by construction and costs nothing to label.

One eighth of the attribute combinations, chosen by hash, is never trained on: it is the split ``test``. A model that
is right there has learnt to combine what it sees, and has not learnt the pictures by heart.

Needs Pillow and numpy only. ``python world.py --sheet sheet.png`` draws a contact sheet.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import re
from dataclasses import dataclass
from itertools import product
from typing import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

COLORS: dict[str, Colour] = {
    "red": (220, 40, 40),
    "green": (40, 160, 60),
    "blue": (40, 80, 220),
    "yellow": (240, 210, 40),
    "purple": (140, 50, 170),
    "cyan": (40, 190, 200),
    "black": (20, 20, 20),
    "pink": (250, 140, 190),
}
SHAPES = ("circle", "square", "triangle", "star", "plus", "diamond")
PLURALS = {shape: shape + ("es" if shape.endswith("s") else "s") for shape in SHAPES}
SIZES = ("small", "large")
BACKGROUNDS = ("plain", "striped", "dotted", "checkered")
NUMBERS = ("zero", "one", "two", "three", "four")
PLACES = (
    ("in the top left", "at the top", "in the top right"),
    ("on the left", "in the center", "on the right"),
    ("in the bottom left", "at the bottom", "in the bottom right"),
)
# Invented symbols that stand in for forbidden content, and harmless shapes that look like parts of them.
POLICY = ("ban sign", "bolt", "crossbones")
BENIGN = ("ring", "bar")
POLICY_PHRASES = {"ban sign": "with a ban sign", "bolt": "with a bolt", "crossbones": "with crossbones"}
LABELS = tuple(name.replace(" ", "-") for name in POLICY)
MARK_COLOURS: tuple[Colour, ...] = ((60, 60, 60), (110, 20, 20), (20, 60, 110))

SPLITS = ("train", "test")
KINDS = ("one", "many", "two")
KIND_SHARES = (0.45, 0.20, 0.35)
POLICY_SHARE = 0.20
BENIGN_SHARE = 0.12
CELLS = tuple(product(range(3), range(3)))

# What each side of a relation says, and the same relation seen from the other thing.
RELATIONS = {"left": ("to the left of", "to the right of"), "above": ("above", "below")}

TEMPLATES = (
    "{}",
    "a picture of {}",
    "a drawing of {}",
    "an image showing {}",
    "there is {}",
    "this is {}",
)

SIDE = 224
"""Side in pixels of the picture that the models see."""
NOISE_GRID = 112
"""The grain of a picture: one noise value per 1/112 of the scene's side, whatever the size in pixels."""


@dataclass(frozen=True)
class Thing:
    """A coloured shape in one cell of the grid. ``row`` and ``column`` are 0, 1 or 2, from the top left."""

    color: str
    shape: str
    size: str
    row: int
    column: int

    @property
    def name(self) -> str:
        return f"{self.color} {self.shape}"


@dataclass(frozen=True)
class Mark:
    """A policy symbol or a benign look-alike in an otherwise free cell."""

    kind: str
    row: int
    column: int


@dataclass(frozen=True)
class Scene:
    """What a picture shows.

    ``kind`` is ``one`` (one thing), ``many`` (2 to 4 equal things), ``two`` (two things of different colours, the
    first ``left`` of or ``above`` the second) or ``crowd`` (only for pre-training; it has no caption).
    """

    kind: str
    background: str
    things: tuple[Thing, ...]
    relation: str | None = None
    mark: Mark | None = None

    @property
    def policy(self) -> str | None:
        """The policy symbol in the picture, or None; a benign look-alike is none."""
        return self.mark.kind if self.mark and self.mark.kind in POLICY else None

    @property
    def labels(self) -> list[str]:
        """The moderation labels that hold."""
        return [self.policy.replace(" ", "-")] if self.policy else []


@dataclass(frozen=True)
class Question:
    """A question with its one right answer. ``topic`` groups questions for reports."""

    topic: str
    text: str
    answer: str


# ---------------------------------------------------------------------------------------------------------- sampling


def held_out(*attributes: object) -> bool:
    """Whether this combination of attributes belongs to the split ``test``: true for one in eight, for ever."""
    return hashlib.sha256("|".join(map(str, attributes)).encode()).digest()[0] % 8 == 0


def sample_scene(
    rng: random.Random, split: str = "train", *, kind: str | None = None, shares: Sequence[float] = KIND_SHARES
) -> Scene:
    """Draws a scene whose combination of attributes belongs to ``split``.

    :param kind: one of :data:`KINDS`, or None to draw it with the given ``shares``
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS}, got {split!r}")
    while True:
        chosen = kind or rng.choices(KINDS, shares)[0]
        background = rng.choice(BACKGROUNDS)
        relation = None
        if chosen == "one":
            thing = Thing(rng.choice(list(COLORS)), rng.choice(SHAPES), rng.choice(SIZES), *rng.choice(CELLS))
            things = (thing,)
            key: tuple[object, ...] = ("one", thing.color, thing.shape, thing.size, thing.row, thing.column)
        elif chosen == "many":
            color, shape = rng.choice(list(COLORS)), rng.choice(SHAPES)
            cells = rng.sample(CELLS, rng.randint(2, 4))
            things = tuple(Thing(color, shape, "small", *cell) for cell in cells)
            key = ("many", len(things), color, shape, background)
        else:
            (color1, color2), shape1, shape2 = rng.sample(list(COLORS), 2), rng.choice(SHAPES), rng.choice(SHAPES)
            relation = rng.choice(list(RELATIONS))
            line, (first, second) = rng.randrange(3), sorted(rng.sample(range(3), 2))
            cell1, cell2 = ((line, first), (line, second)) if relation == "left" else ((first, line), (second, line))
            things = (Thing(color1, shape1, "small", *cell1), Thing(color2, shape2, "small", *cell2))
            key = ("two", relation, color1, shape1, color2, shape2)
        if held_out(*key) == (split == "test"):
            return Scene(chosen, background, things, relation, _sample_mark(rng, things, POLICY_SHARE, BENIGN_SHARE))


def sample_crowd(rng: random.Random) -> Scene:
    """Draws 3 to 7 unrelated things: many labelled cells for the price of one picture, for pre-training only.

    A thing whose combination is held out in scenes of kind ``one`` does not appear here either.
    """
    things: list[Thing] = []
    for cell in rng.sample(CELLS, rng.randint(3, 7)):
        while True:
            thing = Thing(rng.choice(list(COLORS)), rng.choice(SHAPES), rng.choice(SIZES), *cell)
            if not held_out("one", thing.color, thing.shape, thing.size, *cell):
                break
        things.append(thing)
    return Scene("crowd", rng.choice(BACKGROUNDS), tuple(things), None, _sample_mark(rng, things, 0.5, 0.3))


def _sample_mark(rng: random.Random, things: Sequence[Thing], policy: float, benign: float) -> Mark | None:
    chance = rng.random()
    if chance >= policy + benign:
        return None
    used = {(thing.row, thing.column) for thing in things}
    cell = rng.choice([cell for cell in CELLS if cell not in used])
    return Mark(rng.choice(POLICY if chance < policy else BENIGN), *cell)


# ----------------------------------------------------------------------------------------------------------- drawing


def draw(scene: Scene, rng: random.Random, width: int = SIDE, height: int = SIDE, supersample: int = 2) -> Image.Image:
    """Draws the scene as an RGB picture; the same scene and random state give the same pixels.

    The grid lies on the largest centred square, so a centre crop of the short side shows the whole scene; the
    background covers all of the canvas.

    :param supersample: edges are smoothed by drawing this many times larger and averaging
    """
    canvas_width, canvas_height = width * supersample, height * supersample
    side = min(canvas_width, canvas_height)
    left, top = (canvas_width - side) / 2, (canvas_height - side) / 2
    base = tuple(rng.randint(205, 250) for _ in range(3))
    image = Image.new("RGB", (canvas_width, canvas_height), base)
    pen = ImageDraw.Draw(image)
    _draw_background(pen, scene.background, base, side, canvas_width, canvas_height, rng)

    cell = side / 3
    for thing in scene.things:
        small = thing.size == "small"
        radius = cell * (rng.uniform(0.27, 0.32) if small else rng.uniform(0.44, 0.50))
        jitter = cell * (0.08 if small else 0.02)
        x = left + (thing.column + 0.5) * cell + rng.uniform(-jitter, jitter)
        y = top + (thing.row + 0.5) * cell + rng.uniform(-jitter, jitter)
        colour = tuple(min(255, max(0, value + rng.randint(-18, 18))) for value in COLORS[thing.color])
        _draw_shape(pen, thing.shape, x, y, radius, colour, math.radians(rng.uniform(-12, 12)))
    if scene.mark:
        x = left + (scene.mark.column + 0.5 + rng.uniform(-0.1, 0.1)) * cell
        y = top + (scene.mark.row + 0.5 + rng.uniform(-0.1, 0.1)) * cell
        radius = cell * rng.uniform(0.22, 0.31)
        _draw_mark(pen, scene.mark.kind, x, y, radius, rng.choice(MARK_COLOURS), rng.uniform(-0.5, 0.5))

    return _add_grain(image.reduce(supersample), min(width, height), rng)


def _add_grain(image: Image.Image, side: int, rng: random.Random) -> Image.Image:
    columns, rows = (max(1, round(NOISE_GRID * length / side)) for length in image.size)
    amplitude = rng.randint(2, 7)
    noise = np.random.default_rng(rng.getrandbits(32)).integers(-amplitude, amplitude, (rows, columns), np.int16, True)
    if (columns, rows) != image.size:
        x = np.arange(image.width) * columns // image.width
        y = np.arange(image.height) * rows // image.height
        noise = noise[np.ix_(y, x)]
    pixels = np.asarray(image, dtype=np.int16) + noise[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _draw_background(
    pen: ImageDraw.ImageDraw, kind: str, base: Sequence[int], side: int, width: int, height: int, rng: random.Random
) -> None:
    step = max(2, int(side * rng.uniform(0.06, 0.09)))
    offset = rng.randrange(step)
    flip = rng.random() < 0.5
    other = tuple(max(0, value - rng.randint(32, 55)) for value in base)
    if kind == "striped":
        for start in range(offset - 2 * step, max(width, height), 2 * step):
            end = start + step - 1
            pen.rectangle([start, 0, end, height] if flip else [0, start, width, end], fill=other)
    elif kind == "dotted":
        radius = step * 0.28
        for y in range(offset - step, height + step, step):
            for x in range(offset - step, width + step, step):
                pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=other)
    elif kind == "checkered":
        for j, y in enumerate(range(offset - step, height, step)):
            for i, x in enumerate(range(offset - step, width, step)):
                if (i + j) % 2:
                    pen.rectangle([x, y, x + step - 1, y + step - 1], fill=other)


def _turned(points: Sequence[tuple[float, float]], x: float, y: float, angle: float) -> list[tuple[float, float]]:
    """The points, given around the origin, turned by ``angle`` radians and moved to (x, y)."""
    cos, sin = math.cos(angle), math.sin(angle)
    return [(x + cos * px - sin * py, y + sin * px + cos * py) for px, py in points]


def _corners(count: int, radius: float, inner: float | None = None) -> list[tuple[float, float]]:
    """A regular polygon with one corner on top; with ``inner``, a star whose notches lie at that share of the radius."""
    total = count * 2 if inner else count
    angles = [2 * math.pi * i / total - math.pi / 2 for i in range(total)]
    radii = [radius * inner if inner and i % 2 else radius for i in range(total)]
    return [(r * math.cos(a), r * math.sin(a)) for r, a in zip(radii, angles)]


def _box(half_width: float, half_height: float) -> list[tuple[float, float]]:
    return [(-half_width, -half_height), (half_width, -half_height), (half_width, half_height), (-half_width, half_height)]


def _draw_shape(
    pen: ImageDraw.ImageDraw, shape: str, x: float, y: float, radius: float, colour: Sequence[int], angle: float
) -> None:
    if shape == "circle":
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)
        return
    outlines = {
        "square": [_box(radius * 0.81, radius * 0.81)],
        "triangle": [_corners(3, radius * 1.15)],
        "star": [_corners(5, radius * 1.15, inner=0.42)],
        "plus": [_box(radius * 0.36, radius), _box(radius, radius * 0.36)],
        "diamond": [[(0, -radius * 1.2), (radius * 0.72, 0), (0, radius * 1.2), (-radius * 0.72, 0)]],
    }
    for outline in outlines[shape]:
        pen.polygon(_turned(outline, x, y, angle), fill=colour)


def _draw_mark(
    pen: ImageDraw.ImageDraw, kind: str, x: float, y: float, radius: float, colour: Colour, angle: float
) -> None:
    thick = max(3, int(radius * 0.26))
    reach = radius * 0.8

    def stroke(direction: float, knobs: bool) -> None:
        ends = _turned([(-reach, 0), (reach, 0)], x, y, direction)
        pen.line(ends, fill=colour, width=thick)
        for end_x, end_y in ends if knobs else ():
            knob = thick * 0.95
            pen.ellipse([end_x - knob, end_y - knob, end_x + knob, end_y + knob], fill=colour)

    if kind in ("ring", "ban sign"):
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], outline=colour, width=thick)
    if kind == "ban sign":
        stroke(angle + math.pi / 4, knobs=False)
    elif kind == "bar":
        stroke(angle, knobs=False)
    elif kind == "crossbones":
        stroke(angle + math.pi / 4, knobs=True)
        stroke(angle - math.pi / 4, knobs=True)
    elif kind == "bolt":
        zigzag = [(0.15, -1.1), (-0.6, 0.15), (-0.05, 0.15), (-0.25, 1.1), (0.6, -0.2), (0.05, -0.2), (0.45, -1.1)]
        pen.polygon(_turned([(radius * px, radius * py) for px, py in zigzag], x, y, angle), fill=colour)


# ------------------------------------------------------------------------------------------------------------- words


def caption(scene: Scene) -> str:
    """The one caption of a scene, e.g. ``a small red circle in the top left on a striped background with a bolt``."""
    first = scene.things[0]
    if scene.kind == "one":
        text = f"a {first.size} {first.name} {PLACES[first.row][first.column]}"
    elif scene.kind == "many":
        text = f"{NUMBERS[len(scene.things)]} {first.color} {PLURALS[first.shape]}"
    elif scene.kind == "two":
        text = f"a {first.name} {RELATIONS[scene.relation][0]} a {scene.things[1].name}"
    else:
        raise ValueError(f"a scene of kind {scene.kind!r} has no caption")
    text += f" on a {scene.background} background"
    return f"{text} {POLICY_PHRASES[scene.policy]}" if scene.policy else text


def description(scene: Scene, rng: random.Random) -> str:
    """A full or partial description under a random template, for the contrastive towers."""
    text = caption(scene)
    first = scene.things[0]
    if rng.random() > 0.6:
        if scene.kind == "one":
            partial = (
                f"a {first.name}",
                f"a {first.size} {first.name}",
                f"a {first.name} {PLACES[first.row][first.column]}",
                f"a {first.name} on a {scene.background} background",
            )
        elif scene.kind == "many":
            several = f"{first.color} {PLURALS[first.shape]}"
            partial = (several, f"{NUMBERS[len(scene.things)]} {several}", f"{several} on a {scene.background} background")
        else:
            second = scene.things[1]
            partial = (f"a {first.name} and a {second.name}", f"a {second.name} and a {first.name}")
        text = rng.choice(partial)
        if scene.policy and rng.random() < 0.5:
            text += f" {POLICY_PHRASES[scene.policy]}"
    return rng.choice(TEMPLATES).format(text)


def questions(scene: Scene, rng: random.Random) -> list[Question]:
    """One question of each topic that has a single right answer in this scene.

    Policy symbols and look-alikes are not counted and are not "objects".
    """
    first, second = scene.things[0], scene.things[-1]
    found = [
        Question("background", "what is the background?", scene.background),
        Question("count", "how many objects are there?", NUMBERS[len(scene.things)]),
        _count_of_shape(scene, rng),
        _existence(scene, rng),
    ]
    if scene.kind == "one":
        found += [
            Question("color", f"what color is the {first.shape}?", first.color),
            Question("shape", f"what shape is the {first.color} object?", first.shape),
            Question("size", f"what size is the {first.shape}?", first.size),
            Question("place", f"where is the {first.shape}?", PLACES[first.row][first.column]),
        ]
    elif scene.kind == "many":
        found += [
            Question("color", f"what color are the {PLURALS[first.shape]}?", first.color),
            Question("shape", f"what shape are the {first.color} objects?", first.shape),
        ]
    else:
        asked, other = rng.sample((first, second), 2)
        found.append(Question("shape", f"what shape is the {asked.color} object?", asked.shape))
        if asked.shape != other.shape:
            found.append(Question("color", f"what color is the {asked.shape}?", asked.color))
        found.append(_relation(scene, rng))
    return found


def _count_of_shape(scene: Scene, rng: random.Random) -> Question:
    shape = scene.things[0].shape if rng.random() < 0.7 else rng.choice(SHAPES)
    count = sum(thing.shape == shape for thing in scene.things)
    return Question("count", f"how many {PLURALS[shape]} are there?", NUMBERS[count])


def _existence(scene: Scene, rng: random.Random) -> Question:
    thing, other = rng.choice(scene.things), rng.choice(scene.things)
    chance = rng.random()
    if chance < 0.5:
        color, shape = thing.color, thing.shape
    elif chance < 0.75:  # the hard half of the "no": what is there, put together wrongly
        color, shape = (thing.color, rng.choice(SHAPES)) if rng.random() < 0.5 else (rng.choice(list(COLORS)), other.shape)
    else:
        color, shape = rng.choice(list(COLORS)), rng.choice(SHAPES)
    present = any((thing.color, thing.shape) == (color, shape) for thing in scene.things)
    return Question("existence", f"is there a {color} {shape}?", "yes" if present else "no")


def _relation(scene: Scene, rng: random.Random) -> Question:
    first, second = scene.things
    axis = scene.relation if rng.random() < 0.85 else next(name for name in RELATIONS if name != scene.relation)
    seen_from_first = rng.random() < 0.5
    subject, object_ = (first, second) if seen_from_first else (second, first)
    side = rng.randrange(2)
    true = axis == scene.relation and (side == 0) == seen_from_first
    text = f"is the {subject.name} {RELATIONS[axis][side]} the {object_.name}?"
    return Question("relation", text, "yes" if true else "no")


_REWORDINGS = (
    ("what is the background?", "what kind of background is it?"),
    ("what is the background?", "which background is there?"),
    ("how many objects are there?", "how many objects are in the picture?"),
    ("how many objects are there?", "how many things are there?"),
    ("color", "colour"),
    ("is there a", "can you see a"),
    ("is there a", "does the picture show a"),
    ("are there", "are in the picture"),
    ("object", "thing"),
    ("what size is the", "how large is the"),
    ("where is the", "in which place is the"),
    ("?", ""),
    ("?", " in the picture?"),
)


def reworded(question: Question, rng: random.Random) -> Question:
    """The same question in other words, as people type it; for training, so that small changes do no harm."""
    usable = [(old, new) for old, new in _REWORDINGS if old in question.text]
    old, new = rng.choice(usable)
    return Question(question.topic, question.text.replace(old, new), question.answer)


def vocabulary() -> list[str]:
    """Every word that captions, questions and answers of this world use, sorted, then the question mark."""
    texts = [*COLORS, *SHAPES, *PLURALS.values(), *SIZES, *BACKGROUNDS, *NUMBERS, *POLICY_PHRASES.values(), *TEMPLATES]
    texts += [place for row in PLACES for place in row]
    texts += [phrase for pair in RELATIONS.values() for phrase in pair]
    texts += [phrase for pair in _REWORDINGS for phrase in pair]
    texts += ["a the and on background yes no", "what color is the", "what shape are the object objects", "where is it"]
    return sorted({word for text in texts for word in re.findall(r"[a-z]+", text)}) + ["?"]


# ------------------------------------------------------------------------------------------------------ command line


def scenes(seed: int, split: str) -> Iterator[tuple[Scene, random.Random]]:
    """Endless scenes, each with the random source that draws it; the n-th does not depend on the others."""
    index = 0
    while True:
        rng = random.Random(f"{seed}/{split}/{index}")
        yield sample_scene(rng, split), rng
        index += 1


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a contact sheet of the world and print what is true of it.")
    parser.add_argument("--sheet", required=True, help="picture to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=SPLITS, default="train")
    arguments = parser.parse_args()
    sheet = Image.new("RGB", (6 * SIDE, 4 * SIDE))
    for place, (scene, rng) in zip(range(24), scenes(arguments.seed, arguments.split)):
        sheet.paste(draw(scene, rng), (place % 6 * SIDE, place // 6 * SIDE))
        print(f"{caption(scene)}; {scene.labels or 'clean'}")
        for question in questions(scene, rng):
            print(f"    {question.text} {question.answer}")
    sheet.save(arguments.sheet)


if __name__ == "__main__":
    main()
