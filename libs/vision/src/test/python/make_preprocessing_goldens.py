"""Records what the references make of pictures that both sides draw from a seed: every mode, resize, filter and output.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_preprocessing_goldens.py

Writes ../resources/preprocessing.json: for each picture its mode and size, and for each case (the parameters of a model's
manifest) the first 16 hex digits of the SHA-256 of the tensor. DrawnPicture.java draws the same pictures.

The references are libraries that only call Pillow and numpy for this, so they are followed here with these two alone:
torchvision's Resize, CenterCrop, ToTensor and Normalize, open_clip's ResizeKeepRatio and CenterCropOrPad, the center_crop,
rescale and normalize of transformers' image_transforms, and LLaVA's expand2square.
"""

import hashlib
import json
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

OUT = Path(__file__).parent.parent / "resources" / "preprocessing.json"
BANDS = {"1": 1, "L": 1, "LA": 2, "P": 1, "RGB": 3, "RGBA": 4, "CMYK": 4}
FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
}
NORMALISATIONS = [
    ("0.48145466,0.4578275,0.40821073", "0.26862954,0.26130258,0.27577711"),
    ("0.5,0.5,0.5", "0.5,0.5,0.5"),
    ("0.485,0.456,0.406", "0.229,0.224,0.225"),
    ("0,0,0", "1,1,1"),
]


# --- the pictures --------------------------------------------------------------------------------------------------------


def noise(seed, index):
    """32 bits for each index; all arithmetic modulo 2^32."""
    h = (index.astype(np.uint64) * 0x9E3779B1 + seed * 0x85EBCA77 + 0x165667B1) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    h = ((h ^ (h >> 12)) * 0x297A2D39) & 0xFFFFFFFF
    return h ^ (h >> 15)


def samples(mode, width, height, seed):
    """A ramp, a checkerboard, stripes or nothing, with noise; alpha has rows of 0 and of 255 too."""
    bands = BANDS[mode]
    y, x, band = np.meshgrid(np.arange(height), np.arange(width), np.arange(bands), indexing="ij")
    h = noise(seed, (y * width + x) * bands + band)
    kind = seed % 4
    if kind == 0:
        value = h >> 24
    elif kind == 1:
        value = np.minimum(255, (x * 200 // width + y * 40 // height + 15 * band).astype(np.uint64) + (h & 15))
    elif kind == 2:
        edge = 1 + seed % 7
        value = np.where((x // edge + y // edge + band) % 2 == 0, h & 31, 255 - (h & 31))
    else:
        value = np.where((x + band) % 3 == 0, 255, np.where(y % 5 == 0, 0, h >> 24))
    value = value.astype(np.uint8)
    if mode in ("LA", "RGBA"):
        value[: height // 4, :, -1] = 0
        value[height - height // 4 :, :, -1] = 255
    if mode == "1":
        value = np.where(value > 127, 255, 0).astype(np.uint8)
    return value


def draw(mode, width, height, seed):
    data = samples(mode, width, height, seed).tobytes()
    if mode == "1":
        return Image.frombytes("L", (width, height), data).convert("1", dither=Image.Dither.NONE)
    image = Image.frombytes(mode, (width, height), data)
    if mode == "P":
        image.putpalette((noise(seed + 1, np.arange(768)) >> 24).astype(np.uint8).tobytes())
    return image


# --- the references ------------------------------------------------------------------------------------------------------


def shortest_edge(image, case, size, resample):
    edge = int(case.get("image.edge", size))
    width, height = image.size
    short, long = (width, height) if width <= height else (height, width)
    long = int(edge * long / short)
    new = (edge, long) if width <= height else (long, edge)
    if new[0] * new[1] > 20_000_000:
        return None  # the reference makes the whole picture before it crops
    if new != image.size:
        image = image.resize(new, resample)
    if case["image.crop"] == "center":  # torchvision
        left, top = (int(round((length - size) / 2.0)) for length in new)
    else:  # transformers
        left, top = ((length - size) // 2 for length in new)
    return image.crop((left, top, left + size, top + size))


def longest_edge(image, size, resample, fill):
    width, height = image.size
    ratio = max(height / size, width / size)
    new = (round(width / ratio), round(height / ratio))
    if min(new) < 1:
        return None  # the reference fails
    if new != image.size:
        image = image.resize(new, resample)
    across, down = size - new[0], size - new[1]
    border = (across // 2, down // 2, (across + 1) // 2, (down + 1) // 2)
    if image.mode != "RGB":
        fill = 0 if len(image.getbands()) == 1 else (0,) * len(image.getbands())
    return ImageOps.expand(image, border, fill)


def pad_square(image, fill):
    width, height = image.size
    edge = max(width, height)
    square = Image.new("RGB", (edge, edge), fill)
    square.paste(image, ((edge - width) // 2, (edge - height) // 2))
    return square


def numbers(text):
    return [float(part) for part in text.split(",")]


def normalise(pixels, case):
    mean, std = (np.array(numbers(case[key]), dtype=np.float32) for key in ("image.mean", "image.std"))
    torchvision = (pixels.astype(np.float32) / np.float32(255) - mean) / std
    transformers = ((pixels.astype(np.float64) * (1 / 255)).astype(np.float32) - mean) / std
    assert torchvision.dtype == np.float32 and np.array_equal(torchvision, transformers)
    return torchvision


def reference(image, case):
    size = int(case["image.size"])
    resample = FILTERS[case["image.filter"]]
    if case["image.rgb"] == "before-resize":
        image = image.convert("RGB")
    way = case["image.resize"]
    fill = tuple(int(part) for part in case.get("image.fill", "0,0,0").split(","))
    if way == "squash":
        image = image.resize((size, size), resample)
    elif way == "shortest-edge":
        image = shortest_edge(image, case, size, resample)
    elif way == "longest-edge":
        image = longest_edge(image, size, resample, fill)
    else:
        image = pad_square(image, fill).resize((size, size), resample)
    if image is None:
        return None
    tensor = np.asarray(image.convert("RGB"), dtype=np.uint8)
    assert tensor.shape == (size, size, 3)
    kind = case.get("image.type", "uint8")
    if kind != "uint8":
        tensor = normalise(tensor, case).astype("<f4" if kind == "fp32" else "<f2")
    if case.get("image.layout") == "nchw":
        tensor = tensor.transpose(2, 0, 1)
    return np.ascontiguousarray(tensor)


# --- which picture, which case -------------------------------------------------------------------------------------------


def sizes(rng, number):
    """Ordinary ones, and those where rules meet: one pixel, very tall, very wide, the model's own size."""
    if number % 10 == 0:
        return rng.choice([(1, 1), (1, 2), (2, 1), (3, 2), (1, 300), (300, 1), (2, 450), (3, 700), (700, 3), (40, 4100), (5, 501), (4, 401)])
    if number % 10 == 1:
        edge = rng.choice([32, 33, 56])
        return rng.choice([(edge, edge), (edge, rng.randint(1, 200)), (rng.randint(1, 200), edge)])
    if number % 10 == 2:
        return rng.randint(400, 1100), rng.randint(400, 1100)
    return rng.randint(2, 330), rng.randint(2, 330)


def case(rng, number):
    size = rng.choice([7, 32, 33, 56])
    out = {"image.size": str(size), "image.filter": list(FILTERS)[number % 5]}
    out["image.rgb"] = rng.choice(["after-resize", "before-resize"])
    way = rng.choice(["shortest-edge", "shortest-edge", "squash", "longest-edge", "pad-square"])
    out["image.resize"] = way
    if way == "shortest-edge":
        out["image.crop"] = rng.choice(["center", "center-down"])
        if rng.random() < 0.3:
            out["image.edge"] = str(size + rng.choice([0, 1, 5, 8]))
    if way == "pad-square":
        out["image.rgb"] = "before-resize"
    if way in ("longest-edge", "pad-square"):
        grey = out["image.rgb"] == "after-resize"
        out["image.fill"] = "0,0,0" if grey else rng.choice(["0,0,0", "122,116,104", "255,255,255", "1,2,250"])
    kind = rng.choice(["", "", "uint8", "fp32", "fp16"])
    if kind:
        out["image.type"] = kind
        out["image.layout"] = rng.choice(["nhwc", "nchw"])
    if kind in ("fp32", "fp16"):
        out["image.mean"], out["image.std"] = rng.choice(NORMALISATIONS)
    return out


def main():
    rng = random.Random(20260)
    pictures = []
    tensors = 0
    for number in range(245):
        mode = list(BANDS)[number % 7]
        width, height = sizes(rng, number // 7)
        image = draw(mode, width, height, number)
        rows = []
        for n in range(6):
            parameters = case(rng, number + n)
            tensor = reference(image, parameters)
            if tensor is not None:
                short = " ".join(f"{key.removeprefix('image.')}={value}" for key, value in sorted(parameters.items()))
                rows.append([short, hashlib.sha256(tensor.tobytes()).hexdigest()[:16]])
        tensors += len(rows)
        pictures.append({"seed": number, "mode": mode, "width": width, "height": height, "cases": rows})
    OUT.write_text("[\n" + ",\n".join(json.dumps(picture) for picture in pictures) + "\n]\n")
    print(len(pictures), "pictures,", tensors, "tensors")


if __name__ == "__main__":
    main()
