"""Checks of the exercises on graphs of neighbours (notebook 05)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, call, one_number, verdict
from activeindex_lite.scratch import HNSW


def _plane(rng, n, links):
    """Nodes in the plane (n, 2), and for each the ids of its nearest neighbours, as a list of arrays."""
    x = rng.normal(size=(n, 2)).astype(np.float32)
    order = np.square(x[:, None] - x[None]).sum(2).argsort(1)
    return x, [row[1 : links + 1] for row in order]


@verdict
def greedy_search(answer: Callable) -> str:
    """f(query (d,), vectors (N, d), links list of N arrays of ids, entry id) -> the id where no link leads nearer."""
    rng = np.random.default_rng(0)
    for case in range(12):
        x, links = _plane(rng, 40, 3 + case % 3)
        query, entry = rng.normal(size=2).astype(np.float32), int(rng.integers(40))
        distances = np.square(x - query).sum(1)
        at = entry
        while distances[links[at]].min() < distances[at]:
            at = int(links[at][distances[links[at]].argmin()])
        given = int(one_number(call(answer, query, x, links, entry), "the id"))
        if given == at:
            continue
        if given == int(distances.argmin()):
            raise WrongAnswer(
                f"Node {given} is the true nearest, but no way of ever nearer nodes leads there from node {entry}: the "
                f"search ends at node {at}. Compare only the nodes that the present node links to."
            )
        if given == int(links[entry][distances[links[entry]].argmin()]):
            raise WrongAnswer("That is one step. Repeat it until no link leads nearer.")
        if given == entry:
            raise WrongAnswer(f"The search stayed at the entry, node {entry}, though a link leads nearer.")
        raise WrongAnswer(f"From node {entry} the search ends at node {at}, yours at node {given}.")
    return "Always to the nearest of the linked nodes, until none is nearer: fast, and sometimes stuck."


@verdict
def choose_links(answer: Callable) -> str:
    """f(x (d,), candidates (N, d) nearest first, M) -> positions of the chosen ones, at most M, in their order."""
    rng = np.random.default_rng(1)
    for M, n, d in ((3, 12, 2), (5, 30, 3), (8, 6, 2)):
        x, others = rng.normal(size=d).astype(np.float32), rng.normal(size=(n, d)).astype(np.float32)
        others = others[np.square(others - x).sum(1).argsort()]
        graph = HNSW(d, M)
        graph.vectors = others
        near = list(zip(np.square(others - x).sum(1), range(n), strict=True))
        expected = graph.chosen(near, M)
        given = call(answer, x, others.copy(), M)
        try:
            given = [int(i) for i in np.asarray(given).reshape(-1)]
        except (TypeError, ValueError):
            raise WrongAnswer("Return a list of positions in `candidates`.") from None
        if given == expected:
            continue
        if given == list(range(min(M, n))):
            raise WrongAnswer("These are the M nearest. Leave out each one that is nearer to a chosen one than to x.")
        if len(given) > M:
            raise WrongAnswer(f"{len(given)} links, but M = {M}: stop when M are chosen.")
        if set(given) == set(expected):
            raise WrongAnswer("The right ones, in another order: keep them nearest first.")
        if not given or given[0] != 0:
            raise WrongAnswer("The nearest candidate is always chosen: there is none yet that could lead to it.")
        raise WrongAnswer(f"With M = {M}: {given} instead of {expected} (positions among {n} candidates).")
    return "A link is spent only where no chosen node leads already, so the links point in different directions."


@verdict
def bytes_of_graph(answer: Callable) -> str:
    """f(N, d, M) -> bytes of vectors and links: N (4 d + 4 (2 M) + 4 M / (M - 1))."""
    for N, d, M in ((1_000_000, 128, 32), (50_000, 512, 16), (1000, 64, 8)):
        given = one_number(call(answer, N, d, M), "the number of bytes")
        lowest, upper = N * (4 * d + 8 * M), N * 4 * M / (M - 1)
        if abs(given - (lowest + upper)) < 2:
            continue
        hints = (
            (lowest, "The upper layers are missing: a node has M links in each of 1 / (M - 1) of them on average."),
            (N * (4 * d + 4 * M) + upper, "Layer 0 has 2 M links per node, not M."),
            (N * 8 * M + upper, "The vectors themselves are missing: 4 bytes for each of d numbers."),
            (N * (d + 2 * M + M / (M - 1)), "That counts numbers. Each takes 4 bytes."),
        )
        hint = next((said for value, said in hints if abs(given - value) < 2), "")
        raise WrongAnswer(f"N = {N:,}, d = {d}, M = {M}: {given:,.0f} instead of {lowest + upper:,.0f} bytes. {hint}")
    return "Links take 8 M bytes and a little more: as much as 2 M further numbers of the vector."
