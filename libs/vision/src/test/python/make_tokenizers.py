"""Makes three small tokenizers of the kinds that models use and records the ids the Rust library gives.

    venv/bin/python make_tokenizers.py

Writes ../resources/tokenizers: one tokenizer.json a kind, and goldens.json with texts, ids and decoded texts.
"""

import hashlib
import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = Path(__file__).parent.parent / "resources" / "tokenizers"
CORPUS = [
    f"{count} {size} {colour} {shape} in the {place}"
    for count in ("a", "two", "three")
    for size in ("small", "large")
    for colour in ("red", "green", "blue", "yellow")
    for shape in ("circle", "square", "star", "triangle")
    for place in ("top left", "bottom right", "middle")
] + ["What colour is the large star?", "How many circles are there?", "Is the square red, or isn't it?"]
TEXTS = [
    "",
    " ",
    "a small red circle in the top left",
    "A LARGE  Red\tstar!",
    "What colour is the large star?",
    "two " * 40,
    "café naïve Ærøskøbing",
    "红色的圆 赤い丸 빨간 원",
    "emoji 🔴🟦 👩‍👩‍👧 end",
    "zero\u0000byte and \u200bzero width",
    "isn't it's we're 12345 3.14",
    "[SEP]",
    "red [SEP] square [CLS] [MASK] [PAD] [UNK] [DEC] [ENC]",
    "red <|endoftext|> square <|startoftext|>",
    "red </s> square <s> <pad> <unk>",
    "[ SEP ] <| endoftext |>",
    "supercalifragilisticexpialidocious",
    "x" * 300,
    "ﬁne “quotes” &amp; &lt;",
]


def words():
    """By hand, not by a trainer: those number equally frequent pieces differently from run to run."""
    return sorted({word.strip("?,.") for sentence in CORPUS for word in sentence.lower().split()})


def wordpiece():
    letters = sorted(set("".join(CORPUS).lower()) - {" "})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + letter for letter in letters), *"[]<>|"]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces + words()))}
    t = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece(prefix="##")
    t.add_special_tokens([*pieces[:5], "[DEC]", "[ENC]"])
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return t, {"length": 16, "pad": 0, "first": t.token_to_id("[ENC]"), "stop": 3, "skip": [0, 2, t.token_to_id("[DEC]")]}


def clip():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pattern = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    split = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(pattern, "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    normal = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.normalizer, learner.pre_tokenizer = normal, split
    learner.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(vocab_size=700, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False),
    )
    merges = [tuple(m) for m in json.loads(learner.to_str())["model"]["merges"]]
    # The trainer's alphabet lacks the forms that end a word: built anew as bytes, bytes that end a word, merges, specials.
    words = alphabet + [letter + "</w>" for letter in alphabet] + ["".join(m) for m in merges]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys(words))}
    for special in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[special] = len(vocabulary)
    t = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    t.normalizer, t.pre_tokenizer = normal, split
    t.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Replace("</w>", " "), decoders.Strip(" ", 0, 1)])
    t.add_special_tokens(["<|startoftext|>", "<|endoftext|>"])
    start, end = vocabulary["<|startoftext|>"], vocabulary["<|endoftext|>"]
    t.post_processor = processors.TemplateProcessing(
        single="<|startoftext|> $A <|endoftext|>", special_tokens=[("<|startoftext|>", start), ("<|endoftext|>", end)]
    )
    return t, {"length": 20, "pad": 0, "stop": end, "skip": [start]}


def unigram():
    letters = sorted(set("".join(CORPUS).lower()) - {" "})
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -3.0)]
    pieces += [(letter, -8.0) for letter in letters] + [("\u2581" + word, -5.0) for word in words()]
    t = Tokenizer(models.Unigram(pieces, unk_id=2))
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.decoder = decoders.Metaspace()
    t.add_special_tokens(["<pad>", "</s>", "<unk>"])
    t.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return t, {"length": 24, "pad": 1, "stop": 1, "skip": [0]}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    goldens = {}
    for kind, make in (("wordpiece", wordpiece), ("clip", clip), ("unigram", unigram)):
        t, spec = make()
        path = FOLDER / f"{kind}.json"
        t.save(str(path), pretty=False)
        special = {i: token.content for i, token in t.get_added_tokens_decoder().items()}
        t.encode_special_tokens = True
        frame = t.encode("").ids
        t.enable_truncation(spec["length"])
        t.enable_padding(length=spec["length"], pad_id=spec["pad"])
        rows = []
        for text in TEXTS:
            if kind == "unigram" and "</s>" in text:
                continue  # its vocabulary spells the token, which the library does not protect: here we differ on purpose
            ids = t.encode(text).ids
            if "first" in spec:
                ids[0] = spec["first"]
            shown = []
            for token in ids[1:]:
                if token == spec["stop"]:
                    break
                if token not in spec["skip"]:
                    shown.append(token)
            rows.append({"text": text, "ids": ids, "decoded": t.decode(shown, skip_special_tokens=False) if shown else ""})
        goldens[kind] = {
            "spec": spec | {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
            "special": special,
            "frame": frame,
            "rows": rows,
        }
    (FOLDER / "goldens.json").write_text(json.dumps(goldens, indent=None, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
