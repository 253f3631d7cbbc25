"""Calling a function that was sent as bytes: a scheduler that passes the bytes on need not load what they need."""

from __future__ import annotations

import pickle
from typing import Any


def call_pickled(data: bytes) -> Any:
    """Call what pickle.dumps((function, arguments)) made, on the machine where it is to run, and return the result."""
    function, arguments = pickle.loads(data)
    return function(*arguments)
