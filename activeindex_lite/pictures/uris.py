"""Pictures as data URIs, the form in which they reach the browser."""

import base64
import io
from typing import Any

from PIL import Image


def data_uri(picture: Image.Image, form: str, **settings: Any) -> str:
    """A PIL picture as a data URI in the given file format, such as WEBP; settings go to PIL's save."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **settings)
    return f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def thumbnail(picture: Image.Image, side: int) -> str:
    """A small JPEG of a PIL picture, its longer side at most `side` pixels, as a data URI."""
    small = picture.convert("RGB")
    small.thumbnail((side, side))
    return data_uri(small, "JPEG", quality=85)
