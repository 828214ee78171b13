"""The Pillow side of io.saccade.benchmarks.vision: draws the pictures, and times each when it is asked.

    pillow_vision.py make FOLDER     draws the pictures from fixed seeds, and prints their names, largest last
    pillow_vision.py measure         reads lines "REPEATS FILE", answers each with a line of JSON

Times are of the process's CPU, the least of all repeats, in milliseconds. What is timed is what open_clip does with Pillow
and numpy: decode, resize of the shorter edge to 224 and crop, conversion to RGB; and with that the packing into normalised
float32 planes.
"""

import hashlib
import io
import json
import sys
import time
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

SIZE = 224
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)
PICTURES = [  # megapixels, width to height, format, options
    *((mp, ratio, "JPEG", {"quality": quality, **more}) for mp, ratio, quality, more in [
        (0.2, 4 / 3, 75, {}), (0.25, 3 / 2, 85, {}), (0.3, 3 / 4, 90, {}), (0.3, 4 / 3, 80, {"progressive": True}),
        (0.5, 16 / 9, 85, {}), (0.6, 1.0, 75, {}), (0.8, 2 / 3, 92, {"subsampling": "4:4:4"}), (0.8, 3 / 2, 80, {"progressive": True}),
        (1.0, 4 / 3, 85, {}), (1.2, 16 / 9, 75, {}), (1.2, 4 / 3, 90, {}), (1.5, 3 / 4, 85, {"subsampling": "4:2:2"}),
        (2.0, 16 / 9, 85, {}), (2.1, 16 / 9, 80, {"progressive": True}), (3.0, 4 / 3, 85, {}), (4.0, 3 / 2, 90, {}),
        (5.0, 4 / 3, 85, {}), (6.0, 3 / 2, 85, {}), (8.0, 4 / 3, 88, {}), (8.3, 16 / 9, 80, {}), (10.0, 3 / 4, 85, {}), (12.0, 4 / 3, 85, {}),
    ]),
    *((mp, ratio, "PNG", {"compress_level": 6}) for mp, ratio in [(0.2, 4 / 3), (0.4, 1.0), (0.8, 16 / 9), (1.2, 4 / 3), (2.0, 3 / 2)]),
    *((mp, ratio, "WEBP", {"quality": 80, **more}) for mp, ratio, more in [
        (0.2, 3 / 2, {}), (0.5, 4 / 3, {}), (0.5, 3 / 4, {"lossless": True}), (1.0, 16 / 9, {}), (2.0, 4 / 3, {})]),
]


def photograph(width, height, seed):
    """Noise of all scales, as in nature, with a few hard edges and the grain of a sensor."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), dtype=np.float32)
    cells = 2
    while cells < max(width, height) // 2:
        small = rng.normal(0, 1, (max(2, cells * height // max(width, height)), max(2, cells), 3))
        layer = Image.fromarray(np.clip(128 + 50 * small, 0, 255).astype(np.uint8), "RGB")
        total += (np.asarray(layer.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32) - 128) / cells**0.6
        cells *= 2
    for _ in range(6):
        x, y = rng.integers(0, width), rng.integers(0, height)
        total[y : y + height // 5, x : x + width // 4] += rng.uniform(-40, 40, 3)
    total += rng.normal(0, 2.5, total.shape)
    return Image.fromarray(np.clip(120 + total, 0, 255).astype(np.uint8), "RGB")


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for number, (mp, ratio, form, options) in sorted(enumerate(PICTURES), key=lambda entry: entry[1][0]):
        width = round((mp * 1e6 * ratio) ** 0.5)
        height = round(mp * 1e6 / width)
        file = folder / f"{number:02}-{width}x{height}.{form.lower().replace('jpeg', 'jpg')}"
        if not file.exists():
            out = io.BytesIO()
            photograph(width, height, number).save(out, form, **options)
            file.write_bytes(out.getvalue())
        print(file)


def cpu(work):
    start = time.process_time_ns()
    result = work()
    return result, (time.process_time_ns() - start) / 1e6


def decode(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def crop(image):
    width, height = image.size
    short, long = (width, height) if width <= height else (height, width)
    long = int(SIZE * long / short)
    new = (SIZE, long) if width <= height else (long, SIZE)
    image = image.resize(new, Image.Resampling.BICUBIC)
    left, top = (int(round((length - SIZE) / 2.0)) for length in new)
    return np.asarray(image.crop((left, top, left + SIZE, top + SIZE)).convert("RGB"))


def floats(pixels):
    return np.ascontiguousarray(((pixels.astype(np.float32) / np.float32(255) - MEAN) / STD).transpose(2, 0, 1))


def measure(repeats, file):
    data = Path(file).read_bytes()
    best = [1e9] * 3
    for _ in range(repeats):
        image, a = cpu(lambda: decode(data))
        pixels, b = cpu(lambda: crop(image))
        _, c = cpu(lambda: floats(pixels))
        best = [min(pair) for pair in zip(best, (a, b, c))]
    return {"decode": best[0], "resize": best[1], "pack": best[2], "sha256": hashlib.sha256(pixels.tobytes()).hexdigest(), "version": PIL.__version__}


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        for line in sys.stdin:
            repeats, file = line.rstrip("\n").split(" ", 1)
            print(json.dumps(measure(int(repeats), file)), flush=True)
