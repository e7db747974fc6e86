"""From any of Pillow's modes to 8-bit RGB that looks right."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

BACKGROUND = (255, 255, 255)  # RGB, shown where a picture is transparent: white, as on paper

_GREY = ("1", "L", "LA", "La")
_DEEP = ("I", "F")  # and I;16 in each order of bytes


def to_rgb(image: Image.Image, background: tuple[int, int, int] = BACKGROUND) -> Image.Image:
    """Return the picture in RGB, 8 bit a channel.

    - Grey of 16 bit becomes v·255/65535, rounded. Mode I is taken as 16 bit where no value is above 65535, else as 32
      bit. Mode F has no range of its own: black is 0, and white is the first of 1, 255 and 65535 that no value exceeds.
    - CMYK, LAB, YCbCr, HSV and palettes become RGB.
    - An ICC profile that fits the picture is followed to sRGB, by perceptual intent. Without one, with a broken one or
      where Pillow lacks ImageCms, the numbers are taken as sRGB.
    - Transparency (an alpha channel, a transparent colour, or a palette's) is laid over the background.

    Args:
        image: loaded, in any mode. An RGB picture without profile and transparency is returned as it is.
        background: red, green and blue, 0 … 255.
    """
    profile = image.info.get("icc_profile")
    if image.mode == "RGB" and not profile and "transparency" not in image.info:
        return image
    colours, alpha = _without_alpha(image)
    rgb = _in_srgb(colours, profile) if profile else None
    if rgb is None:
        rgb = colours.convert("RGB")
    if alpha is None:
        return rgb
    laid = Image.new("RGB", rgb.size, background)
    laid.paste(rgb, mask=alpha)
    return laid


def _without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the picture in L, RGB or CMYK, and its alpha (L) if it has one."""
    if image.mode.startswith(_DEEP):
        values = np.asarray(image)
        clear = image.info.get("transparency")
        alpha = None if clear is None else Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8))
        return Image.fromarray(_to_8_bit(values)), alpha
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return rgba.convert("L" if image.mode in _GREY else "RGB"), rgba.getchannel("A")
    if image.mode == "CMYK":
        return image, None
    return image.convert("L" if image.mode in _GREY else "RGB"), None


def _to_8_bit(values: np.ndarray) -> np.ndarray:
    """Scale grey of 16 or 32 bit (H×W) to uint8."""
    ranges: tuple[float, ...]
    if values.dtype.kind == "f":
        values = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
        ranges = (1.0, 255.0, 65535.0)
    elif values.dtype.itemsize == 2:
        ranges = (65535.0,)
    else:
        ranges = (65535.0, 2.0**31 - 1)
    largest = float(values.max())
    white = next((white for white in ranges if largest <= white), largest)
    return np.rint(values.clip(0) * (255 / white)).astype(np.uint8)


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the picture (L, RGB or CMYK) in sRGB, or None where its numbers are to be taken as they are."""
    transform = _transform(profile, image.mode)
    return None if transform is None else ImageCms.applyTransform(image, transform)


@lru_cache(maxsize=16)  # the pictures of one camera share their profile
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the way from a profile to sRGB, or None if the profile is broken, is of another mode or is sRGB."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if mode == "RGB" and ImageCms.getProfileDescription(source).startswith("sRGB"):
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImportError, OSError, TypeError, ValueError, ImageCms.PyCMSError):
        return None
