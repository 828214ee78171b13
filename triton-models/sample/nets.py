"""The networks of the sample pack: one shared picture trunk and a small head for each role.

The trunk turns a picture into ten vectors ("slots"), nine for the cells of the grid and one for the whole, by learned
queries that attend to the picture, as CoCa's attentional pooler does. Heads read slots only, which makes them cheap to
train: the slots of a picture are computed once.

Shapes: B rows, T text positions, S = 10 slots, D = 128 the width, V the vocabulary. Attention biases are added to the
scores: 0 to attend, a large negative number not to.
"""

from __future__ import annotations

import argparse
import math
from typing import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._higher_order_ops.while_loop import while_loop

from words import ANSWER_LENGTH, CAPTION_LENGTH, DEC, PAD, SEP, TEXT_LENGTH, WORDS
from world import BACKGROUNDS, BENIGN, COLORS, POLICY, SHAPES, SIZES

WIDTH = 128
HEADS = 4
EMBEDDING = 128
SLOTS = 10
BLOCKED = -1e9

# The mean and spread that OpenAI published for CLIP, in grey levels of 0 to 255.
MEAN = tuple(255 * value for value in (0.48145466, 0.4578275, 0.40821073))
SPREAD = tuple(255 * value for value in (0.26862954, 0.26130258, 0.27577711))

CELL_CLASSES = ("nothing", *SHAPES, *POLICY, *BENIGN)


class Attention(nn.Module):
    """Multi-head attention whose keys and values can be computed apart, so that a decoder can keep them."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    @staticmethod
    def _split(x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], x.shape[1], HEADS, WIDTH // HEADS).transpose(1, 2)

    def keys_values(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """[B, T, D] to two of [B, heads, T, D / heads]."""
        return self._split(self.key(memory)), self._split(self.value(memory))

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None = None) -> Tensor:
        """[B, T, D] to [B, T, D]; ``bias`` must broadcast to [B, heads, T, memory]."""
        scores = self._split(self.query(x)) @ keys.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5
        if bias is not None:
            scores = scores + bias
        return self.out((scores.softmax(-1) @ values).transpose(1, 2).flatten(2))


class Block(nn.Module):
    """A pre-norm transformer block: self-attention, cross-attention to a memory if asked for, two linear layers."""

    def __init__(self, cross: bool = False) -> None:
        super().__init__()
        self.self_norm, self.self_attention = nn.LayerNorm(WIDTH), Attention()
        self.cross_norm, self.cross_attention = (nn.LayerNorm(WIDTH), Attention()) if cross else (None, None)
        self.mlp = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, WIDTH)
        )

    def forward(
        self, x: Tensor, bias: Tensor | None = None, memory: Tensor | None = None, memory_bias: Tensor | None = None
    ) -> Tensor:
        normed = self.self_norm(x)
        x = x + self.self_attention(normed, *self.self_attention.keys_values(normed), bias)
        if memory is not None:
            known = self.cross_attention.keys_values(memory)
            x = x + self.cross_attention(self.cross_norm(x), *known, memory_bias)
        return x + self.mlp(x)

    def step(
        self,
        x: Tensor,
        here: Tensor,
        bias: Tensor,
        keys: Tensor,
        values: Tensor,
        known: tuple[Tensor, Tensor] | None = None,
        known_bias: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One position, [B, 1, D], with the keys and values of the earlier ones; returns them with this one added.

        :param here: bool [1, 1, T, 1], true at this position
        :param known: keys and values of the memory of the cross-attention
        """
        normed = self.self_norm(x)
        key, value = self.self_attention.keys_values(normed)
        keys, values = torch.where(here, key, keys), torch.where(here, value, values)
        x = x + self.self_attention(normed, keys, values, bias)
        if known is not None:
            x = x + self.cross_attention(self.cross_norm(x), *known, known_bias)
        return x + self.mlp(x), keys, values


# ------------------------------------------------------------------------------------------------------------- trunk


def _sine_positions(side: int) -> Tensor:
    """Two-dimensional sine and cosine positions of a side x side grid, [side * side, D]."""
    quarter = WIDTH // 4
    rates = 1 / 100 ** (torch.arange(quarter) / quarter)
    y, x = torch.meshgrid(torch.arange(side).float(), torch.arange(side).float(), indexing="ij")
    y, x = y.reshape(-1, 1) * rates, x.reshape(-1, 1) * rates
    return torch.cat([x.sin(), x.cos(), y.sin(), y.cos()], 1)


class Trunk(nn.Module):
    """Picture to slots: a convolutional stem, two transformer blocks over 7 x 7 places, ten learned queries.

    The stem is convolutional because patches of 32 pixels did not learn shapes at this price (a fifth of the scenes
    right, against 98% of them).
    """

    def __init__(self) -> None:
        super().__init__()
        channels = (3, 24, 48, 96, WIDTH)
        layers: list[nn.Module] = []
        for index, (before, after) in enumerate(zip(channels, channels[1:])):
            kernel = 5 if index == 0 else 3
            layers += [
                nn.Conv2d(before, after, kernel, stride=2, padding=kernel // 2, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        self.stem = nn.Sequential(*layers, nn.Conv2d(WIDTH, WIDTH, 1))
        self.stem_norm = nn.LayerNorm(WIDTH)
        self.positions = nn.Parameter(_sine_positions(7))
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)
        self.queries = nn.Parameter(torch.randn(SLOTS, WIDTH) * 0.1)
        self.pooler = Attention()
        self.pooler_mlp = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, WIDTH)
        )
        self.slot_norm = nn.LayerNorm(WIDTH)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(SPREAD).view(1, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        """uint8 [B, 224, 224, 3], RGB, to slots [B, S, D]."""
        return self.halved(F.avg_pool2d(image.permute(0, 3, 1, 2).float(), 2))

    def halved(self, pixels: Tensor) -> Tensor:
        """Pictures already averaged 2 x 2, float [B, 3, 112, 112] in grey levels, to slots [B, S, D].

        Training draws at this size: a quarter of the pixels, the same result.
        """
        places = self.stem((pixels - self.mean) / self.spread).flatten(2).transpose(1, 2)
        x = self.stem_norm(places) + self.positions
        for block in self.blocks:
            x = block(x)
        queries = self.queries.unsqueeze(0) + torch.zeros_like(x[:, :1])
        slots = queries + self.pooler(queries, *self.pooler.keys_values(self.norm(x)))
        return self.slot_norm(slots + self.pooler_mlp(slots))


class DenseLabels(nn.Module):
    """What each slot must tell while the trunk is trained; not part of any shipped model."""

    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Linear(WIDTH, len(CELL_CLASSES))
        self.colors = nn.Linear(WIDTH, len(COLORS))
        self.sizes = nn.Linear(WIDTH, len(SIZES))
        self.backgrounds = nn.Linear(WIDTH, len(BACKGROUNDS))

    def forward(self, slots: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """[B, S, D] to logits of class, colour and size [B, 9, n], and of the background [B, n]."""
        cells = slots[:, :9]
        return self.classes(cells), self.colors(cells), self.sizes(cells), self.backgrounds(slots[:, 9])


class Mixer(nn.Module):
    """Lets the slots of a picture see each other: where counting and comparing places begins."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        # Slots have spread one: at 0.1 the places drowned, and "where" and relations stayed at chance.
        self.places = nn.Parameter(torch.randn(SLOTS, WIDTH) * 0.7)
        self.blocks = nn.ModuleList(Block() for _ in range(depth))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, slots: Tensor) -> Tensor:
        x = slots + self.places
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Pooler(nn.Module):
    """Attention by ``count`` learned queries over a memory: [B, n, D] to [B, count, D]."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(count, WIDTH) * 0.1)
        self.attention, self.norm = Attention(), nn.LayerNorm(WIDTH)

    def forward(self, memory: Tensor) -> Tensor:
        queries = self.queries.unsqueeze(0) + torch.zeros_like(memory[:, :1])
        return self.norm(self.attention(queries, *self.attention.keys_values(memory)))


class Words(nn.Module):
    """Token and position embeddings: ids [B, T] to [B, T, D]."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.tokens, self.positions = nn.Embedding(len(WORDS), WIDTH), nn.Embedding(length, WIDTH)
        nn.init.normal_(self.tokens.weight, std=0.05)
        nn.init.normal_(self.positions.weight, std=0.05)

    def forward(self, ids: Tensor) -> Tensor:
        return self.tokens(ids) + self.positions.weight[: ids.shape[1]]

    def step(self, ids: Tensor, position: Tensor) -> Tensor:
        """The ids [B] of one position, a scalar, to [B, 1, D]."""
        return (self.tokens(ids) + self.positions(position.view(1))).unsqueeze(1)


def padding_bias(ids: Tensor) -> Tensor:
    """Hides padding: ids [B, T] to a bias [B, 1, 1, T]."""
    return torch.where(ids == PAD, BLOCKED, 0.0)[:, None, None, :]


def causal_bias(length: int) -> Tensor:
    """Hides later positions: a bias [1, 1, T, T]."""
    return torch.full((length, length), BLOCKED).triu(1)[None, None]


# ----------------------------------------------------------------------------------------------------------- writing

Step = Callable[[Tensor, Tensor, Tensor, Tensor, list[Tensor]], tuple[Tensor, list[Tensor]]]


def write_greedily(step: Step, rows: int, length: int, layers: int) -> tuple[Tensor, Tensor]:
    """Writes tokens one by one, each the likeliest, inside the graph.

    A row stops at ``[SEP]`` and is padded from there on; the loop ends when all rows have stopped. Rows do not touch
    each other.

    :param step: (ids [B], position, here [1, 1, T, 1], bias [1, 1, 1, T], keys and values) to (logits [B, V], the same)
    :return: tokens int64 [B, T] beginning with ``[DEC]``, and the product of the probabilities of what was written,
        ``[SEP]`` included, float32 [B]
    """
    order = torch.arange(length)

    def unfinished(position: Tensor, done: Tensor, tokens: Tensor, log: Tensor, *kept: Tensor) -> Tensor:
        return (position < length - 1) & ~done.all()

    def write(position: Tensor, done: Tensor, tokens: Tensor, log: Tensor, *kept: Tensor) -> tuple[Tensor, ...]:
        at = order == position
        current = (tokens * at.to(tokens.dtype)).sum(1)
        bias = torch.where(order <= position, 0.0, BLOCKED).view(1, 1, 1, length)
        logits, kept = step(current, position, at.view(1, 1, length, 1), bias, list(kept))
        best = logits.argmax(-1)
        gain = logits.amax(-1) - logits.logsumexp(-1)
        following = torch.where(done, PAD, best)
        tokens = torch.where((order == position + 1).view(1, -1), following.view(-1, 1), tokens)
        log = torch.where(done, log, log + gain)
        return (position + 1, done | (following == SEP), tokens, log, *kept)

    empty = [torch.zeros(rows, HEADS, length, WIDTH // HEADS) for _ in range(2 * layers)]
    start = F.pad(torch.full((rows, 1), DEC, dtype=torch.int64), (0, length - 1), value=PAD)
    state = (torch.zeros((), dtype=torch.int64), torch.zeros(rows, dtype=torch.bool), start, torch.zeros(rows), *empty)
    _, _, tokens, log, *_ = while_loop(unfinished, write, state)
    return tokens, log.exp().clamp(1e-30, 1.0)


# ------------------------------------------------------------------------------------------------------------- heads


class Clip(nn.Module):
    """Two towers into one space, trained by contrast (CLIP)."""

    def __init__(self) -> None:
        super().__init__()
        self.mixer, self.pooler = Mixer(2), Pooler(1)
        self.image_out = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, EMBEDDING))
        self.words = Words(TEXT_LENGTH)
        self.blocks = nn.ModuleList(Block() for _ in range(3))
        self.text_norm, self.text_out = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, EMBEDDING, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    @property
    def scale(self) -> Tensor:
        """The factor on cosines before a softmax, at most 100 as in CLIP."""
        return self.log_scale.exp().clamp(max=100)

    def image(self, slots: Tensor) -> Tensor:
        """[B, S, D] to unit vectors [B, 128]."""
        return F.normalize(self.image_out(self.pooler(self.mixer(slots))[:, 0]), dim=-1)

    def text(self, ids: Tensor) -> Tensor:
        """[B, T] to unit vectors [B, 128]; the first position stands for the text."""
        x, bias = self.words(ids), padding_bias(ids)
        for block in self.blocks:
            x = block(x, bias)
        return F.normalize(self.text_out(self.text_norm(x[:, 0])), dim=-1)


class Captioner(nn.Module):
    """A text decoder of a layer that sees words only, then layers that also see the picture (CoCa)."""

    def __init__(self) -> None:
        super().__init__()
        self.mixer = Mixer(2)
        self.words = Words(CAPTION_LENGTH)
        self.text_blocks = nn.ModuleList(Block() for _ in range(1))
        self.blocks = nn.ModuleList(Block(cross=True) for _ in range(2))
        self.norm, self.out = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, len(WORDS))

    def forward(self, slots: Tensor, ids: Tensor) -> Tensor:
        """What follows each of the given tokens: ids [B, T] to logits [B, T, V]."""
        memory, x, bias = self.mixer(slots), self.words(ids), causal_bias(ids.shape[1])
        for block in self.text_blocks:
            x = block(x, bias)
        for block in self.blocks:
            x = block(x, bias, memory)
        return self.out(self.norm(x))

    def write(self, slots: Tensor) -> tuple[Tensor, Tensor]:
        """Slots to tokens [B, T] and confidence [B]."""
        memory = self.mixer(slots)
        known = [None] * len(self.text_blocks) + [block.cross_attention.keys_values(memory) for block in self.blocks]
        blocks = [*self.text_blocks, *self.blocks]

        def step(ids, position, here, bias, kept):  # noqa: ANN001, ANN202 - typed by Step
            x, following = self.words.step(ids, position), []
            for index, block in enumerate(blocks):
                x, *pair = block.step(x, here, bias, kept[2 * index], kept[2 * index + 1], known[index])
                following += pair
            return self.out(self.norm(x))[:, 0], following

        return write_greedily(step, slots.shape[0], CAPTION_LENGTH, len(blocks))


class Answerer(nn.Module):
    """A question encoder that looks at the picture, and an answer decoder that reads the encoded question (BLIP).

    Unlike the published BLIP code, padding of the question is hidden from the decoder, so an answer does not depend on
    how far its question was padded.
    """

    def __init__(self) -> None:
        super().__init__()
        self.mixer = Mixer(2)
        self.question_words = Words(TEXT_LENGTH)
        self.question_blocks = nn.ModuleList(Block(cross=True) for _ in range(3))
        self.question_norm = nn.LayerNorm(WIDTH)
        self.words = Words(ANSWER_LENGTH)
        self.blocks = nn.ModuleList(Block(cross=True) for _ in range(2))
        self.norm, self.out = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, len(WORDS))
        self.grounding = nn.Linear(WIDTH, SLOTS - 1)  # for training only: the cells that a word is about
        self.direction = nn.Linear(WIDTH, 4)  # for training only: how the first noun really lies to the second

    def question(self, slots: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """The encoded question [B, T, D] and the bias that hides its padding."""
        memory, x, bias = self.mixer(slots), self.question_words(ids), padding_bias(ids)
        for block in self.question_blocks:
            x = block(x, bias, memory)
        return self.question_norm(x), bias

    def forward(self, slots: Tensor, question: Tensor, answer: Tensor) -> Tensor:
        """What follows each token of the answer: [B, T], [B, A] to logits [B, A, V]."""
        return self.answer(*self.question(slots, question), answer)

    def answer(self, memory: Tensor, hidden: Tensor, answer: Tensor) -> Tensor:
        """As :meth:`forward`, from what :meth:`question` returned."""
        x, bias = self.words(answer), causal_bias(answer.shape[1])
        for block in self.blocks:
            x = block(x, bias, memory, hidden)
        return self.out(self.norm(x))

    def write(self, slots: Tensor, question: Tensor) -> tuple[Tensor, Tensor]:
        """Slots and question ids [B, T] to the answer's tokens [B, A] and confidence [B]."""
        memory, hidden = self.question(slots, question)
        known = [block.cross_attention.keys_values(memory) for block in self.blocks]

        def step(ids, position, here, bias, kept):  # noqa: ANN001, ANN202 - typed by Step
            x, following = self.words.step(ids, position), []
            for index, block in enumerate(self.blocks):
                x, *pair = block.step(x, here, bias, kept[2 * index], kept[2 * index + 1], known[index], hidden)
                following += pair
            return self.out(self.norm(x))[:, 0], following

        return write_greedily(step, slots.shape[0], ANSWER_LENGTH, len(self.blocks))


class Moderator(nn.Module):
    """One learned query and one score for each policy label; scores are independent of each other."""

    def __init__(self) -> None:
        super().__init__()
        self.mixer, self.pooler = Mixer(1), Pooler(len(POLICY))
        self.out = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, 1))

    def forward(self, slots: Tensor) -> Tensor:
        """Slots to logits [B, 3]."""
        return self.out(self.pooler(self.mixer(slots)))[..., 0]


HEADS_BY_NAME: dict[str, type[nn.Module]] = {
    "clip": Clip,
    "caption": Captioner,
    "vqa": Answerer,
    "moderation": Moderator,
}


def main() -> None:
    argparse.ArgumentParser(description="Print how many parameters each network has.").parse_args()
    for name, kind in (("trunk", Trunk), *HEADS_BY_NAME.items()):
        print(f"{name:<12} {sum(parameter.numel() for parameter in kind().parameters()) / 1e6:.2f} million")


if __name__ == "__main__":
    main()
