import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from pipeline.data.picture import read_picture
from pipeline.data.to_rgb import to_rgb

COLOUR = np.asarray(Image.fromarray(np.random.default_rng(0).integers(0, 256, (4, 3, 3), dtype=np.uint8)).resize(
    (40, 50), Image.Resampling.BICUBIC)).copy()
COLOUR[:10, :10] = (200, 40, 20)
RGB = Image.fromarray(COLOUR)
GREY = RGB.convert("L")
SHADES = np.asarray(GREY)
ALPHA = np.tile(np.linspace(0, 255, 40).astype(np.uint8), (50, 1))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def out(data: bytes) -> np.ndarray:
    image = read_picture("a", data, "here")
    assert image.mode == "RGB"
    return np.asarray(image).astype(int)


def png_16_bit(values: np.ndarray, colour_type: int, transparent: bytes = b"") -> bytes:
    """Write what Pillow cannot: 16-bit RGB, RGBA and LA, and a transparent colour of 16 bit."""
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    height, width = values.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + (chunk(b"tRNS", transparent) if transparent else b"")
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def ycck() -> bytes:
    """A JPEG of Adobe's fourth kind: YCC of the inks, and black; all inverted in the file."""
    inks = np.dstack([np.asarray(Image.fromarray(255 - COLOUR).convert("YCbCr")), np.full((50, 40), 255, np.uint8)])
    data = bytearray(encoded(Image.fromarray(255 - inks, "CMYK"), "JPEG", quality=98, subsampling=0))
    data[data.index(b"Adobe") + 11] = 2  # its marker said CMYK
    return bytes(data)


def profile_with_red_and_blue_exchanged() -> bytes:
    data = bytearray(SRGB)
    entries = {bytes(data[at:at + 4]): at for at in range(132, 132 + 12 * data[131], 12)}
    red, blue = (entries[name] + 4 for name in (b"rXYZ", b"bXYZ"))
    data[red:red + 8], data[blue:blue + 8] = data[blue:blue + 8], data[red:red + 8]
    return bytes(data).replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))


WIDE = COLOUR.astype(np.uint16) * 257
GREY_16 = SHADES.astype(np.uint16) * 257


@pytest.mark.parametrize(("data", "near"), [
    (encoded(RGB), 0), (encoded(RGB, "WEBP", lossless=True), 0), (encoded(RGB, "BMP"), 0), (encoded(RGB, "TIFF"), 0),
    (encoded(RGB, "JPEG", quality=98), 2), (encoded(RGB.convert("CMYK"), "JPEG", quality=98), 2), (ycck(), 3),
    (encoded(RGB.convert("CMYK"), "TIFF"), 1), (encoded(RGB.convert("YCbCr"), "TIFF"), 3),
    (png_16_bit(WIDE, 2), 0), (encoded(RGB.quantize(256)), 5), (encoded(RGB.quantize(256), "GIF"), 5),
    (encoded(RGB, icc_profile=SRGB), 0), (encoded(RGB, icc_profile=b"broken" * 40), 0),
], ids=["png", "webp", "bmp", "tiff", "jpeg", "cmyk jpeg", "ycck jpeg", "cmyk tiff", "ycc tiff", "16 bit", "palette",
        "gif", "sRGB", "broken profile"])
def test_colours_come_out_as_they_were(data, near):
    assert np.abs(out(data) - COLOUR).mean() <= near


@pytest.mark.parametrize("data", [
    encoded(GREY), encoded(Image.fromarray(GREY_16)), encoded(Image.fromarray(GREY_16), "TIFF"),
    b"P5 40 50 65535\n" + GREY_16.astype(">u2").tobytes(),
    encoded(Image.fromarray(SHADES.astype(np.float32) / 255), "TIFF"),
    encoded(Image.fromarray(SHADES.astype(np.float32)), "TIFF"),
    encoded(Image.fromarray(SHADES.astype(np.int32) * 8421504), "TIFF"),
    encoded(GREY, icc_profile=SRGB),
], ids=["8 bit", "16 bit png", "16 bit tiff", "16 bit pgm", "0 to 1", "0 to 255", "32 bit", "a profile of colours"])
def test_grey_comes_out_as_it_was(data):
    np.testing.assert_array_equal(out(data), np.broadcast_to(SHADES[..., None], (50, 40, 3)))


def test_black_and_white():
    dots = SHADES > 100
    np.testing.assert_array_equal(out(encoded(Image.fromarray(dots)))[..., 0], 255 * dots)


def test_values_that_are_no_numbers_are_black():
    values = np.array([[np.nan, np.inf], [0.5, 1]], np.float32)
    assert np.asarray(to_rgb(Image.fromarray(values)))[..., 0].tolist() == [[0, 0], [128, 255]]
    far = np.array([[-5, 100_000], [0, 25_000]], np.float32)
    assert np.asarray(to_rgb(Image.fromarray(far)))[..., 0].tolist() == [[0, 255], [0, 64]]


def over(background: tuple[int, int, int], pixels: np.ndarray) -> np.ndarray:
    part = ALPHA[..., None] / 255
    return pixels * part + np.array(background) * (1 - part)


@pytest.mark.parametrize("deep", [False, True])
def test_transparency_shows_the_background(deep):
    colour, grey = np.dstack([COLOUR, ALPHA]), np.dstack([SHADES, ALPHA])
    if deep:
        colour, grey = (png_16_bit(a.astype(np.uint16) * 257, kind) for a, kind in ((colour, 6), (grey, 4)))
    else:
        colour, grey = encoded(Image.fromarray(colour)), encoded(Image.fromarray(grey, "LA"))
    white = (255, 255, 255)
    assert np.abs(out(colour) - over(white, COLOUR)).max() <= 1
    assert np.abs(out(grey) - over(white, np.dstack([SHADES] * 3))).max() <= 1


def test_another_background():
    green = to_rgb(Image.fromarray(np.dstack([COLOUR, ALPHA])), (10, 200, 30))
    assert np.abs(np.asarray(green) - over((10, 200, 30), COLOUR)).max() <= 1


@pytest.mark.parametrize("data", [
    encoded(RGB, transparency=(200, 40, 20)), png_16_bit(WIDE, 2, struct.pack(">HHH", 51400, 10280, 5140)),
    encoded(GREY, transparency=int(SHADES[0, 0])), png_16_bit(GREY_16, 0, struct.pack(">H", GREY_16[0, 0])),
    encoded(RGB.quantize(16), transparency=int(np.asarray(RGB.quantize(16))[0, 0])),
    encoded(RGB.quantize(16), "GIF", transparency=int(np.asarray(RGB.quantize(16))[0, 0])),
], ids=["rgb", "16 bit rgb", "grey", "16 bit grey", "palette", "gif"])
def test_a_transparent_colour_shows_the_background(data):
    pixels = out(data)
    assert (pixels[:10, :10] == 255).all() and (pixels[20:, 20:] < 255).mean() > 0.5


def test_a_palette_with_many_transparencies():
    opaque, palette = RGB.quantize(16), [0, *range(15, 240, 15)]
    pixels = out(encoded(opaque, transparency=bytes(palette)))
    part = np.array(palette)[np.asarray(opaque)][..., None] / 255
    assert np.abs(pixels - (np.asarray(opaque.convert("RGB")) * part + 255 * (1 - part))).max() <= 1


@pytest.mark.parametrize("alpha", [False, True])
def test_a_profile_is_followed(alpha):
    exchanged = COLOUR[..., ::-1]
    image = Image.fromarray(np.dstack([exchanged, np.full_like(SHADES, 255)]) if alpha else exchanged.copy())
    assert np.abs(out(encoded(image, icc_profile=profile_with_red_and_blue_exchanged())) - COLOUR).max() <= 1


def test_an_ordinary_picture_is_not_copied():
    image = Image.fromarray(COLOUR)
    assert to_rgb(image) is image
