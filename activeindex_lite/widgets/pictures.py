"""Pictures as data URIs, the form in which they travel to the browser."""

import base64
import io


def data_uri(picture, form, **settings):
    """A PIL picture as a data URI in the given file format, such as WEBP; settings go to PIL's save."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **settings)
    return f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def thumbnail(picture, side):
    """A small JPEG of a PIL picture, its longer side at most `side` pixels, as a data URI."""
    small = picture.convert("RGB")
    small.thumbnail((side, side))
    return data_uri(small, "JPEG", quality=85)
