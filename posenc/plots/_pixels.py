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


def small(pixels: np.ndarray) -> bytes:
    """Return (height, width, 3) pixels as a card, a PNG of at most 60 kB.

    It has 247 colours (more no eye sees) or as many fewer as the limit of bytes asks, and
    the colour of its border in steps of transparency.
    """
    image = Image.fromarray(np.ascontiguousarray(pixels))
    border = tuple(int(part) for part in pixels[0, pixels.shape[1] // 2])
    alpha = corners(*pixels.shape[:2])
    for colours in (255 - STEPS, 127, 63, 31):  # 31: a matrix of pure noise
        card = image.quantize(colours, dither=Image.Dither.NONE)
        palette = np.zeros((256, 3), np.uint8)
        had = np.asarray(card.getpalette(), np.uint8).reshape(-1, 3)
        palette[: len(had)] = had
        palette[-STEPS:] = border
        shown = np.asarray(card).copy()
        shown[alpha < 255] = 256 - STEPS + alpha[alpha < 255].astype(int) * STEPS // 256
        card = _with(shown, palette)
        buffer = io.BytesIO()
        seen = [255] * (256 - STEPS) + [step * 255 // (STEPS - 1) for step in range(STEPS)]
        card.save(buffer, format="png", optimize=True, transparency=bytes(seen))
        if buffer.tell() <= LIMIT:
            break
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


def _with(shown: np.ndarray, palette: np.ndarray) -> Image.Image:
    image = Image.fromarray(shown, "L")
    image.putpalette(palette.tobytes())
    return image
