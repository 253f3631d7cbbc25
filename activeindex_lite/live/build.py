"""Builds the compute core: C to WebAssembly with the compiler that the package ziglang holds.

`activeindex-lite live --build` runs it. The binaries come with the package, so that nobody needs the compiler who does
not change the C.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from activeindex_lite.support.files import whole_file

FOLDER = Path(__file__).parent
SOURCES = ("network.c", "descent.c")
# Relaxed SIMD multiplies and adds in one instruction; browsers that lack it take the other one.
BINARIES = {"simd.wasm": (), "relaxed.wasm": ("-mrelaxed-simd", "-DRELAXED")}
FLAGS = [
    *("-target", "wasm32-wasi", "-mexec-model=reactor", "-O3", "-ffast-math", "-msimd128"),
    *("-Wall", "-Werror", "-Wl,--strip-all", "-Wl,--initial-memory=67108864"),
]


def has_compiler() -> bool:
    """Whether the package ziglang is installed."""
    return importlib.util.find_spec("ziglang") is not None


def build(folder: str | Path = FOLDER) -> list[Path]:
    """Build both binaries into a folder, each written whole or not at all: their paths.

    ValueError without ziglang, or with what the compiler says where the C does not compile.
    """
    if not has_compiler():
        raise ValueError("the compiler is missing, which only building needs: pip install ziglang")
    return [_build(Path(folder) / name, extra) for name, extra in BINARIES.items()]


def _build(path, extra):
    with whole_file(path) as temporary:
        # The path of a module of this Python, and sources of this package.
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *extra, "-o", str(temporary), *SOURCES]
        made = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
        if made.returncode:
            raise ValueError(f"{path.name} was not built: {made.stderr[-1500:]}")
    return path
