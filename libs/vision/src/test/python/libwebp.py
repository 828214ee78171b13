"""WebP with any of the encoder's settings: Pillow hands on only a few of them, so its own copy of libwebp is called here.

The structures are those of libwebp's encode.h, ABI version 2.16. Linux wheels of Pillow only.
"""

import ctypes
from ctypes import POINTER, c_float, c_int, c_size_t, c_uint8, c_uint32, c_void_p
from pathlib import Path

import PIL

ABI = 0x0210

CONFIG = (
    "lossless quality:f method image_hint target_size target_PSNR:f segments sns_strength filter_strength filter_sharpness "
    "filter_type autofilter alpha_compression alpha_filtering alpha_quality pass show_compressed preprocessing partitions "
    "partition_limit emulate_jpeg_size thread_level low_memory near_lossless exact use_delta_palette use_sharp_yuv qmin qmax"
)


class Config(ctypes.Structure):
    _fields_ = [(name.removesuffix(":f"), c_float if name.endswith(":f") else c_int) for name in CONFIG.split()]


class Picture(ctypes.Structure):
    _fields_ = [
        ("use_argb", c_int), ("colorspace", c_int), ("width", c_int), ("height", c_int),
        ("y", c_void_p), ("u", c_void_p), ("v", c_void_p), ("y_stride", c_int), ("uv_stride", c_int),
        ("a", c_void_p), ("a_stride", c_int), ("pad1", c_uint32 * 2),
        ("argb", c_void_p), ("argb_stride", c_int), ("pad2", c_uint32 * 3),
        ("writer", c_void_p), ("custom_ptr", c_void_p), ("extra_info_type", c_int), ("extra_info", c_void_p),
        ("stats", c_void_p), ("error_code", c_int), ("progress_hook", c_void_p), ("user_data", c_void_p),
        ("pad3", c_uint32 * 3), ("pad4", c_void_p), ("pad5", c_void_p), ("pad6", c_uint32 * 8),
        ("memory", c_void_p), ("memory_argb", c_void_p), ("pad7", c_void_p * 2),
    ]


class Memory(ctypes.Structure):
    _fields_ = [("mem", POINTER(c_uint8)), ("size", c_size_t), ("max_size", c_size_t), ("pad", c_uint32 * 1)]


def _library():
    folder = Path(PIL.__file__).parent.parent / "pillow.libs"
    for name in ("libsharpyuv-*", "libwebp-*"):
        library = ctypes.CDLL(str(next(folder.glob(name))), mode=ctypes.RTLD_GLOBAL)
    return library


LIBRARY = _library()


def encode(pixels, **settings):
    """A WebP file of uint8 pixels [height][width][3 or 4]; settings are fields of WebPConfig."""
    height, width, bands = pixels.shape
    config, picture, memory = Config(), Picture(), Memory()
    if not LIBRARY.WebPConfigInitInternal(ctypes.byref(config), 0, c_float(settings.get("quality", 75)), ABI):
        raise RuntimeError("this libwebp has another ABI")
    for name, value in settings.items():
        if not hasattr(config, name):
            raise ValueError(f"libwebp has no setting {name}")
        setattr(config, name, value)
    if not LIBRARY.WebPValidateConfig(ctypes.byref(config)) or not LIBRARY.WebPPictureInitInternal(ctypes.byref(picture), ABI):
        raise ValueError(f"libwebp does not take {settings}")
    picture.use_argb = config.lossless or config.use_sharp_yuv
    picture.width, picture.height = width, height
    data = pixels.tobytes()
    fill = LIBRARY.WebPPictureImportRGBA if bands == 4 else LIBRARY.WebPPictureImportRGB
    if not fill(ctypes.byref(picture), data, width * bands):
        raise RuntimeError("libwebp did not take the pixels")
    LIBRARY.WebPMemoryWriterInit(ctypes.byref(memory))
    picture.writer = ctypes.cast(LIBRARY.WebPMemoryWrite, c_void_p).value
    picture.custom_ptr = ctypes.addressof(memory)
    try:
        if not LIBRARY.WebPEncode(ctypes.byref(config), ctypes.byref(picture)):
            raise RuntimeError(f"libwebp failed with {picture.error_code} for {settings}")
        return ctypes.string_at(memory.mem, memory.size)
    finally:
        LIBRARY.WebPPictureFree(ctypes.byref(picture))
        LIBRARY.WebPMemoryWriterClear(ctypes.byref(memory))
