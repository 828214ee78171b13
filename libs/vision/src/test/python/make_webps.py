"""Makes small WebP files of all kinds, and records what libwebp makes of them.

    venv/bin/python make_webps.py       # the environment of make_goldens.py

Writes ../resources/webps.json: for each file its bytes, and the SHA-256 of the pixels that Pillow decodes. Settings that Pillow
does not hand on to the encoder are set by libwebp.py. The same versions write the same bytes.

Some files are damaged on purpose where their header lies: what the encoder never writes, such as filters that differ by mode, is
met that way. Only those that the reference decodes all the same are kept.
"""

import base64
import hashlib
import io
import json
import random

import numpy as np
from PIL import Image

import libwebp
from make_goldens import RESOURCES, encode, scene


def photo(rng, width, height, bands):
    return scene(width, height, int(rng.integers(1 << 30)), bands)


def noise(rng, width, height, bands):
    return rng.integers(0, 256, (height, width, bands), dtype=np.uint8)


def boxes(rng, width, height, bands):
    pixels = np.empty((height, width, bands), np.uint8)
    pixels[:] = rng.integers(0, 256, bands)
    for _ in range(12):
        left, right = sorted(rng.integers(0, width + 1, 2))
        top, bottom = sorted(rng.integers(0, height + 1, 2))
        pixels[top:bottom, left:right] = rng.integers(0, 256, bands)
    return pixels


def few(rng, width, height, bands):
    colours = rng.integers(0, 256, (int(rng.choice([1, 2, 3, 5, 17, 200])), bands), dtype=np.uint8)
    return colours[rng.integers(0, len(colours), (height, width))]


def sizes():
    """Every remainder of both edges by the size of a macroblock, and some edges that are longer than several of them."""
    pick = random.Random(1)
    widths, heights = list(range(1, 34)) * 4, list(range(1, 34)) * 4
    pick.shuffle(widths)
    pick.shuffle(heights)
    return zip(widths, heights)


def lossy(pick):
    return {
        "quality": pick.choice([0, 5, 20, 40, 60, 75, 90, 100]),
        "method": pick.randrange(7),
        "segments": pick.randrange(1, 5),
        "sns_strength": pick.choice([0, 30, 50, 100]),
        "filter_strength": pick.choice([0, 5, 20, 60, 100]),
        "filter_sharpness": pick.randrange(8),
        "filter_type": pick.randrange(2),
        "autofilter": pick.randrange(2),
        "partitions": pick.randrange(4),
        "pass": pick.choice([1, 1, 3]),
        "preprocessing": pick.randrange(4),
        "partition_limit": pick.choice([0, 0, 50, 100]),
        "alpha_compression": pick.randrange(2),
        "alpha_filtering": pick.randrange(3),
        "alpha_quality": pick.choice([0, 20, 50, 90, 100]),
        "use_sharp_yuv": pick.choice([0, 0, 0, 1]),
        "exact": pick.randrange(2),
    }


def lossless(pick):
    return {
        "lossless": 1,
        "quality": pick.choice([0, 25, 50, 75, 100]),
        "method": pick.randrange(7),
        "near_lossless": pick.choice([100, 100, 80, 60, 40, 20, 0]),
        "exact": pick.randrange(2),
    }


def files():
    rng, pick = np.random.default_rng(2), random.Random(2)
    for i, (width, height) in enumerate(sizes()):
        settings = lossless(pick) if i % 4 == 3 else lossy(pick)
        draw = pick.choice([photo, photo, photo, boxes, few, noise])
        pixels = draw(rng, width, height, pick.choice([3, 3, 4]))
        if pixels.shape[2] == 4 and pick.random() < 0.5:
            pixels[..., 3] = pick.choice([boxes, few])(rng, width, height, 1)[..., 0]
        yield f"{draw.__name__}-{width}x{height}-{i}", libwebp.encode(pixels, **settings)
    # Large enough for several rows of everything, for groups of prefix codes, and for a wide filter to reach its neighbours.
    for i, size in enumerate([(129, 97), (67, 201), (200, 66)]):
        yield f"large-lossy-{i}", libwebp.encode(photo(rng, *size, 3 + i % 2), **(lossy(pick) | {"quality": 40, "filter_type": i % 2}))
        mixed = np.vstack([few(rng, *size, 4), boxes(rng, *size, 4), photo(rng, size[0], 20, 4)])
        yield f"large-lossless-{i}", libwebp.encode(mixed, **(lossless(pick) | {"method": 6, "quality": 100}))
    small = [Image.fromarray(boxes(rng, 40, 30, 4)) for _ in range(2)]
    small[0].putpixel((39, 29), (1, 2, 3, 0))
    yield "animation", encode(small[0], "WEBP", save_all=True, append_images=small[1:], quality=50, method=0)
    yield "animation-of-many-kinds", encode(small[0], "WEBP", save_all=True, append_images=small[1:], allow_mixed=True)


def damaged(sound):
    """Bytes behind the frame's start code are changed until there are enough that the reference still decodes."""
    pick = random.Random(3)
    seeds = [(name, data) for name, data in sound.items() if b"VP8 " in data and len(data) > 200 and not name.startswith("animation")]
    found = 0
    while found < 60:
        name, data = pick.choice(seeds)
        start = data.index(b"VP8 ") + 18
        broken = bytearray(data)
        for _ in range(pick.randrange(1, 3)):
            broken[start + pick.randrange(24)] = pick.randrange(256)
        try:
            decode(bytes(broken))
        except OSError:
            continue
        found += 1
        yield f"damaged-{found}-{name}", bytes(broken)


def decode(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def main():
    sound = dict(files())
    lines = []
    for name, data in [*sound.items(), *damaged(sound)]:
        image = decode(data)
        golden = {
            "mode": image.mode,
            "width": image.width,
            "height": image.height,
            "pixels": hashlib.sha256(image.tobytes()).hexdigest(),
            "file": base64.b64encode(data).decode(),
        }
        lines.append(f" {json.dumps(name)}: {json.dumps(golden)}")
    (RESOURCES / "webps.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(len(lines), "files")


if __name__ == "__main__":
    main()
