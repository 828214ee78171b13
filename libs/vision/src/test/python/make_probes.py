"""Draws the small pictures that a native decoder must read as the Java one does before it is used.

    venv/bin/python make_probes.py      # the environment of make_goldens.py

Writes ../../main/resources/io/saccade/vision/probes. Their sides are odd and no multiple of a block, for that is where
decoders differ.
"""

from pathlib import Path

from PIL import Image

from make_goldens import encode, grey, rgb, rgba, scene, tall_chroma

PROBES = Path(__file__).parents[2] / "main/resources/io/saccade/vision/probes"


def main():
    PROBES.mkdir(parents=True, exist_ok=True)
    photo = rgb(53, 45, 101)
    cmyk = encode(Image.fromarray(scene(37, 27, 102, 4), "CMYK"), "JPEG", quality=85)
    probes = {
        "420.jpg": encode(photo, "JPEG", quality=80, subsampling="4:2:0"),
        "422.jpg": encode(photo, "JPEG", quality=80, subsampling="4:2:2"),
        "440.jpg": tall_chroma(53, 45, 103),
        "444-progressive.jpg": encode(photo, "JPEG", quality=80, subsampling="4:4:4", progressive=True),
        "420-restart.jpg": encode(photo, "JPEG", quality=60, subsampling="4:2:0", restart_marker_rows=1),
        "grey.jpg": encode(grey(45, 37, 104), "JPEG", quality=80),
        "cmyk.jpg": cmyk,
        "ycck.jpg": cmyk.replace(b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\2"),
        "lossless.webp": encode(rgba(31, 23, 105), "WEBP", lossless=True, exact=True),
        "lossy.webp": encode(photo, "WEBP", quality=60, method=2),
        "lossy-alpha.webp": encode(rgba(37, 29, 106), "WEBP", quality=40, alpha_quality=50),
    }
    for file, data in probes.items():
        (PROBES / file).write_bytes(data)
    print(sum(map(len, probes.values())), "bytes in", len(probes), "files")


if __name__ == "__main__":
    main()
