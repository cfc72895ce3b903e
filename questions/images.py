"""Images that study notes refer to: found safely, checked, re-encoded. No Django."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
BYTES_LIMIT = 20 * 1024 * 1024
PIXELS_LIMIT = 30_000_000
LARGEST_SIDE = 2000  # wider than any page shows


class UnusableImage(ValueError):
    """The file is not an image that may be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class WebImage:
    """An image as it is served: WebP without metadata, and its size in pixels."""

    data: bytes
    width: int
    height: int


def find(folder: Path, name: str) -> Path | None:
    """The file that notes call ``name``, if ``folder`` holds it; never one outside ``folder``.

    Raises UnusableImage for a name that leads out of the folder.
    """
    if "\0" in name or "\\" in name or "://" in name:
        return None
    path = (folder / unquote(name)).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise UnusableImage("leads out of the folder of images")
    return path if path.is_file() else None


def read(path: Path) -> bytes:
    """The bytes of an image file. Raises UnusableImage when there are too many."""
    if (size := path.stat().st_size) > BYTES_LIMIT:
        raise UnusableImage(f"has {size:,} bytes; at most {BYTES_LIMIT:,} are allowed")
    return path.read_bytes()


def to_webp(source: bytes) -> WebImage:
    """``source`` re-encoded: upright, without metadata, within LARGEST_SIDE.

    Raises UnusableImage for anything but one still picture of an allowed format and size.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _encoded(source)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnusableImage(f"has more than {PIXELS_LIMIT:,} pixels") from None
    except UnusableImage:
        raise
    except (OSError, ValueError, SyntaxError, EOFError) as problem:
        raise UnusableImage(f"cannot be read as {', '.join(FORMATS)}") from problem


def _encoded(source: bytes) -> WebImage:
    with Image.open(io.BytesIO(source), formats=FORMATS) as image:
        # Opening reads only the header; what follows would unpack a decompression bomb.
        if image.width * image.height > PIXELS_LIMIT:
            raise UnusableImage(f"has more than {PIXELS_LIMIT:,} pixels")
        if getattr(image, "n_frames", 1) > 1:
            raise UnusableImage("is an animation; give a still picture")
        upright = ImageOps.exif_transpose(image)
        still = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    still.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    out = io.BytesIO()
    # A new image carries no EXIF, no color profile, no comments.
    Image.frombytes(still.mode, still.size, still.tobytes()).save(out, "WEBP", quality=85)
    return WebImage(out.getvalue(), still.width, still.height)
