import numpy as np
import pytest
from PIL import Image

from pipeline.data.alignment import align, frame_square
from pipeline.data.celeba_layout import TEMPLATE
from pipeline.data.prepare import all_views
from pipeline.data.upright import cut, similarity
from pipeline.data.views import aligned
from pipeline.drawn_faces.dataset import draw_numbered_face
from pipeline.errors import InputError

# Angle in degrees, scale, and where the middle of the face comes to lie on the canvas (its own size), for ten faces.
MOVES = [(0, 1, (300, 300)), (30, 1.5, (400, 420)), (-50, 2.2, (520, 600)), (90, 1.2, (300, 350)), (180, 1, (260, 300)),
         (-15, 3.3, (650, 700)), (8, 5, (800, 900)), (-120, 1.7, (420, 440)), (45, 8, (1500, 1400)),
         (3, 1.1, (95, 120))]


def on_a_canvas(pixels: np.ndarray, landmarks: np.ndarray, degrees: float, scale: float, middle: tuple[int, int]
                ) -> tuple[Image.Image, np.ndarray]:
    """Turn, scale and shift a face onto a grey canvas; return it with the landmarks there, float 5×2."""
    turn, place = scale * np.exp(1j * np.radians(degrees)), complex(*middle)
    back = 1 / turn
    origin = back * -place + complex(89, 109)
    size = (2 * middle[0], 2 * middle[1])
    inside = np.full((218 + 80, 178 + 80, 3), 128, np.uint8)
    inside[40:-40, 40:-40] = pixels
    origin += 40 + 40j
    canvas = Image.fromarray(inside).transform(size, Image.Transform.AFFINE,
                                               (back.real, -back.imag, origin.real, back.imag, back.real, origin.imag),
                                               Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))
    moved = turn * (landmarks @ (1, 1j) - complex(89, 109)) + place
    return canvas, np.stack([moved.real, moved.imag], axis=1)


def psnr(one: Image.Image, other: Image.Image, margin: int) -> float:
    """Peak signal to noise in dB, without a margin that one of the two does not have."""
    inner = (slice(margin, -margin), slice(margin, -margin))
    difference = np.asarray(one).astype(float)[inner] - np.asarray(other).astype(float)[inner]
    return float(10 * np.log10(255**2 / max((difference**2).mean(), 1e-9)))


@pytest.mark.parametrize(("number", "move"), list(enumerate(MOVES, 1)))
def test_a_moved_face_is_aligned_like_the_unmoved_one(number, move):
    _, pixels, landmarks = draw_numbered_face(7, number)
    unmoved = align(Image.fromarray(pixels), landmarks, "a")
    again = align(*on_a_canvas(pixels, landmarks, *move), "a")
    assert again.image.mode == "RGB" and again.image.size == (178, 218)
    assert again.landmarks.dtype == np.int16 and again.landmarks.shape == (5, 2)
    assert np.abs(again.landmarks - unmoved.landmarks).max() <= 1
    assert psnr(again.image, unmoved.image, 25) > 38  # dB
    elsewhere = Image.fromarray(np.roll(np.asarray(unmoved.image), 3, axis=1))
    assert psnr(again.image, elsewhere, 25) < 28, "else it is blind"


def test_landmarks_come_near_the_template():
    distances = []
    for number in range(1, 11):
        _, pixels, landmarks = draw_numbered_face(7, number)
        distances.append(align(Image.fromarray(pixels), landmarks, "a").landmarks - TEMPLATE)
    assert np.abs(np.mean(distances, axis=0)).max() < 4


def test_landmarks_at_the_template_move_nothing():
    _, pixels, _ = draw_numbered_face(7, 1)
    image, landmarks = align(Image.fromarray(pixels), TEMPLATE, "a")
    assert np.abs(np.asarray(image).astype(int) - pixels).max() <= 1
    np.testing.assert_array_equal(landmarks, TEMPLATE)


@pytest.mark.parametrize("scale", [2, 3.4, 6, 11.5])
def test_a_large_picture_is_antialiased(scale):
    stripes = np.zeros((round(230 * scale), round(190 * scale), 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.asarray(align(Image.fromarray(stripes), TEMPLATE * scale, "a").image).std() < 24  # of 127.5


def test_outside_the_picture_its_edge_is_repeated():
    pixels = np.zeros((218, 178, 3), np.uint8)
    pixels[:, :89], pixels[:, 89:] = 40, 200
    image = np.asarray(align(Image.fromarray(pixels), TEMPLATE + np.array((80, 60)), "a").image)
    assert (image[:, 20:] == 200).all() and (image[:, :5] == 40).all()


SWAPPED = TEMPLATE[[1, 0, 2, 4, 3]]


@pytest.mark.parametrize(("landmarks", "problem"), [
    (np.full((5, 2), 50.0), "has all landmarks in one place (50,50 50,50 50,50 50,50 50,50)"),
    (TEMPLATE + np.array((500, 0)), "outside its 178×218 pixels"), (TEMPLATE * -20, "outside its 178×218 pixels"),
    (np.where(np.eye(5, 2, dtype=bool), np.nan, TEMPLATE), "are not 5 points"), (TEMPLATE[:4], "are not 5 points"),
    (SWAPPED, "do not lie as in a face"),
    (TEMPLATE[[0, 2, 1, 4, 3]], "do not lie as in a face"),
], ids=["one place", "to the right", "far away", "no number", "four", "exchanged", "another order"])
def test_landmarks_that_are_no_face_are_refused(landmarks, problem):
    with pytest.raises(InputError, match="^b.png in photos has .*[^.]$") as caught:
        align(Image.new("RGB", (178, 218)), landmarks, "b.png in photos")
    assert problem in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("turned", [0, 30, 180])
@pytest.mark.parametrize("flattened", [1, 0.3])
def test_turned_heads_are_not_refused(turned, flattened):
    points = (TEMPLATE - TEMPLATE.mean(0)) * (flattened, 1) @ (1, 1j) * np.exp(1j * np.radians(turned)) + 89 + 109j
    align(Image.new("RGB", (178, 218)), np.stack([points.real, points.imag], axis=1), "a")


def test_a_similarity_goes_both_ways():
    target = TEMPLATE @ np.array([[0.6, 0.8], [-0.8, 0.6]]) * 3 + (7, -2)
    move = similarity(TEMPLATE, target)
    assert abs(move.turn) == pytest.approx(3)
    np.testing.assert_allclose(move(TEMPLATE @ (1, 1j)), target @ (1, 1j))
    np.testing.assert_allclose(move.back(target @ (1, 1j)), TEMPLATE @ (1, 1j))


def test_a_rectangle_is_cut():
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    cut_out = np.asarray(cut(Image.fromarray(pixels), 10 + 5j, 30 + 0j, 30, 45))
    np.testing.assert_array_equal(cut_out, pixels[5:50, 10:40])


@pytest.mark.parametrize(("size", "square"), [
    ((148, 148), (0, 0, 148)), ((300, 148), (76, 0, 224)), ((148, 298), (0, 50, 148)), ((178, 218), (0, 40 / 3, 178)),
    ((1800, 1200), (300, 0, 1500)), ((60, 75), (0, 5, 60))])
def test_without_landmarks_the_aligned_view_shows_the_largest_square(size, square):
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (9, 7, 3), dtype=np.uint8)).resize(
        size, Image.Resampling.BICUBIC)
    image = frame_square(picture)
    assert image.mode == "RGB" and image.size == (178, 218)
    left, top, right = square
    expected = picture.resize((64, 64), Image.Resampling.BICUBIC, box=(left, top, right, top + right - left))
    assert np.abs(aligned.crop(image, 64).transpose(1, 2, 0).astype(int) - np.asarray(expected)).mean() < 3


def test_a_square_of_148_keeps_its_pixels():
    pixels = np.random.default_rng(2).integers(0, 256, (148, 148, 3), dtype=np.uint8)
    np.testing.assert_array_equal(aligned.crop(frame_square(Image.fromarray(pixels)), 148).transpose(1, 2, 0), pixels)


def test_all_views_cut_what_is_aligned():
    _, pixels, landmarks = draw_numbered_face(7, 3)
    face = align(*on_a_canvas(pixels, landmarks, 20, 2, (400, 420)), "a")
    straight = align(Image.fromarray(pixels), landmarks, "a")
    for crop in all_views().values():
        difference = crop(face.image, 64, face.landmarks).astype(int) - crop(straight.image, 64, straight.landmarks)
        assert np.abs(difference).mean() < 4
