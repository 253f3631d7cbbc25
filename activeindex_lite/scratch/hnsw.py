"""HNSW, a graph of neighbours in layers: a search walks from vector to vector, always to a nearer one.

Hierarchical Navigable Small World graphs (Malkov and Yashunin, arXiv 1603.09320).
Every vector is a node of layer 0, and ever fewer are nodes of the layers above it.
"""

import heapq

import numpy as np

from .brute_force import as_features, pairs_to_arrays, smallest, whole
from .walk import Walk


class HNSW:
    """A graph index over whole vectors: faiss's "HNSW{M},Flat".

    M: links that a node has at most per layer; in layer 0 it may have 2 M. efConstruction: candidates among which they
    are chosen. rng: a numpy Generator, which draws the top layer of each node.
    To look into: `vectors`, `top` (N,) int64, `links` (links[layer][i] are the ids that node i links to), `entry`.
    """

    def __init__(self, d: int, M: int = 16, efConstruction: int = 40, rng: np.random.Generator | None = None):
        """An empty graph for vectors (N, d)."""
        self.M = whole(M, "M", 2, why=", the links per node")
        self.efConstruction = whole(efConstruction, "efConstruction", 1)
        self.rng = rng or np.random.default_rng(0)
        self.vectors = np.empty((0, whole(d, "d", 1)), np.float32)
        self.top = np.empty(0, np.int64)
        self.links: list[dict[int, np.ndarray]] = []
        self.entry = -1

    @property
    def d(self) -> int:
        """Dimensions of a vector, the columns of vectors (N, d)."""
        return self.vectors.shape[1]

    def edges(self, layer: int = 0) -> np.ndarray:
        """The links of one layer as pairs of ids, (E, 2) int64; from the first node to the second."""
        layer = whole(layer, "layer", 0, max(len(self.links) - 1, 0), ", the layers of this graph")
        links = self.links[layer] if self.links else {}
        return np.array([(i, j) for i, ends in links.items() for j in ends], np.int64).reshape(-1, 2)

    def add(self, x: np.ndarray) -> None:
        """Stores x (N, d) after what is already stored, node by node; ids count in the order of adding."""
        x = as_features(x, self.d)
        # P(top >= l) = M^-l: each layer has about 1 / M of the nodes below it.
        top = np.floor(-np.log(1 - self.rng.random(len(x))) / np.log(self.M)).astype(np.int64)
        first = len(self.vectors)
        self.vectors, self.top = np.concatenate([self.vectors, x]), np.concatenate([self.top, top])
        for i in range(first, len(self.vectors)):
            self._insert(i)

    def _insert(self, i):
        """Algorithm 1: go down to the top layer of node i, then link it in this layer and in all below."""
        x, top, highest = self.vectors[i], self.top[i], len(self.links) - 1
        near = [(self._distances(x, [self.entry])[0], self.entry)] if i else []
        for layer in range(highest, -1, -1):
            if layer > top:
                near = self._search_layer(x, near, 1, layer)
                continue
            near = self._search_layer(x, near, self.efConstruction, layer)
            self._link(i, near, layer)
        for _ in range(highest + 1, top + 1):
            self.links.append({i: np.empty(0, np.int64)})
            self.entry = i

    def _link(self, i, near, layer):
        """Link node i with the best of its near ones, both ways; a node with too many links keeps the best."""
        most = 2 * self.M if layer == 0 else self.M
        # As faiss does: fewer candidates than places all get a link.
        ends = [j for _, j in near] if len(near) < most else self.chosen(near, most)
        self.links[layer][i] = np.array(ends, np.int64)
        for j in self.links[layer][i]:
            ends = np.append(self.links[layer][j], i)
            if len(ends) > most:
                pairs = zip(self._distances(self.vectors[j], ends), ends.tolist(), strict=True)
                ends = np.array(self.chosen(sorted(pairs), most), np.int64)
            self.links[layer][j] = ends

    def chosen(self, near: list[tuple[float, int]], most: int) -> list[int]:
        """Algorithm 4: of candidates (squared distance, id), nearest first, at most `most` ids that get a link.

        A candidate that is nearer to one already chosen than to the new node is left out: the chosen one leads to it.
        """
        chosen = []
        for distance, j in near:
            if all(distance < between for between in self._distances(self.vectors[j], chosen)):
                chosen.append(j)
            if len(chosen) == most:
                break
        return chosen

    def _distances(self, x, ids):
        """Squared distances from x (d,) to the vectors of ids (n,): (n,) float32."""
        return np.square(self.vectors[ids] - x).sum(1)

    def _search_layer(self, query, near, ef, layer, walk=None):
        """Algorithm 2: the ef nodes of a layer nearest to the query that a walk from `near` meets.

        near: pairs (squared distance, id). Two lists are kept: the ef best nodes so far, and those of them whose links
        were not followed yet. The walk ends where the nearest of these is farther away than the worst of the best.
        """
        met, open_, best = {j for _, j in near}, list(near), [(-distance, j) for distance, j in near]
        heapq.heapify(open_), heapq.heapify(best)
        while open_:
            distance, i = heapq.heappop(open_)
            if len(best) >= ef and distance > -best[0][0]:
                break
            fresh = [j for j in self.links[layer][i].tolist() if j not in met]
            met.update(fresh)
            distances = self._distances(query, fresh)
            if walk is not None:
                walk.note(layer, i, fresh, distances)
            for d, j in zip(distances, fresh, strict=True):
                if len(best) < ef or d < -best[0][0]:
                    heapq.heappush(open_, (d, j))
                    heapq.heappush(best, (-d, j))
                    if len(best) > ef:
                        heapq.heappop(best)
        return sorted((-distance, j) for distance, j in best)

    def walk(self, query: np.ndarray, efSearch: int = 16) -> tuple[Walk, list[tuple[float, int]]]:
        """One search for query (d,), with all that it did: (Walk, the efSearch nearest met, (distance, id), in order).

        Algorithm 5: one node is kept per layer on the way down, and the efSearch best in layer 0.
        """
        query, efSearch = as_features(np.asarray(query)[None], self.d)[0], whole(efSearch, "efSearch", 1)
        if self.entry < 0:
            raise ValueError("the graph has no nodes: add vectors first.")
        walk, near = Walk(), [(self._distances(query, [self.entry])[0], self.entry)]
        walk.note(len(self.links) - 1, -1, [self.entry], [near[0][0]])
        for layer in range(len(self.links) - 1, -1, -1):
            near = self._search_layer(query, near, efSearch if layer == 0 else 1, layer, walk)
        return walk, near

    def search(self, queries: np.ndarray, k: int, efSearch: int = 16) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest that walks meet, for each of queries (Q, d): distances (Q, k) float32, ids (Q, k) int64.

        As many as k nodes are kept where efSearch is smaller. A walk that meets fewer: distance inf and id -1.
        """
        k, queries = whole(k, "k", 1), as_features(queries, self.d)
        found = (zip(*self.walk(query, max(efSearch, k))[1], strict=True) for query in queries)
        return pairs_to_arrays(smallest(np.array(distances), k, np.array(ids)) for distances, ids in found)
