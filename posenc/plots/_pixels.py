"""Pixels for a page of any colour: an opaque card with round corners, in few bytes.

Text that is readable on white and on JupyterLab's dark page alike does not exist: a grey has
4.5:1 on white up to a luminance of 0.18, and on the dark page from 0.20 on; and curves that
have 3:1 on both differ too little to be told apart in grey print. So a figure brings its own
ground, the same everywhere, and its corners are cut off.
"""

import io

import numpy as np
from PIL import Image  # comes with matplotlib

RADIUS = 16  # pixels
LIMIT = 60_000  # bytes a figure may add to a notebook
STEPS = 8  # of transparency along a round corner
SMOOTH, NEAREST = Image.Resampling.LANCZOS, Image.Resampling.NEAREST
# How much of the pixels each way, and how many colours, until the bytes are few enough.
SMALLER = (
    (1, 247, SMOOTH), (1, 63, SMOOTH), (0.75, 247, SMOOTH), (0.75, 63, SMOOTH),
    (0.5, 247, SMOOTH), (0.5, 63, SMOOTH), (0.5, 31, NEAREST),  # the last: pure noise
)  # fmt: skip


def small(pixels: np.ndarray, *, graded: bool) -> bytes:
    """Return (height, width, 3) pixels as a card, a PNG of at most 60 kB.

    It has 247 colours, chosen with care where colours are ``graded`` as in a map (elsewhere
    in a tenth of the time), or as many fewer colours and pixels as the limit of bytes asks;
    and the colour of its border in steps of transparency.
    """
    method = Image.Quantize.MEDIANCUT if graded else Image.Quantize.FASTOCTREE
    for part, colours, how in SMALLER:
        image = Image.fromarray(np.ascontiguousarray(pixels))
        if part < 1:
            size = round(image.width * part), round(image.height * part)
            image = image.resize(size, how)
        png = _with_palette(image, colours, method)
        if len(png) <= LIMIT:
            break
    return png


def _with_palette(image: Image.Image, colours: int, method: Image.Quantize) -> bytes:
    card = image.quantize(colours, method, dither=Image.Dither.NONE)
    had = np.asarray(card.getpalette(), np.uint8).reshape(-1, 3)[:colours]
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(had)] = had
    palette[-STEPS:] = np.asarray(image)[0, image.width // 2]
    alpha, shown = corners(image.height, image.width), np.asarray(card).copy()
    round_off = alpha < 255
    shown[round_off] = 256 - STEPS + alpha[round_off].astype(int) * STEPS // 256
    card = Image.fromarray(shown)
    card.putpalette(palette.tobytes())
    seen = [255] * (256 - STEPS) + [step * 255 // (STEPS - 1) for step in range(STEPS)]
    buffer = io.BytesIO()
    card.save(buffer, format="png", optimize=True, transparency=bytes(seen))
    return buffer.getvalue()


def quick(pixels: np.ndarray) -> bytes:
    """Return (height, width, 3) pixels as a card, in a hurry rather than small."""
    with_alpha = np.dstack((pixels, corners(*pixels.shape[:2])))
    buffer = io.BytesIO()
    Image.fromarray(with_alpha).save(buffer, format="png", compress_level=1)
    return buffer.getvalue()


def corners(height: int, width: int) -> np.ndarray:
    """Return how opaque each pixel of a card is, 0 at its four corners: (height, width)."""
    alpha = np.full((height, width), 255, np.uint8)
    far = RADIUS - 0.5 - np.arange(RADIUS)  # of a pixel's middle from the round corner's
    corner = np.clip(RADIUS + 0.5 - np.hypot(far[:, None], far), 0, 1) * 255
    for rows in (slice(None, RADIUS), slice(None, -RADIUS - 1, -1)):
        for columns in (slice(None, RADIUS), slice(None, -RADIUS - 1, -1)):
            alpha[rows, columns] = corner.round()
    return alpha
