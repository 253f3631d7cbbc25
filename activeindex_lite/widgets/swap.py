"""CodeSwapExplorer: swap one codeword of a stored code, and see the wrong picture that a search then brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from activeindex_lite.evaluation.stored_queries import load_queries
from activeindex_lite.lessons.pq import swaps
from activeindex_lite.pictures.uris import thumbnail
from activeindex_lite.scratch import PQ
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_number, esm, read

if TYPE_CHECKING:
    from activeindex_lite.figures.style import Described

# (position among the stored queries, edit) of copies that PQ4x8 finds as long as no codeword is swapped.
COPIES = ((64, "Blur 2"), (124, "JPEG 50"), (16, "JPEG 50"))
# Which codeword takes the place of its own: 0 itself, 1 the nearest to it.
RANKS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 255)
SHOWN, SIDE = 3, 104


class CodeSwapExplorer(Explorer):
    """The 50,000 references of the ready world as codes of a PQ, and edited copies that are searched for.

    pq: a scratch.PQ of d = 128 (None: M = 4, nbits = 8, learnt from 4,000 features); copies: sequence of (position
    among load_queries(), edit).

    Traits, to set, link and observe from Python: picture (the number of a copy), part (1 to M), rank (the codeword
    that takes the place of the picture's own: 0 for its own, 1 for the nearest to it, ... up to K - 1; the slider has
    powers of two). A value out of range raises TraitError and changes nothing.
    """

    _esm = esm("plane", "swap")
    _css = CSS + read("plane.css")
    picture = Setting(0).tag(sync=True)
    part = Setting(1).tag(sync=True)
    rank = Setting(0).tag(sync=True)
    _names = traitlets.List().tag(sync=True)
    _view = traitlets.Dict().tag(sync=True)
    # Only filled in a page without a kernel.
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    page_traits = ("picture", "part", "rank", "_names", "_error")
    title = "One wrong codeword"
    intro = (
        "The index keeps a few numbers per picture. Swap one of them for the number of another codeword, and search "
        "for an edited copy of the picture: which picture comes first?"
    )

    def __init__(self, pq: PQ | None = None, *, copies: Sequence[tuple[int, str]] = COPIES, **settings: Any) -> None:
        self._state = _State(pq, copies)
        super().__init__(**{"picture": 0, **settings})
        self._names = [f"picture {self.state.ids[n]:,}, copy under {edit}" for n, edit in self.state.copies]
        self._view = self.state.view(self.picture)
        self.observe(lambda change: setattr(self, "_view", self.state.view(change.new)), "picture")

    @property
    def swap(self) -> dict:
        """What the search finds: a dict code (list), distance, place (1: the picture itself comes first), results."""
        return self.state.swap(self.picture, self.part - 1, self.rank)

    @property
    def finding(self) -> str:
        """What the swap does, in one sentence."""
        own, swap = self.state.swap(self.picture, 0, 0)["code"], self.swap
        word = f"codeword {swap['code'][self.part - 1]} in place of {own[self.part - 1]} in part {self.part}"
        with_ = f"With {word}" if self.rank else "With its own code"
        if swap["place"] == 1:
            return f"✓ {with_}, the picture itself comes first"
        return f"✗ {with_}, another picture comes first; the picture itself is number {swap['place']:,}"

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.similarity import picture_row

        n, edit = self.state.copies[self.picture]
        results = self.swap["results"]
        names = ["✓ the picture itself" if r["own"] else "another" for r in results]
        titles = [
            f"{i}. {name}\n{r['distance']:.3f}" for i, (name, r) in enumerate(zip(names, results, strict=True), 1)
        ]
        own = [i for i, r in enumerate(results, 1) if r["own"]]
        pictures = self.state.queries.world.pictures([r["id"] for r in results])
        alt = f"A copy under {edit} and its first results. {self.finding}."
        return picture_row([self.state.queries.picture(n, edit), *pictures], [f"query\n({edit})", *titles], own, alt)

    def stored(self) -> dict:
        """All that a page without a kernel shows: each copy with all swaps of the slider."""
        return {"views": [self.state.view(number) for number in range(len(self.state.copies))]}

    @traitlets.validate("picture")
    def _valid_picture(self, proposal: dict) -> int:
        most = len(self.state.copies) - 1
        return checked_number("picture", proposal.value, 0, most, "the number of a copy")

    @traitlets.validate("part")
    def _valid_part(self, proposal: dict) -> int:
        M = self.state.pq.M
        return checked_number("part", proposal.value, 1, M, f"the codes have {M} parts")

    @traitlets.validate("rank")
    def _valid_rank(self, proposal: dict) -> int:
        K = self.state.pq.K
        return checked_number("rank", proposal.value, 0, K - 1, f"the codebooks have {K} codewords")


class _State:
    """The codes of all references, the copies, and what each shows."""

    def __init__(self, pq: PQ | None, copies: Sequence[tuple[int, str]]) -> None:
        self.queries = load_queries()
        self.ids, references = self.queries.ids, self.queries.world.references
        if pq is None:
            pq = PQ.train(self.queries.world.train[:4000], 4, 8, np.random.default_rng(3), iterations=8)
        if not isinstance(pq, PQ) or pq.d != references.shape[1]:
            raise ValueError(f"pq is {pq!r:.80}: expected a scratch.PQ of d = {references.shape[1]}")
        self.pq, self.copies = pq, [(int(n), str(edit)) for n, edit in copies]
        if not self.copies:
            raise ValueError("copies is empty: expected pairs of position and edit, such as [(64, 'Blur 2')]")
        self.codes = pq.encode(references)
        self._views, self._pictures = {}, {}

    def swaps(self, number: int, ranks: Sequence[int]) -> dict:
        n, edit = self.copies[number]
        return swaps(self.pq, self.codes, int(self.ids[n]), self.queries.features[edit][n], ranks, SHOWN)

    def swap(self, number: int, part: int, rank: int) -> dict:
        """One swap as JSON."""
        return self._as_json(number, part, self.swaps(number, [rank])[part, rank])

    def view(self, number: int) -> dict:
        """A copy with all swaps of the slider, as JSON."""
        if number not in self._views:
            n, edit = self.copies[number]
            ranks = [rank for rank in RANKS if rank < self.pq.K]
            found = {
                f"{part + 1} {rank}": self._as_json(number, part, swap)
                for (part, rank), swap in self.swaps(number, ranks).items()
            }
            shown = {result["id"] for each in found.values() for result in each["results"]} | {int(self.ids[n])}
            self._views[number] = {
                "number": number,
                "edit": edit,
                "id": int(self.ids[n]),
                "ranks": ranks,
                "parts": self.pq.M,
                "swaps": found,
                "reconstruction": self.pq.decode(self.codes[self.ids[n]][None])[0].round(3).tolist(),
                "query": thumbnail(self.queries.picture(n, edit), SIDE),
                "pictures": {str(i): self._picture(i) for i in sorted(shown)},
            }
        return self._views[number]

    def _as_json(self, number: int, part: int, swap: Any) -> dict:
        own = int(self.ids[self.copies[number][0]])
        return {
            "code": swap.code.tolist(),
            "word": self.pq.codebooks[part, swap.code[part]].round(3).tolist(),
            "distance": round(swap.distance, 4),
            "place": swap.place,
            "results": [
                {"id": int(i), "distance": round(float(d), 4), "own": bool(i == own)}
                for i, d in zip(swap.ids, swap.distances, strict=True)
            ],
        }

    def _picture(self, i: int) -> str:
        if i not in self._pictures:
            self._pictures[i] = thumbnail(self.queries.world.pictures(i)[0], SIDE)
        return self._pictures[i]
