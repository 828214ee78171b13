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
from PIL import Image, ImageOps, PngImagePlugin

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
    yield from more_pngs()
    yield from gifs()
    yield from bmps()
    yield from tiffs()
    yield from webps()
    yield from turned()

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


def deep(samples, seed):
    """16 bits from 8: the upper byte is the sample, the lower one is noise."""
    noise = np.random.default_rng(seed).integers(0, 256, samples.shape, dtype=np.uint16)
    return samples.astype(np.uint16) << 8 | noise


def more_pngs():
    yield "rgb-16.png", png(61, 47, 16, 2, [row.astype(">u2").tobytes() for row in deep(scene(61, 47, 60), 1)])
    yield "rgba-16.png", png(61, 47, 16, 6, [row.astype(">u2").tobytes() for row in deep(np.asarray(rgba(61, 47, 61)), 2)])
    both = np.stack([scene(61, 47, 62, 1)[..., 0], scene(61, 47, 63, 1)[..., 0]], axis=-1)
    yield "grey-alpha-16.png", png(61, 47, 16, 4, [row.astype(">u2").tobytes() for row in deep(both, 3)])
    pixels = deep(scene(61, 47, 64), 4)
    rows = [row.astype(">u2").tobytes() for left, top, right, down in ADAM7 for row in pixels[top::down, left::right]]
    yield "interlaced-rgb-16.png", png(61, 47, 16, 2, rows, 1)
    for filter in range(5):  # each row filter alone
        yield f"filter-{filter}.png", filtered(scene(45, 33, 65), filter)
    raw = zlib.compress(b"".join(b"\0" + row.tobytes() for row in scene(61, 47, 66)))
    chunks = b"".join(chunk(b"IDAT", raw[at : at + 7]) for at in range(0, len(raw), 7))
    yield "many-chunks.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 61, 47, 8, 2, 0, 0, 0)) + chunks + chunk(b"IEND", b"")


def filtered(pixels, filter):
    height, width, bands = pixels.shape
    padded = np.zeros((height + 1, width + 1, bands), np.int32)
    padded[1:, 1:] = pixels
    left, above, corner = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    p = left + above - corner
    a, b, c = abs(p - left), abs(p - above), abs(p - corner)
    paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, above, corner))
    guess = [0 * left, left, above, (left + above) // 2, paeth][filter]
    rows = b"".join(bytes([filter]) + row.tobytes() for row in ((pixels - guess) & 255).astype(np.uint8))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def gifs():
    palette = rgb(120, 91, 70).quantize(128)
    yield "gif.gif", encode(palette, "GIF")
    yield "interlaced.gif", encode(palette, "GIF", interlace=1)
    yield "straight.gif", encode(palette, "GIF", interlace=0)
    yield "grey.gif", encode(grey(90, 77, 71), "GIF")
    yield "few.gif", encode(rgb(64, 48, 72).quantize(3), "GIF")
    yield "two.gif", encode(grey(67, 45, 73).convert("1"), "GIF")
    yield "transparent.gif", encode(rgb(80, 60, 74).quantize(64), "GIF", transparency=5)
    frames = [rgb(60, 45, 75 + i).quantize(64) for i in range(3)]
    yield "animated.gif", encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    yield "large.gif", encode(rgb(400, 300, 78).quantize(256), "GIF")
    plain = encode(palette, "GIF", interlace=0)
    at = plain.index(b",\0\0\0\0\x78\0\x5b\0")
    offset = bytearray(plain)
    offset[at + 1 : at + 5] = struct.pack("<HH", 7, 5)
    yield "beyond-its-screen.gif", bytes(offset)
    smaller = bytearray(offset)
    smaller[6:10] = struct.pack("<HH", 200, 150)
    yield "inside-its-screen.gif", bytes(smaller)
    clear = bytearray(encode(rgb(80, 60, 74).quantize(64), "GIF", transparency=5))
    clear[6:10] = struct.pack("<HH", 101, 83)
    yield "transparent-screen.gif", bytes(clear)
    yield "comment.gif", encode(palette, "GIF", comment=b"x" * 700)


def bmp(width, height, bits, body, palette=b"", compression=0, masks=b"", header=40, colours=0):
    """A bitmap that Pillow cannot write."""
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(body), 2835, 2835, colours, 0)
        info += masks if header > 40 else b""
        info = info.ljust(header, b"\0") + (masks if header == 40 else b"")
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + info + palette + body


def bottom_up(rows):
    return b"".join(row + bytes(-len(row) % 4) for row in reversed(rows))


def bmps():
    yield "rgb.bmp", encode(rgb(61, 47, 80), "BMP")
    yield "grey.bmp", encode(grey(61, 47, 81), "BMP")
    yield "palette.bmp", encode(rgb(61, 47, 82).quantize(100), "BMP")
    yield "bilevel.bmp", encode(grey(61, 47, 83).convert("1"), "BMP")
    yield "rgba.bmp", encode(rgba(61, 47, 84), "BMP")
    fine = scene(61, 47, 85, 1)[..., 0]
    colours = b"".join(bytes([i, 255 - i, i // 2, 0]) for i in range(0, 256, 16))
    yield "palette-4.bmp", bmp(61, 47, 4, bottom_up(packed(fine >> 4, 4)), colours, colours=16)
    yield "palette-1.bmp", bmp(61, 47, 1, bottom_up(packed(fine >> 7, 1)), colours[:8], colours=2)
    yield "top-down.bmp", bmp(61, -47, 24, b"".join(row.tobytes() + bytes(-len(row) * 3 % 4) for row in scene(61, 47, 86)))
    yield "os2.bmp", bmp(61, 47, 24, bottom_up([row.tobytes() for row in scene(61, 47, 87)]), header=12)
    five = np.random.default_rng(5).integers(0, 65536, (47, 61), dtype=np.uint16)
    yield "555.bmp", bmp(61, 47, 16, bottom_up([row.tobytes() for row in five]))
    yield "565.bmp", bmp(61, 47, 16, bottom_up([row.tobytes() for row in five]), compression=3, masks=struct.pack("<3I", 0xF800, 0x7E0, 0x1F))
    four = [row.tobytes() for row in np.asarray(rgba(61, 47, 88))]
    yield "32.bmp", bmp(61, 47, 32, bottom_up(four))
    yield "bgra-v5.bmp", bmp(61, 47, 32, bottom_up(four), compression=3, masks=struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000), header=124)
    yield "rgba-v4.bmp", bmp(61, 47, 32, bottom_up(four), compression=3, masks=struct.pack("<4I", 0xFF, 0xFF00, 0xFF0000, 0xFF000000), header=108)
    yield "xbgr.bmp", bmp(61, 47, 32, bottom_up(four), compression=3, masks=struct.pack("<3I", 0xFF000000, 0xFF0000, 0xFF00))
    full = b"".join(bytes([i, 255 - i, i // 2, 0]) for i in range(256))
    rows = b"".join(b"".join(bytes([1 + i % 3, v]) for i, v in enumerate(range(y, y + 20))) + b"\0\0" for y in range(9)) + b"\0\1"
    yield "rle8.bmp", bmp(39, 9, 8, rows, full, compression=1)
    mixed = b"".join(b"\0\5\1\2\3\4\5\0" + b"\x0a\x07" + b"\0\0" for _ in range(6)) + b"\0\1"
    yield "rle8-absolute.bmp", bmp(15, 6, 8, mixed, full, compression=1)
    nibbles = b"".join(b"\x09\x4c" + b"\0\4\x12\x34" + b"\0\0" for _ in range(5)) + b"\0\1"
    yield "rle4.bmp", bmp(13, 5, 4, nibbles, colours, compression=2, colours=16)


def tiffs():
    photo, soft = rgb(97, 71, 90), grey(97, 71, 91)
    yield "rgb.tiff", encode(photo, "TIFF")
    for compression in ("tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "packbits"):
        yield f"rgb-{compression}.tiff", encode(photo, "TIFF", compression=compression)
    yield "predictor.tiff", encode(photo, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    yield "strips.tiff", encode(rgb(301, 203, 92), "TIFF", compression="tiff_lzw", tiffinfo={278: 16})
    yield "grey.tiff", encode(soft, "TIFF", compression="tiff_lzw")
    yield "grey-white.tiff", encode(soft, "TIFF", tiffinfo={262: 0})
    yield "palette.tiff", encode(photo.quantize(77), "TIFF", compression="packbits")
    yield "rgba.tiff", encode(rgba(97, 71, 93), "TIFF", compression="tiff_deflate")
    yield "grey-alpha.tiff", encode(Image.merge("LA", (soft, grey(97, 71, 94))), "TIFF", compression="tiff_lzw")
    yield "cmyk.tiff", encode(Image.fromarray(scene(97, 71, 95, 4), "CMYK"), "TIFF", compression="tiff_lzw")
    yield "bilevel.tiff", encode(soft.convert("1"), "TIFF")
    for turn in range(2, 9):
        yield f"turned-{turn}.tiff", encode(photo, "TIFF", tiffinfo={274: turn})
    pixels = deep(scene(61, 47, 97), 6)
    yield "rgb-16.tiff", tiff(61, 47, pixels.astype("<u2").tobytes(), 16, 3, 2)
    yield "rgb-16-big.tiff", tiff(61, 47, pixels.astype(">u2").tobytes(), 16, 3, 2, order=">")
    planes = b"".join(np.ascontiguousarray(scene(61, 47, 98)[..., i]).tobytes() for i in range(3))
    yield "planes.tiff", tiff(61, 47, planes, 8, 3, 2, planar=2)
    tiles, source = b"", np.zeros((64, 96, 3), np.uint8)
    source[:47, :61] = scene(61, 47, 99)
    for y in range(0, 64, 32):
        for x in range(0, 64, 32):
            tiles += source[y : y + 32, x : x + 32].tobytes()
    yield "tiles.tiff", tiff(61, 47, tiles, 8, 3, 2, tile=32)
    yield "premultiplied.tiff", tiff(61, 47, np.asarray(rgba(61, 47, 100)).tobytes(), 8, 4, 2, extra=1)
    yield "four-bits.tiff", tiff(61, 47, b"".join(packed(scene(61, 47, 101, 1)[..., 0] >> 4, 4)), 4, 1, 1)
    frames = [rgb(60, 45, 102 + i) for i in range(3)]
    yield "pages.tiff", encode(frames[0], "TIFF", save_all=True, append_images=frames[1:])


def tiff(width, height, body, bits, samples, photometric, order="<", planar=1, tile=0, extra=None):
    """A TIFF that Pillow cannot write."""
    entries = [(256, [width]), (257, [height]), (258, [bits] * samples), (259, [1]), (262, [photometric]), (277, [samples]), (284, [planar])]
    if extra is not None:
        entries.append((338, [extra]))
    if tile:
        parts = -(-width // tile) * -(-height // tile)
        entries += [(322, [tile]), (323, [tile])]
    else:
        parts = samples if planar == 2 else 1
        entries += [(278, [height])]
    size = len(body) // parts
    where, sizes = (324, 325) if tile else (273, 279)
    entries += [(where, [8 + i * size for i in range(parts)]), (sizes, [size] * parts)]
    after = 8 + len(body)
    out, more = struct.pack(order + "H", len(entries)), b""
    at = after + 2 + 12 * len(entries) + 4
    for tag, values in sorted(entries):
        data = struct.pack(f"{order}{len(values)}I", *values)
        if len(data) > 4:
            data, more, at = struct.pack(order + "I", at), more + data, at + len(data)
        out += struct.pack(order + "HHI", tag, 4, len(values)) + data
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", after) + body + out + bytes(4) + more


def webps():
    yield "lossless.webp", encode(rgb(123, 77, 110), "WEBP", lossless=True)
    yield "lossless-alpha.webp", encode(rgba(95, 64, 111), "WEBP", lossless=True, exact=True)
    yield "lossless-few-colours.webp", encode(rgb(90, 70, 112).quantize(12).convert("RGB"), "WEBP", lossless=True)
    frames = [rgba(60, 45, 113 + i) for i in range(3)]
    yield "animated.webp", encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, exact=True)
    yield "lossless-icc.webp", encode(rgb(61, 47, 116), "WEBP", lossless=True, icc_profile=wide_gamut(), exif=b"Exif\0\0" + bytes(100))
    yield "lossy.webp", encode(rgb(321, 243, 117), "WEBP", quality=80)
    yield "lossy-small.webp", encode(rgb(61, 47, 118), "WEBP", quality=40)
    yield "lossy-alpha.webp", encode(rgba(161, 97, 119), "WEBP", quality=75, exact=True)
    frames = [rgb(80, 60, 120 + i) for i in range(2)]
    yield "lossy-animated.webp", encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], quality=70)


def turned():
    """Every orientation there is, where each format may say it, and values that mean nothing."""
    def exif(turn, big=False):
        block = Image.Exif()
        block[0x010F] = "maker"
        block[0x0112] = turn
        block.endian = ">" if big else "<"
        return block.tobytes()

    def xmp(turn, element=False):
        said = f"<tiff:Orientation>{turn}</tiff:Orientation>" if element else ""
        attribute = "" if element else f' tiff:Orientation="{turn}"'
        return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description{attribute}>{said}</rdf:Description></x:xmpmeta>'.encode()

    for turn in range(1, 9):
        yield f"turned-{turn}.jpg", encode(rgb(61, 47, 130 + turn), "JPEG", quality=80, exif=exif(turn, turn % 2 == 0))
        yield f"turned-{turn}.png", encode(rgb(23, 31, 140 + turn), "PNG", exif=exif(turn, turn % 2 == 1))
    yield "turned-6.webp", encode(rgb(23, 31, 150), "WEBP", lossless=True, exif=exif(6))
    yield "turned-5-xmp.jpg", encode(rgb(61, 47, 151), "JPEG", quality=80, xmp=xmp(5))
    yield "turned-7-xmp.webp", encode(rgb(23, 31, 152), "WEBP", lossless=True, xmp=xmp(7, True))
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp(8).decode())
    yield "turned-8-xmp.png", encode(rgb(23, 31, 153), "PNG", pnginfo=info)
    yield "turned-3-both.jpg", encode(rgb(61, 47, 154), "JPEG", quality=80, exif=exif(3), xmp=xmp(6))
    yield "turned-9.jpg", encode(rgb(61, 47, 155), "JPEG", quality=80, exif=exif(9))
    yield "turned-6-palette.png", encode(rgb(23, 31, 156).quantize(20), "PNG", exif=exif(6))
    yield "turned-5-alpha.png", encode(rgba(23, 31, 157), "PNG", exif=exif(5))


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
    yield "float.tiff", "image.unsupported_depth", encode(grey(8, 8, 1).convert("F"), "TIFF")
    yield "jpeg.tiff", "image.unsupported_format", encode(rgb(8, 8, 1), "TIFF", compression="jpeg")
    yield "fax.tiff", "image.unsupported_format", encode(grey(8, 8, 1).convert("1"), "TIFF", compression="group4")
    yield "jpeg.bmp", "image.unsupported_format", bmp(8, 8, 24, b"", compression=4)
    yield "odd-masks.bmp", "image.unsupported_format", bmp(8, 8, 16, bytes(128), compression=3, masks=struct.pack("<3I", 1, 2, 4))
    yield "narrow.png", "image.too_narrow", png(1, 1002, 8, 0, [b"\0"] * 1002)
    yield "screen.gif", "image.side_too_long", b"GIF89a" + struct.pack("<HH", 60000, 1) + b"\0\0\0," + struct.pack("<4H", 0, 0, 1, 1) + b"\0\2\2\x44\1\0;"
    yield "no-frame.gif", "image.broken", b"GIF89a" + struct.pack("<HH", 8, 8) + b"\0\0\0;"
    yield "no-image.webp", "image.broken", b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\7\0\0\7\0\0"
    yield "bigtiff.tiff", "image.unsupported_format", b"II+\0\x08\0\0\0" + bytes(100)
    yield "jxl.jxl", "image.unsupported_format", b"\xff\x0a" + bytes(100)
    yield "heic.heic", "image.unsupported_format", b"\0\0\0\x18ftypheic" + bytes(100)
    yield "svg.svg", "image.unsupported_format", b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    yield "pdf.pdf", "image.unsupported_format", b"%PDF-1.7" + bytes(100)
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
                 "rgb.png", "palette-16.png", "interlaced-rgb.png", "text.png", "gif.gif", "rgb.bmp"):
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
    oriented = {}
    for file, data in files.items():
        if file.startswith("turned-"):
            oriented[file] = {name(case): digest(preprocess(ImageOps.exif_transpose(Image.open(io.BytesIO(data))), *case)) for case in CASES}
    codes = {}
    for file, code, data in refused():
        (RESOURCES / "refused" / file).write_bytes(data)
        codes[file] = code
    out = {"pictures": goldens, "oriented": oriented, "refused": codes, "truncated": dict(truncations(files))}
    (RESOURCES / "goldens.json").write_text(one_line_each(out))
    print(len(goldens), "pictures,", sum(len(g["tensors"]) for g in goldens.values()), "tensors")


if __name__ == "__main__":
    main()
