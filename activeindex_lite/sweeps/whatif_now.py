"""A setting of the what-if lab: measured now on a few pictures, or written as a Python program that others can run."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite import activation
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.retrieval import MEAN, first_is_original
from activeindex_lite.support.checks import whole_number
from activeindex_lite.sweeps.whatif_build import FURTHER, RATES, copies_of, milliseconds, originals_of

if TYPE_CHECKING:
    from activeindex_lite.extractor import Extractor

# <name> is a place for a value; the page fills in the same texts.
PROGRAM = """\
import numpy as np

from activeindex_lite import activate, build_index, evaluate_retrieval, load_extractor, load_world
<imports>

world, extractor = load_world(), load_extractor("lite")
index = build_index("<factory>", world.train, world.references[:<references>], <search>)
ids = np.sort(np.random.default_rng(<seed>).choice(<among>, <originals>, replace=False))
pictures = world.pictures(ids)
<release>
<queries>
print(evaluate_retrieval(index, queries, ids))
times = search_milliseconds(index, np.concatenate(list(queries.values())))
print(f"{np.median(times):.3f} ms per query, {index.bytes_per_vector:g} bytes per vector")
"""
ACTIVATED = """\
run = activate(pictures, index, extractor, alpha=<alpha>, steps=<steps>, lr=<lr>)
released = run.pictures
print(f"PSNR {run.psnr.mean():.1f} dB, SSIM {run.ssim.mean():.3f}")"""
PASSIVE = "released = pictures  # alpha 0: unchanged"
OF_THE_14 = "from activeindex_lite.evaluation import edited_features, search_milliseconds"
OF_STRENGTHS = """\
from activeindex_lite.edits.strengths import STRENGTHS
from activeindex_lite.evaluation import search_milliseconds"""


def program_parts(about: dict) -> dict:
    """The parts of `program`: dict program, release (passive, activated), edits (name -> imports, line), lr, search
    (factory -> argument), values.

    about: of the Sweep. The page assembles the same parts, so that both write the same program.
    """

    def of(name: str) -> list[str]:
        if name in FURTHER:
            family, value = FURTHER[name]
            return [
                OF_STRENGTHS,
                f'queries = {{"{name}": extractor([STRENGTHS["{family}"](p, {value}) for p in released])}}',
            ]
        edits = "" if name == MEAN else f', edits=("{name}",)'
        return [OF_THE_14, f"queries = edited_features(released, extractor{edits})"]

    return {
        "program": PROGRAM,
        "release": [PASSIVE, ACTIVATED],
        "edits": {name: of(name) for name in (MEAN, *about["edits"])},
        "lr": {str(steps): f"{lr:g}" for steps, lr in RATES.items()},
        "search": {
            factory: "ef_search=<ef_search>" if factory in about["graphs"] else "nprobe=<nprobe>"
            for factory in about["factories"]
        },
        "values": {
            "seed": str(about["seed"]),
            "among": str(min(about["references"])),
            "originals": str(about["originals"]),
        },
    }


def program(setting: dict, about: dict) -> str:
    """The text of a Python program that measures the setting. setting: a settled one; about: of its Sweep."""
    parts = program_parts(about)
    imports, queries = parts["edits"][setting["edit"]]
    text = parts["program"].replace("<release>", parts["release"][setting["alpha"] > 0]).replace("<imports>", imports)
    text = text.replace("<search>", parts["search"][setting["factory"]])
    values = {
        **parts["values"],
        **{key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in setting.items()},
        "lr": parts["lr"][str(setting["steps"])],
        "queries": queries,
    }
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    return text


def measure_now(
    setting: dict,
    pictures: int = 8,
    *,
    about: dict,
    extractor: Extractor | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> dict:
    """Measure a setting live on the first originals of the sweep.

    Returns a dict found (pictures,), r1, psnr, ms, activation_ms, seconds.

    setting: a settled one, or one with values between those of the sweep; about: of the Sweep, for its originals and
    seed; pictures: how many originals, 1 to all of them; say: called with a line of text before each of the four
    parts. The first call for an index trains it.
    """
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.index import ready_index
    from activeindex_lite.world import load_world

    whole_number(pictures, "pictures", about["originals"], "the originals of the sweep")
    begun, world = time.perf_counter(), load_world()
    say(f"1 of 4: training {setting['factory']} (seconds; half a minute with OPQ or RQ) ...")
    with warnings.catch_warnings():
        # The setting says how many candidates a graph keeps.
        warnings.filterwarnings("ignore", ".*may miss most")
        index = ready_index(setting["factory"])
    if setting["references"] < index.ntotal:
        index = index.refilled(world.references[: setting["references"]])
    extractor = extractor or load_extractor("lite")
    truth = originals_of(about["originals"], min(about["references"]), about["seed"])[:pictures]
    released, psnr, activation_ms = world.pictures(truth), np.inf, 0.0
    if setting["alpha"]:
        say(f"2 of 4: activating {pictures} pictures at alpha {setting['alpha']:g} ...")
        run = activation.activate(
            released, index, extractor, alpha=setting["alpha"], steps=setting["steps"], lr=RATES[setting["steps"]]
        )
        released, psnr, activation_ms = run.pictures, float(run.psnr.mean()), 1000 * float(run.seconds.mean())
    say(f"3 of 4: editing them ({setting['edit']}) ...")
    edits = EDITS if setting["edit"] == MEAN else (setting["edit"],)
    copies = copies_of(
        released,
        extractor,
        seed=about["seed"],
        edits=[e for e in edits if e in EDITS],
        further=[e for e in edits if e in FURTHER],
    )
    say("4 of 4: searching ...")
    # A setting from a caller may lack the part that only graphs have.
    search = {"ef_search": setting["ef_search"]} if setting.get("ef_search") else {"nprobe": setting["nprobe"]}
    found = np.mean([first_is_original(index, queries, truth, **search) for queries in copies.values()], axis=0)
    return {
        "found": found,
        "r1": float(found.mean()),
        "psnr": psnr,
        "ms": milliseconds(index, copies, search),
        "activation_ms": activation_ms,
        "seconds": time.perf_counter() - begun,
    }
