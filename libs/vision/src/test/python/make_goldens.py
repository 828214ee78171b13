"""Draws the test pictures and records what the reference makes of them.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_goldens.py

Writes ../resources/pictures, ../resources/refused, ../resources/tensors (a few whole tensors, to look at when a digest
differs) and ../resources/goldens.json (the SHA-256 of every tensor). The same versions write the same bytes.
"""

import hashlib
import io
import json
import random
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

RESOURCES = Path(__file__).parent.parent / "resources"
PICTURES = RESOURCES / "pictures"
TENSORS = RESOURCES / "tensors"
CASES = [
    ("shortest-edge", "after-resize", 224),
    ("squash", "before-resize", 224),
    ("shortest-edge", "after-resize", 32),
    ("shortest-edge", "before-resize", 32),
    ("squash", "after-resize", 33),
]
WHOLE = [("photo-420.jpg", CASES[2]), ("rgba.png", CASES[2]), ("palette.png", CASES[4])]


# --- the reference -------------------------------------------------------------------------------------------------------


def preprocess(image, resize, order, size):
    """torchvision's Resize and CenterCrop as open_clip uses them, without torchvision: both only call Pillow."""
    if order == "before-resize":
        image = image.convert("RGB")
    if resize == "squash":
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    else:
        width, height = image.size
        short, long = (width, height) if width <= height else (height, width)
        long = int(size * long / short)
        new = (size, long) if width <= height else (long, size)
        if new[0] * new[1] > 30_000_000:
            return None  # Pillow makes the whole picture before it crops: gigabytes
        image = image.resize(new, Image.Resampling.BICUBIC)
        left, top = (int(round((edge - size) / 2.0)) for edge in image.size)
        image = image.crop((left, top, left + size, top + size))
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def name(case):
    return "/".join(map(str, case))


# --- the pictures --------------------------------------------------------------------------------------------------------


def scene(width, height, seed, channels=3):
    """Soft shapes, hard edges, fine stripes and a little noise: what a photograph asks of a filter."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = x / max(width - 1, 1), y / max(height - 1, 1)
    planes = []
    for channel in range(channels):
        plane = 255 * (0.2 + 0.5 * (x * rng.random() + y * rng.random()))
        for _ in range(5):
            cx, cy, r = rng.random(), rng.random(), 0.05 + 0.3 * rng.random()
            plane += rng.uniform(-120, 120) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * r * r))
        plane[(x - 0.7) ** 2 + (y - 0.3) ** 2 < 0.02] = [250, 20, 90, 160][channel]
        stripes = (x > 0.1) & (x < 0.3) & (y > 0.6)
        plane[stripes] = np.where((np.arange(width)[None, :] + 0 * y)[stripes] % 2 == 0, 0, 255)
        plane += rng.normal(0, 6, plane.shape)
        planes.append(np.clip(np.rint(plane), 0, 255).astype(np.uint8))
    return np.stack(planes, axis=-1)


def rgb(width, height, seed):
    return Image.fromarray(scene(width, height, seed), "RGB")


def grey(width, height, seed):
    return Image.fromarray(scene(width, height, seed, 1)[..., 0], "L")


def rgba(width, height, seed):
    pixels = scene(width, height, seed, 4)
    pixels[: height // 4, :, 3] = 0
    pixels[-(height // 4) :, :, 3] = 255
    return Image.fromarray(pixels, "RGBA")


def encode(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, depth, colours, rows, interlace=0, before=b"", level=9):
    """A PNG that Pillow cannot write: few bits, Adam7, odd chunks. rows are packed, without filter bytes."""
    raw = b"".join(bytes([0]) + row for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlace))
        + before
        + chunk(b"IDAT", zlib.compress(raw, level))
        + chunk(b"IEND", b"")
    )


def packed(samples, depth):
    per = 8 // depth
    rows = []
    for row in samples:
        row = list(row) + [0] * (-len(row) % per)
        rows.append(bytes(sum(int(v) << (8 - depth * (i + 1)) for i, v in enumerate(row[at : at + per])) for at in range(0, len(row), per)))
    return rows


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def adam7(samples, depth):
    rows = []
    for left, top, right, down in ADAM7:
        part = samples[top::down, left::right]
        if part.size:
            rows += packed(part, depth) if part.ndim == 2 else [row.tobytes() for row in part]
    return rows


def frame(jpeg):
    """Where the frame header's marker is."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
    return at


def tall_chroma(width, height, seed):
    """4:4:0, which Pillow cannot write: a 4:2:2 file whose header says 8x16 blocks instead of 16x8."""
    jpeg = bytearray(encode(rgb(width * 2, height // 2, seed), "JPEG", quality=90, subsampling="4:2:2"))
    at = frame(jpeg)
    jpeg[at + 5 : at + 9] = struct.pack(">HH", height, width)
    assert jpeg[at + 11] == 0x21
    jpeg[at + 11] = 0x12
    return bytes(jpeg)


def resampled(image, factors, width, height):
    """The same trick on a 4:2:0 file: its four luma blocks laid out in another way."""
    jpeg = bytearray(encode(image, "JPEG", quality=85, subsampling="4:2:0"))
    at = frame(jpeg)
    jpeg[at + 5 : at + 9] = struct.pack(">HH", height, width)
    assert jpeg[at + 11] == 0x22
    jpeg[at + 11] = factors
    return bytes(jpeg)


def without(jpeg, marker):
    """The file without its segments of one kind."""
    out, at = jpeg[:2], 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
        out += b"" if jpeg[at + 1] == marker else jpeg[at:end]
        at = end
    return out + jpeg[at:]


def renumbered(jpeg, ids):
    """Other component ids, in the frame and in its only scan."""
    out = bytearray(jpeg)
    at = frame(jpeg)
    scan = jpeg.index(b"\xff\xda")
    for i, new in enumerate(ids):
        out[at + 10 + 3 * i] = new
        out[scan + 5 + 2 * i] = new
    return bytes(out)


def wide_gamut():
    """An ICC profile whose colours are far from sRGB: red and blue swapped. Whoever applies it is seen."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    for i in range(count):
        at = 132 + 12 * i
        tag = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(tag, tag)
    profile[24:36] = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)  # a fixed date
    return bytes(profile)


def pictures():
    photo = rgb(321, 243, 1)
    icc = wide_gamut()
    exif = Image.Exif()
    exif[0x0112] = 6
    cmyk = Image.fromarray(scene(150, 110, 9, 4), "CMYK")
    cmyk_jpeg = encode(cmyk, "JPEG", quality=92)
    plain = encode(photo, "JPEG", quality=85, subsampling="4:4:4")

    yield "photo-420.jpg", encode(photo, "JPEG", quality=85)
    yield "photo-422.jpg", encode(photo, "JPEG", quality=85, subsampling="4:2:2")
    yield "photo-444.jpg", plain
    yield "photo-440.jpg", tall_chroma(161, 243, 2)
    yield "photo-440-even.jpg", tall_chroma(160, 240, 3)
    yield "photo-440-progressive.jpg", tall_chroma_progressive()
    yield "photo-411.jpg", resampled(rgb(160, 200, 55), 0x41, 317, 97)
    yield "photo-1x4.jpg", resampled(rgb(240, 90, 56), 0x14, 117, 179)
    yield "restart-markers.jpg", encode(rgb(203, 151, 4), "JPEG", quality=80, subsampling="4:2:0", restart_marker_rows=2)
    yield "progressive.jpg", encode(photo, "JPEG", quality=75, progressive=True)
    yield "progressive-444.jpg", encode(rgb(225, 300, 5), "JPEG", quality=95, progressive=True, subsampling="4:4:4")
    yield "progressive-grey.jpg", encode(grey(200, 133, 6), "JPEG", quality=80, progressive=True)
    yield "low-quality.jpg", encode(photo, "JPEG", quality=8)
    yield "large.jpg", encode(rgb(1280, 853, 7), "JPEG", quality=72)
    yield "portrait.jpg", encode(rgb(226, 641, 8), "JPEG", quality=80)
    yield "landscape.jpg", encode(rgb(900, 231, 9), "JPEG", quality=80)
    yield "exact-224.jpg", encode(rgb(224, 224, 10), "JPEG", quality=90)
    yield "same-width.jpg", encode(rgb(224, 301, 11), "JPEG", quality=80)
    yield "same-height.jpg", encode(rgb(303, 224, 12), "JPEG", quality=80)
    yield "small.jpg", encode(rgb(40, 31, 13), "JPEG", quality=90)
    yield "tiny.jpg", encode(rgb(3, 2, 14), "JPEG", quality=90)
    yield "one-pixel.jpg", encode(rgb(1, 1, 15), "JPEG")
    yield "narrow-420.jpg", encode(rgb(4, 200, 16), "JPEG", quality=90)
    yield "grey.jpg", encode(grey(301, 202, 17), "JPEG", quality=85)
    yield "cmyk.jpg", cmyk_jpeg
    yield "cmyk-progressive.jpg", encode(cmyk, "JPEG", quality=92, progressive=True)
    yield "cmyk-without-marker.jpg", without(cmyk_jpeg, 0xEE)
    yield "ycck.jpg", cmyk_jpeg.replace(b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\2")
    yield "rgb-adobe.jpg", encode(photo, "JPEG", quality=85, keep_rgb=True)
    yield "rgb-letters.jpg", without(encode(photo, "JPEG", quality=85, keep_rgb=True), 0xEE)
    yield "no-marker.jpg", without(plain, 0xE0)
    yield "no-marker-odd-ids.jpg", renumbered(without(plain, 0xE0), (0, 1, 2))
    yield "icc.jpg", encode(photo, "JPEG", quality=85, icc_profile=icc)
    yield "icc-grey.jpg", encode(grey(120, 100, 18), "JPEG", quality=85, icc_profile=icc)
    yield "exif-rotated.jpg", encode(photo, "JPEG", quality=85, exif=exif)
    yield "comment.jpg", encode(photo, "JPEG", quality=85, comment=b"\xff\xd9 not the end \xff\xda")
    yield "junk-after-end.jpg", encode(photo, "JPEG", quality=85) + bytes(1000)
    yield "sequential-scans.jpg", sequential_scans()

    yield "rgb.png", encode(rgb(130, 95, 20), "PNG")
    yield "rgb-upscaled.png", encode(rgb(23, 17, 21), "PNG")
    yield "one-pixel.png", encode(rgb(1, 1, 22), "PNG")
    yield "rgba.png", encode(rgba(128, 96, 23), "PNG")
    yield "rgba-upscaled.png", encode(rgba(21, 28, 24), "PNG")
    yield "rgba-224.png", encode(rgba(224, 224, 25).quantize(200).convert("RGBA"), "PNG")
    yield "rgba-same-width.png", encode(rgba(32, 90, 26), "PNG")
    yield "grey.png", encode(grey(150, 101, 27), "PNG")
    yield "grey-alpha.png", encode(Image.merge("LA", (grey(140, 95, 28), grey(140, 95, 29))), "PNG")
    yield "palette.png", encode(rgb(180, 131, 30).quantize(128), "PNG")
    yield "palette-16.png", encode(rgb(101, 90, 31).quantize(16), "PNG", bits=4)
    yield "palette-transparent.png", encode(rgb(100, 120, 32).quantize(64), "PNG", transparency=bytes(range(0, 256, 4)))
    yield "palette-one-transparent.png", encode(rgb(90, 70, 33).quantize(32), "PNG", transparency=5)
    yield "palette-upscaled.png", encode(rgb(19, 13, 34).quantize(20), "PNG")
    yield "bilevel.png", encode(grey(133, 99, 35).convert("1"), "PNG")
    yield "grey-transparent.png", encode(grey(60, 80, 36), "PNG", transparency=100)
    yield "rgb-transparent.png", encode(rgb(60, 50, 37), "PNG", transparency=(1, 2, 3))
    yield "icc.png", encode(rgb(70, 60, 38), "PNG", icc_profile=icc)
    yield "tall.png", encode(rgb(2, 450, 39), "PNG")
    yield "tall-palette.png", encode(rgb(3, 700, 40).quantize(30), "PNG")
    yield "tall-alpha.png", encode(rgba(1, 300, 41), "PNG")
    yield "tall-grey.png", encode(grey(40, 4100, 49), "PNG")
    yield "wide.png", encode(rgb(450, 2, 42), "PNG")

    fine = scene(61, 47, 43, 1)[..., 0]
    yield "grey-2-bit.png", png(61, 47, 2, 0, packed(fine >> 6, 2))
    yield "grey-4-bit.png", png(61, 47, 4, 0, packed(fine >> 4, 4))
    yield "palette-1-bit.png", png(61, 47, 1, 3, packed(fine >> 7, 1), before=chunk(b"PLTE", b"\x10\x20\xf0\xe0\xc0\x08"))
    yield "palette-2-bit.png", png(61, 47, 2, 3, packed(fine >> 6, 2), before=chunk(b"PLTE", bytes(range(10, 130, 10))))
    yield "palette-short.png", png(61, 47, 8, 3, packed(fine, 8), before=chunk(b"PLTE", bytes(range(3 * 60))))
    yield "interlaced-rgb.png", png(61, 47, 8, 2, adam7(scene(61, 47, 44), 8), 1)
    yield "interlaced-rgba.png", png(61, 47, 8, 6, adam7(np.asarray(rgba(61, 47, 45)), 8), 1)
    yield "interlaced-grey.png", png(61, 47, 8, 0, adam7(fine, 8), 1)
    yield "interlaced-bilevel.png", png(61, 47, 1, 0, adam7(fine >> 7, 1), 1)
    yield "interlaced-palette.png", png(61, 47, 4, 3, adam7(fine >> 4, 4), 1, chunk(b"PLTE", bytes(range(0, 240, 5))))
    gamma = chunk(b"gAMA", struct.pack(">I", 100000))
    yield "gamma.png", png(61, 47, 8, 0, packed(fine, 8), before=gamma)
    suggested = chunk(b"PLTE", bytes(range(60)))
    yield "rgb-suggested-palette.png", png(61, 47, 8, 2, [row.tobytes() for row in scene(61, 47, 46)], before=suggested)
    text = PngImagePlugin.PngInfo()
    text.add_text("note", "x" * 200_000, zip=True)
    yield "text.png", encode(rgb(50, 40, 47), "PNG", pnginfo=text)
    frames = [rgb(60, 45, 48), rgb(60, 45, 50)]
    yield "animated.png", encode(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)


def tall_chroma_progressive():
    jpeg = bytearray(encode(rgb(240, 90, 51), "JPEG", quality=90, subsampling="4:2:2", progressive=True))
    at = frame(jpeg)
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 180, 120)
    jpeg[at + 11] = 0x12
    return bytes(jpeg)


def sequential_scans():
    """A baseline file with one scan a component: three grey files of one size, their scans put after one frame."""
    planes = [encode(grey(96, 64, 52 + i), "JPEG", quality=80) for i in range(3)]
    first = planes[0]
    at = frame(first)
    scan = first.index(b"\xff\xda")
    header = bytearray(first[:scan])
    sof = struct.pack(">BBHBHHB", 0xFF, 0xC0, 17, 8, 64, 96, 3) + bytes([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])
    length = struct.unpack(">H", first[at + 2 : at + 4])[0]
    header[at : at + 2 + length] = sof
    body = b""
    for i, plane in enumerate(planes):
        start = plane.index(b"\xff\xda")
        entropy = bytearray(plane[start:-2])
        entropy[5] = i + 1
        body += bytes(entropy)
    return bytes(header) + body + b"\xff\xd9"


# --- what is refused -----------------------------------------------------------------------------------------------------


def refused():
    yield "sixteen-bit-grey.png", "image.unsupported_depth", png(3, 2, 16, 0, [bytes(6)] * 2)
    yield "sixteen-bit-rgb.png", "image.unsupported_depth", png(3, 2, 16, 2, [bytes(18)] * 2)
    yield "webp.webp", "image.unsupported_format", encode(rgb(8, 8, 1), "WEBP")
    yield "gif.gif", "image.unsupported_format", encode(rgb(8, 8, 1), "GIF")
    yield "bmp.bmp", "image.unsupported_format", encode(rgb(8, 8, 1), "BMP")
    yield "tiff.tiff", "image.unsupported_format", encode(rgb(8, 8, 1), "TIFF")
    yield "avif.avif", "image.unsupported_format", encode(rgb(8, 8, 1), "AVIF")
    huge = png(100_000, 100_000, 8, 2, [])
    yield "huge-side.png", "image.side_too_long", huge
    yield "huge-area.png", "image.too_many_pixels", png(16_000, 16_000, 8, 2, [])
    jpeg = bytearray(encode(rgb(8, 8, 1), "JPEG"))
    at = frame(jpeg)
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 16_000, 16_000)
    yield "huge-area.jpg", "image.too_many_pixels", bytes(jpeg)
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 65_535, 1)
    yield "huge-side.jpg", "image.side_too_long", bytes(jpeg)
    jpeg = bytearray(encode(rgb(8, 8, 1), "JPEG"))
    jpeg[at + 1] = 0xC9
    yield "arithmetic.jpg", "image.unsupported_format", bytes(jpeg)
    jpeg[at + 1] = 0xC1
    jpeg[at + 4] = 12
    yield "twelve-bit.jpg", "image.unsupported_depth", bytes(jpeg)
    progressive = encode(grey(64, 64, 1), "JPEG", progressive=True)
    scan = progressive.rindex(b"\xff\xda")
    yield "thousand-scans.jpg", "image.too_complex", progressive[:-2] + progressive[scan:-2] * 1000 + b"\xff\xd9"
    wrong = bytearray(encode(rgb(8, 8, 1), "PNG"))
    wrong[30] ^= 1
    yield "wrong-checksum.png", "image.broken", bytes(wrong)
    yield "no-pixels.png", "image.broken", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) + chunk(b"IEND", b"")
    yield "no-size.png", "image.broken", png(0, 5, 8, 2, [])
    yield "no-palette.png", "image.broken", png(4, 4, 8, 3, [bytes(4)] * 4)
    yield "odd-depth.png", "image.broken", png(4, 4, 3, 0, [bytes(4)] * 4)
    yield "not-deflated.png", "image.broken", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)) + chunk(b"IDAT", b"\xff" * 64) + chunk(b"IEND", b"")
    yield "two-frames.jpg", "image.broken", bytes(plain := encode(rgb(8, 8, 1), "JPEG"))[:at] + plain[at : at + 19] + plain[at:]


# --- truncation ----------------------------------------------------------------------------------------------------------


def truncations(files):
    """Where files are cut, and whether the reference still reads them: it asks for the rows, not for the end marker."""
    rng = random.Random(7)
    for file in ("photo-420.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "restart-markers.jpg", "sequential-scans.jpg",
                 "rgb.png", "palette-16.png", "interlaced-rgb.png", "text.png"):
        data = files[file]
        lengths = set(range(max(0, len(data) - 24), len(data))) | {rng.randrange(12, len(data)) for _ in range(20)}
        rows = []
        for length in sorted(lengths):
            try:
                image = Image.open(io.BytesIO(data[:length]))
                image.load()
                rows.append([length, digest(preprocess(image, *CASES[2]))])
            except Exception:
                rows.append([length, None])
        yield file, rows


def digest(tensor):
    return hashlib.sha256(tensor.tobytes()).hexdigest()


def one_line_each(out):
    """JSON with one line a file, so that a change shows which picture changed."""
    parts = []
    for part, rows in out.items():
        lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in rows.items())
        parts.append(f" {json.dumps(part)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    for folder in (PICTURES, TENSORS, RESOURCES / "refused"):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
    files, goldens = {}, {}
    for file, data in pictures():
        (PICTURES / file).write_bytes(data)
        files[file] = data
        image = Image.open(io.BytesIO(data))
        tensors = {}
        for case in CASES:
            tensor = preprocess(Image.open(io.BytesIO(data)), *case)
            if tensor is not None:
                tensors[name(case)] = digest(tensor)
            if (file, case) in WHOLE:
                (TENSORS / f"{file}.{case[0]}.{case[2]}.rgb").write_bytes(tensor.tobytes())
        goldens[file] = {"format": image.format, "mode": image.mode, "width": image.width, "height": image.height, "tensors": tensors}
    codes = {}
    for file, code, data in refused():
        (RESOURCES / "refused" / file).write_bytes(data)
        codes[file] = code
    out = {"pictures": goldens, "refused": codes, "truncated": dict(truncations(files))}
    (RESOURCES / "goldens.json").write_text(one_line_each(out))
    print(len(goldens), "pictures,", sum(len(g["tensors"]) for g in goldens.values()), "tensors")


if __name__ == "__main__":
    main()
