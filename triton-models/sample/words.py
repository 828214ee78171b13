"""The tokenizer of the sample pack: WordPiece in the form of BERT, one token for each word of the world.

Written as a ``tokenizer.json`` that any Hugging Face ``tokenizers`` reader loads; :func:`encode` and :func:`decode` do
the same in plain Python for training. Words outside the world become ``[UNK]``.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Iterable, Sequence

import numpy as np

from world import vocabulary

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]", "[ENC]")
PAD, UNK, CLS, SEP, DEC, ENC = range(len(SPECIAL))
"""``[DEC]`` starts what a decoder writes, ``[SEP]`` ends it; ``[ENC]`` takes the place of ``[CLS]`` in a question."""

WORDS = (*SPECIAL, *vocabulary())
IDS = {word: index for index, word in enumerate(WORDS)}

TEXT_LENGTH = 24
"""Ids of one text for the towers and for questions, [CLS] and [SEP] included; longer texts lose their last words."""
CAPTION_LENGTH = 24
"""Ids of one caption, [DEC] and [SEP] included; the longest caption of the world needs 20."""
ANSWER_LENGTH = 8
"""Ids of one answer, [DEC] and [SEP] included; the longest answer needs 6."""


def encode(text: str, length: int, first: int = CLS) -> np.ndarray:
    """The ids of a text, int64 [length]: ``first``, its words, ``[SEP]``, then ``[PAD]``."""
    words = [IDS.get(word, UNK) for word in re.findall(r"\[UNK\]|[a-z]+|[^\sa-z]", text)][: length - 2]
    ids = np.zeros(length, np.int64)
    ids[: len(words) + 2] = [first, *words, SEP]
    return ids


def encode_all(texts: Iterable[str], length: int, first: int = CLS) -> np.ndarray:
    """The ids of several texts, int64 [texts, length]."""
    return np.stack([encode(text, length, first) for text in texts])


def decode(ids: Sequence[int]) -> str:
    """The text of the ids up to the first ``[SEP]``, special tokens left out."""
    words: list[str] = []
    for index in ids:
        if index == SEP:
            break
        if index >= len(SPECIAL):
            words.append(WORDS[index])
    return " ".join(words)


def tokenizer_json() -> str:
    """The ``tokenizer.json`` of the pack, the same text each time."""
    added = [
        {"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, t in enumerate(SPECIAL)
    ]
    begin, end = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("[CLS]", "[SEP]"))
    first, second = ({"Sequence": {"id": name, "type_id": kind}} for name, kind in (("A", 0), ("B", 1)))
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [begin, first, end],
            "pair": [begin, first, end, second, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {t: {"id": t, "ids": [IDS[t]], "tokens": [t]} for t in ("[CLS]", "[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": IDS,
        },
    }
    return json.dumps(content, indent=1) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Show the ids of a text, or write the tokenizer.")
    parser.add_argument("text", nargs="?", default="a small red circle in the top left", help="text to encode")
    parser.add_argument("--write", type=Path, help="where to write tokenizer.json")
    arguments = parser.parse_args()
    if arguments.write:
        arguments.write.write_text(tokenizer_json())
    print([int(index) for index in encode(arguments.text, TEXT_LENGTH)])


if __name__ == "__main__":
    main()
