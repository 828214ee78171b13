"""Trains the sample pack from nothing and writes the model folders: one command, fixed seeds.

``python train.py --out build`` draws the pictures it needs as it goes, trains the trunk on dense labels, computes the
slots of fresh pictures once, trains each head on them, and exports. A stage whose file is already in ``--out`` is
skipped, so a stopped run goes on where it was. Only combinations of the split ``train`` are ever drawn here.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import multiprocessing.pool
import random
import resource
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

import world
from nets import CELL_CLASSES, HEADS_BY_NAME, DenseLabels, Trunk
from words import ANSWER_LENGTH, CAPTION_LENGTH, DEC, ENC, IDS, PAD, TEXT_LENGTH, encode_all
from world import Scene

HALF = world.SIDE // 2
IGNORED = -100  # the target that cross_entropy leaves out

# Shares of one, many, two. Counting is the hardest to write about, so training sees more of it than a test does.
TRAINING_SHARES = (0.37, 0.30, 0.33)

# What is slow to learn is asked more often: with equal weights, relations and places were still at chance at the end.
TOPIC_WEIGHTS = {"relation": 4.0, "existence": 2.0, "place": 2.0, "count": 1.0}


@dataclass(frozen=True)
class Plan:
    """How much is done. The figures are the ones behind the shipped files; a smaller effort is for trying the code."""

    trunk_steps: int = 2400
    trunk_batch: int = 48
    trunk_rate: float = 2e-3
    pictures: int = 40_000
    validation: int = 4_000
    head_rate: float = 1.5e-3
    head_steps: tuple[tuple[str, int, int], ...] = (
        ("caption", 2000, 96),
        ("vqa", 3800, 64),
        ("clip", 900, 256),
        ("moderation", 600, 128),
    )

    def scaled(self, effort: float) -> Plan:
        return Plan(
            trunk_steps=max(2, int(self.trunk_steps * effort)),
            pictures=max(600, int(self.pictures * effort)),
            validation=max(600, int(self.validation * effort)),
            head_steps=tuple((name, max(2, int(steps * effort)), batch) for name, steps, batch in self.head_steps),
        )


def cpu_seconds() -> float:
    """CPU time of this process and of its finished workers."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


# ---------------------------------------------------------------------------------------------------------- pictures


def draw_half(scene: Scene, rng: random.Random) -> np.ndarray:
    """Draws a scene at half size, uint8 [112, 112, 3].

    One picture in four lies on a canvas that is not square and is squashed, as the BLIP family's resize does.
    """
    ratio = rng.uniform(1.05, 1.4) if rng.random() < 0.25 else 1.0
    width, height = (round(HALF * ratio), HALF) if rng.random() < 0.75 else (HALF, round(HALF * ratio))
    image = world.draw(scene, rng, width, height, supersample=4)
    if image.size != (HALF, HALF):
        image = image.resize((HALF, HALF), Image.Resampling.BICUBIC)
    return np.asarray(image)


def dense_labels(scene: Scene) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Class, colour and size of each of the nine cells, int64 [9], and the background."""
    classes, colors, sizes = np.zeros(9, np.int64), np.full(9, IGNORED), np.full(9, IGNORED)
    for thing in scene.things:
        cell = thing.row * 3 + thing.column
        classes[cell] = CELL_CLASSES.index(thing.shape)
        colors[cell] = list(world.COLORS).index(thing.color)
        sizes[cell] = world.SIZES.index(thing.size)
    if scene.mark:
        classes[scene.mark.row * 3 + scene.mark.column] = CELL_CLASSES.index(scene.mark.kind)
    return classes, colors, sizes, world.BACKGROUNDS.index(scene.background)


def trunk_batch(job: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """Pictures and dense labels of one step: half crowds, half scenes as the heads will see them."""
    step, size = job
    rng = random.Random(f"trunk/{step}")
    drawn = [
        world.sample_crowd(rng) if index % 2 else world.sample_scene(rng, shares=TRAINING_SHARES)
        for index in range(size)
    ]
    labels = zip(*(dense_labels(scene) for scene in drawn))
    return np.stack([draw_half(scene, rng) for scene in drawn]), *(np.stack(kind) for kind in labels)


def scene_batch(job: tuple[str, int, int]) -> tuple[np.ndarray, list[Scene]]:
    """Pictures and scenes of one part of a data set."""
    name, part, size = job
    rng = random.Random(f"{name}/{part}")
    shares = world.KIND_SHARES if name == "validation" else TRAINING_SHARES
    drawn = [world.sample_scene(rng, shares=shares) for _ in range(size)]
    return np.stack([draw_half(scene, rng) for scene in drawn]), drawn


def ahead(pool: multiprocessing.pool.Pool, work: Callable, jobs: Sequence) -> Iterator:
    """Results in order, a few computed ahead."""
    waiting: deque = deque()
    for job in jobs:
        waiting.append(pool.apply_async(work, (job,)))
        if len(waiting) > 8:
            yield waiting.popleft().get()
    while waiting:
        yield waiting.popleft().get()


def channels_first(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float()


# ---------------------------------------------------------------------------------------------------------- training


def optimizer(modules: Sequence[nn.Module], rate: float) -> torch.optim.AdamW:
    parameters = [parameter for module in modules for parameter in module.parameters()]
    matrices = {"params": [p for p in parameters if p.dim() > 1], "weight_decay": 0.05}
    others = {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0}
    return torch.optim.AdamW([matrices, others], lr=rate, betas=(0.9, 0.98))


def descend(optimiser: torch.optim.AdamW, loss: Tensor, step: int, steps: int, rate: float) -> None:
    """One step with a short warm-up and a cosine to almost nothing."""
    now = rate * min(1.0, (step + 1) / 80) * (0.5 * (1 + math.cos(math.pi * step / steps)) + 0.003)
    for group in optimiser.param_groups:
        group["lr"] = now
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for group in optimiser.param_groups for p in group["params"]], 1.0)
    optimiser.step()


class Progress:
    """Prints a line every few steps: what is done, at which loss, how long it will take."""

    def __init__(self, name: str, steps: int) -> None:
        self.name, self.steps, self.every = name, steps, max(1, steps // 12)
        self.began, self.loss = time.time(), 0.0

    def tell(self, step: int, loss: float) -> None:
        self.loss = loss if step == 0 else 0.95 * self.loss + 0.05 * loss
        if (step + 1) % self.every == 0:
            spent = time.time() - self.began
            left = spent / (step + 1) * (self.steps - step - 1)
            print(
                f"{self.name:<10} step {step + 1:>5} of {self.steps}, loss {self.loss:.4f}, "
                f"{spent:.0f} s so far, about {left:.0f} s to go",
                flush=True,
            )


def train_trunk(plan: Plan, pool: multiprocessing.pool.Pool) -> Trunk:
    """Teaches the trunk to say what is in each cell, which the drawing code knows for free."""
    torch.manual_seed(1)
    trunk, dense = Trunk().to(memory_format=torch.channels_last), DenseLabels()
    optimiser = optimizer((trunk, dense), plan.trunk_rate)
    weights = torch.ones(len(CELL_CLASSES))
    weights[0] = 0.3  # most cells are empty
    progress = Progress("trunk", plan.trunk_steps)
    jobs = [(step, plan.trunk_batch) for step in range(plan.trunk_steps)]
    for step, (pixels, *labels) in enumerate(ahead(pool, trunk_batch, jobs)):
        targets = [torch.from_numpy(label) for label in labels]
        classes, colors, sizes, backgrounds = dense(trunk.halved(channels_first(pixels)))
        loss = (
            2 * F.cross_entropy(classes.transpose(1, 2), targets[0], weight=weights)
            + F.cross_entropy(colors.transpose(1, 2), targets[1])
            + 0.5 * F.cross_entropy(sizes.transpose(1, 2), targets[2])
            + 0.5 * F.cross_entropy(backgrounds, targets[3])
        )
        descend(optimiser, loss, step, plan.trunk_steps, plan.trunk_rate)
        progress.tell(step, loss.item())

    trunk.eval()
    right = total = 0
    for pixels, drawn in ahead(pool, scene_batch, [("validation", part, 100) for part in range(plan.validation // 100)]):
        with torch.no_grad():
            said = [logits.argmax(-1).numpy() for logits in dense(trunk.halved(channels_first(pixels)))]
        known = [np.stack(kind) for kind in zip(*(dense_labels(scene) for scene in drawn))]
        agree = said[3] == known[3]
        for mine, theirs in zip(said[:3], known[:3]):
            agree &= ((mine == theirs) | (theirs == IGNORED)).all(1)
        right, total = right + int(agree.sum()), total + len(drawn)
    print(f"trunk      whole scene right on {right / total:.4f} of {total} validation pictures", flush=True)
    return trunk


@dataclass(frozen=True)
class Slots:
    """A data set as the heads see it: slots float16 [pictures, S, D] and the scene of each."""

    values: np.ndarray
    scenes: list[Scene]

    def first(self, count: int) -> Slots:
        return Slots(self.values[:count], self.scenes[:count])


def compute_slots(trunk: Trunk, name: str, count: int, pool: multiprocessing.pool.Pool) -> Slots:
    """Draws a data set and keeps only the slots of its pictures."""
    values, drawn = [], []
    progress = Progress(f"slots of {name}", count // 100)
    for part, (pixels, batch) in enumerate(ahead(pool, scene_batch, [(name, part, 100) for part in range(count // 100)])):
        with torch.no_grad():
            values.append(trunk.halved(channels_first(pixels)).half().numpy())
        drawn += batch
        progress.tell(part, 0.0)
    return Slots(np.concatenate(values), drawn)


def trimmed(ids: np.ndarray) -> Tensor:
    """Ids without the columns that are padding in every row."""
    return torch.from_numpy(ids[:, : int((ids != PAD).sum(1).max())])


def pick_question(scene: Scene, rng: random.Random) -> world.Question:
    """Asks the slow topics more often, and one question in six in other words."""
    asked = world.questions(scene, rng)
    question = rng.choices(asked, [TOPIC_WEIGHTS.get(question.topic, 0.5) for question in asked])[0]
    if rng.random() < 1 / 6:
        question = world.reworded(question, rng)
        if rng.random() < 0.2:  # a word that the world does not know, anywhere
            words = question.text.split()
            words.insert(rng.randrange(len(words) + 1), "[UNK]")
            question = world.Question(question.topic, " ".join(words), question.answer)
    return question


_NOUNS = {
    **{IDS[shape]: shape for shape in world.SHAPES},
    **{IDS[plural]: shape for shape, plural in world.PLURALS.items()},
    **{IDS[noun]: None for noun in ("object", "objects", "thing", "things")},
}
_RELATION_WORDS = {IDS[word] for word in ("left", "right", "above", "below")}
_COLORS = {IDS[color]: color for color in world.COLORS}


def word_cells(questions: Tensor, scenes: Sequence[Scene]) -> tuple[Tensor, Tensor]:
    """Where colours and nouns of the questions are, bool [B, T], and the cells each is about, float [words, 9].

    A colour is about the things of that colour; a noun about those of its shape, and of its colour when one stands
    before it. Without being told this, the question encoder took thousands of steps to find out what "is there a red
    circle?" asks to compare.
    """
    words, cells = torch.zeros(questions.shape, dtype=torch.bool), []
    for row, (ids, scene) in enumerate(zip(questions.tolist(), scenes)):
        for place, index in enumerate(ids):
            if index in _NOUNS or index in _COLORS:
                words[row, place] = True
                shape, color = _NOUNS.get(index), _COLORS.get(index) or _COLORS.get(ids[place - 1])
                about = [0.0] * 9
                for thing in scene.things:
                    if shape in (None, thing.shape) and color in (None, thing.color):
                        about[thing.row * 3 + thing.column] = 1.0
                cells.append(about)
    return words, torch.tensor(cells).view(-1, 9)


def true_directions(questions: Tensor, scenes: Sequence[Scene]) -> tuple[Tensor, Tensor]:
    """Where the relation words of the questions are, bool [B, T], and how the first noun really lies to the second.

    The answer to a relation depends on three things at once (which noun comes first, which word stands between, how
    the things lie), and any two of them alone tell nothing; naming one step of the way takes that plateau away.
    """
    words, directions = torch.zeros(questions.shape, dtype=torch.bool), []
    for row, (ids, scene) in enumerate(zip(questions.tolist(), scenes)):
        for place, index in enumerate(ids):
            if index in _RELATION_WORDS:
                words[row, place] = True
                asked_first = next(_COLORS[before] for before in ids if before in _COLORS)
                seen_from_first = asked_first == scene.things[0].color
                directions.append(2 * list(world.RELATIONS).index(scene.relation) + (not seen_from_first))
    return words, torch.tensor(directions, dtype=torch.int64)


def head_loss(name: str, head: nn.Module, slots: Tensor, scenes: Sequence[Scene], rng: random.Random) -> Tensor:
    if name == "caption":
        ids = trimmed(encode_all(map(world.caption, scenes), CAPTION_LENGTH, DEC))
        return F.cross_entropy(head(slots, ids[:, :-1]).transpose(1, 2), ids[:, 1:], ignore_index=PAD)
    if name == "vqa":
        asked = [pick_question(scene, rng) for scene in scenes]
        question = trimmed(encode_all((q.text for q in asked), TEXT_LENGTH, ENC))
        answer = trimmed(encode_all((q.answer for q in asked), ANSWER_LENGTH, DEC))
        memory, hidden = head.question(slots, question)
        logits = head.answer(memory, hidden, answer[:, :-1])
        named, cells = word_cells(question, scenes)
        pointing = F.binary_cross_entropy_with_logits(head.grounding(memory[named]), cells)
        between, directions = true_directions(question, scenes)
        relating = F.cross_entropy(head.direction(memory[between]), directions) if len(directions) else 0.0
        told = F.cross_entropy(logits.transpose(1, 2), answer[:, 1:], ignore_index=PAD)
        return told + 3 * pointing + 0.2 * relating
    if name == "clip":
        texts = [world.description(scene, rng) for scene in scenes]
        scores = head.scale * head.image(slots) @ head.text(trimmed(encode_all(texts, TEXT_LENGTH))).T
        equal = torch.tensor([[a == b for b in texts] for a in texts]) & ~torch.eye(len(texts), dtype=torch.bool)
        scores, own = scores.masked_fill(equal, -1e9), torch.arange(len(texts))
        return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2
    if name == "moderation":
        return F.binary_cross_entropy_with_logits(head(slots), policy_targets(scenes))
    raise ValueError(f"no such head: {name}")


def policy_targets(scenes: Sequence[Scene]) -> Tensor:
    return torch.tensor([[float(scene.policy == symbol) for symbol in world.POLICY] for scene in scenes])


def train_head(name: str, data: Slots, check: Slots, steps: int, batch: int, rate: float) -> nn.Module:
    """Trains one head on cached slots; four times on the way it says how it does on part of the validation pictures."""
    torch.manual_seed(2)
    rng = random.Random(f"head/{name}")
    head = HEADS_BY_NAME[name]()
    optimiser, progress = optimizer((head,), rate), Progress(name, steps)
    order: list[int] = []
    for step in range(steps):
        if len(order) < batch:
            order = rng.sample(range(len(data.scenes)), len(data.scenes))
        chosen, order = order[:batch], order[batch:]
        slots = torch.from_numpy(data.values[chosen]).float()
        slots = slots + 0.1 * torch.randn_like(slots)  # slots of unseen pictures differ a little
        loss = head_loss(name, head, slots, [data.scenes[index] for index in chosen], rng)
        descend(optimiser, loss, step, steps, rate)
        progress.tell(step, loss.item())
        if (step + 1) % max(1, steps // 5) == 0 and step + 1 < steps:
            head.eval()
            print(f"{name:<10} so far {validate(name, head, check)}", flush=True)
            head.train()
    return head.eval()


# -------------------------------------------------------------------------------------------------------- validation


@torch.no_grad()
def validate(name: str, head: nn.Module, data: Slots) -> dict[str, object]:
    """Figures on fresh pictures of training combinations; moderation also gets its thresholds here."""
    slots, rng = torch.from_numpy(data.values).float(), random.Random("validate")
    if name == "caption":  # right at each step when told the right past is the same as right when writing greedily
        ids = torch.from_numpy(encode_all(map(world.caption, data.scenes), CAPTION_LENGTH, DEC))
        right = _all_right(head(slots, ids[:, :-1]), ids)
        return {"exact": float(right.mean()), **_by(right, [scene.kind for scene in data.scenes])}
    if name == "vqa":
        asked = [rng.choice(world.questions(scene, rng)) for scene in data.scenes]
        answer = torch.from_numpy(encode_all((q.answer for q in asked), ANSWER_LENGTH, DEC))
        question = torch.from_numpy(encode_all((q.text for q in asked), TEXT_LENGTH, ENC))
        right = _all_right(head(slots, question, answer[:, :-1]), answer)
        return {"exact": float(right.mean()), **_by(right, [question.topic for question in asked])}
    if name == "clip":
        texts = [world.caption(scene) for scene in data.scenes]
        images, captions = head.image(slots), head.text(torch.from_numpy(encode_all(texts, TEXT_LENGTH)))
        hits = []
        for start in range(0, len(texts) - 99, 100):
            best = (captions[start : start + 100] @ images[start : start + 100].T).argmax(1).tolist()
            hits += [texts[start + row] == texts[start + found] for row, found in enumerate(best)]
        return {"text to image, first of 100": float(np.mean(hits)), "scale": float(head.scale)}
    scores, targets = head(slots).sigmoid().numpy(), policy_targets(data.scenes).numpy() > 0
    thresholds = []
    for label in range(len(world.POLICY)):
        # Half, unless that would miss more than one symbol in 200: then as low as needed, but never below 0.1.
        found = np.sort(scores[targets[:, label], label])
        thresholds.append(round(float(np.clip(found[len(found) // 200], 0.1, 0.5)), 3))
    flagged = scores >= np.array(thresholds)
    return {
        "thresholds": thresholds,
        "recall": float((flagged & targets).sum() / targets.sum()),
        "precision": float((flagged & targets).sum() / max(1, flagged.sum())),
    }


def _all_right(logits: Tensor, ids: Tensor) -> np.ndarray:
    following = ids[:, 1:]
    return ((logits.argmax(-1) == following) | (following == PAD)).all(1).numpy()


def _by(right: np.ndarray, groups: Sequence[str]) -> dict[str, float]:
    return {group: float(right[[g == group for g in groups]].mean()) for group in sorted(set(groups))}


# ------------------------------------------------------------------------------------------------------ command line


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the sample models from nothing and write their folders.")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints; finished stages are reused")
    parser.add_argument("--repository", type=Path, help="model repository to export to; without it nothing is exported")
    parser.add_argument("--heads", nargs="*", choices=HEADS_BY_NAME, default=list(HEADS_BY_NAME), help="heads to train")
    parser.add_argument("--effort", type=float, default=1.0, help="share of the work; small values try the code only")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch; the drawing has a process of its own")
    arguments = parser.parse_args()
    plan = Plan().scaled(arguments.effort) if arguments.effort != 1.0 else Plan()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)

    with multiprocessing.get_context("fork").Pool(1) as pool:
        torch.set_num_threads(arguments.threads)
        trunk_file, slots_file = out / "trunk.pt", out / "slots.pt"
        if not trunk_file.exists():
            torch.save(train_trunk(plan, pool).state_dict(), trunk_file)
        trunk = Trunk()
        trunk.load_state_dict(torch.load(trunk_file))
        trunk.eval()
        if not slots_file.exists():
            sets = [compute_slots(trunk, name, getattr(plan, name), pool) for name in ("pictures", "validation")]
            torch.save(sets, slots_file)
        pictures, validation = torch.load(slots_file, weights_only=False)
        pool.close()
        pool.join()

    for name, steps, batch in plan.head_steps:
        if name not in arguments.heads or (out / f"{name}.pt").exists():
            continue
        began = cpu_seconds()
        head = train_head(name, pictures, validation.first(600), steps, batch, plan.head_rate)
        figures = validate(name, head, validation)
        torch.save(head.state_dict(), out / f"{name}.pt")
        (out / f"{name}.json").write_text(json.dumps(figures, indent=1, default=float) + "\n")
        print(f"{name:<10} {figures}; {cpu_seconds() - began:.0f} CPU seconds", flush=True)

    if arguments.repository:
        from export import export_all  # here, because training alone needs no exporter

        export_all(out, arguments.repository)
    print(f"done after {cpu_seconds():.0f} CPU seconds in this run", flush=True)


if __name__ == "__main__":
    main()
