"""Words in messages and pages: names of files, which every CSV reader takes and which can be had back; numbers of
things."""

from __future__ import annotations

import os
import re

# What breaks a line of CSV, gets lost at the end of a field, or is no text: bytes that are not UTF-8 (surrogates).
_SPECIAL = re.compile(
    r"""[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff,"]"""  # control characters, line ends, surrogates, comma, quote
    r"|^\s+|\s+$"  # spaces at either end
    r"|%(?=[0-9A-Fa-f]{2})"  # what reads like an escape
)
_ESCAPED = re.compile("(?:%[0-9A-Fa-f]{2})+")


def quoted(name: str) -> str:
    """A file's name with the bytes that a CSV file cannot carry as %XX, such as caf%E9.png; other names are unchanged.

    Different names give different texts, and `unquoted` gives the name back. Escaped are bytes that are not UTF-8,
    control characters and ends of lines, commas and quotation marks, spaces at either end, and a % before two
    hexadecimal digits.
    """
    return _SPECIAL.sub(_escape, name)


def _escape(found: re.Match) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogateescape"))


def unquoted(text: str) -> str:
    """The name of a file from the text that `quoted` made of it, to be opened as it is."""
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "surrogateescape"), text)


def readable(path: str | os.PathLike) -> str:
    """A path for messages and pages: bytes that are not UTF-8 appear as \\xe9, which every terminal shows."""
    return os.fspath(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def counted(n: int, thing: str) -> str:
    """A number of things in words: "1 picture", "2,000 pictures"."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"
