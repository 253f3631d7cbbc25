"""Figures of IVF, PQ, LSH, cost and search: that they show what they were given, from their artists and words."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from matplotlib.path import Path

from activeindex_lite.figures import ivf, lsh, pq, sphere
from activeindex_lite.figures import similarity as cost
from activeindex_lite.figures import similarity as search
from activeindex_lite.lessons.lsh import differing_bits
from activeindex_lite.scratch import IVF, LSH, PQ
from activeindex_lite.scratch.plane import clouds, plane_of, query_near_a_border


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def flat(rng):
    index = IVF.train(clouds(rng), 16, rng)
    index.add(clouds(np.random.default_rng(3)))
    return index


def test_polygons_are_the_cells_of_the_nearest_centroid(rng):
    for n in (3, 16, 400):
        centroids = rng.normal(size=(n, 2))
        polygons = ivf.voronoi_polygons(centroids)
        x = rng.normal(size=(300, 2))
        nearest = np.square(x[:, None] - centroids).sum(2).argmin(1)
        inside = np.array([Path(polygon).contains_points(x) for polygon in polygons])
        assert inside.sum(0).tolist() == [1] * 300
        np.testing.assert_array_equal(inside.argmax(0), nearest)


def test_query_near_a_border_is_missed_by_one_probe_and_found_by_two(flat, rng):
    query = query_near_a_border(flat, rng)
    exact = np.square(flat.vectors - query).sum(1).argmin()
    assert flat.search(query[None], 1, 1)[1][0, 0] != exact == flat.search(query[None], 1, 2)[1][0, 0]
    drawn = ivf.probing_in_2d(flat, query, (1, 2))
    left, right = drawn.figure.axes
    assert "missed" in left.get_title() and "is found" in right.get_title()
    assert f"{len(flat.candidates(query, 2))} of 400" in right.get_title()
    # The visited cells are numbered at their centroids.
    numbers = {text.get_text(): text.xy for text in right.texts}
    np.testing.assert_allclose([numbers["1"], numbers["2"]], flat.centroids[flat.probe(query[None], 2)[0]])
    with pytest.raises(ValueError, match="3 dimensions"):
        ivf.probing_in_2d(IVF(np.eye(3)), np.zeros(3))


def test_plane_keeps_the_share_of_variance_that_is_written(rng):
    x = rng.normal(size=(400, 6)) * [3, 2, 1, 0.1, 0.1, 0.1]
    mean, axes, kept = plane_of(x)
    assert kept == pytest.approx(((x - mean) @ axes.T).var(0).sum() / x.var(0).sum())
    index = IVF.train(x, 12, rng)
    index.add(x)
    drawn = ivf.cells_projected(index, x[0].astype(np.float32), 3, original=0)
    share = plane_of(index.centroids)[2]
    assert f"{share:.0%}" in drawn.figure.axes[0].get_title(loc="left") and f"{share:.0%}" in drawn.alt


def test_recall_curve_and_its_plotly_twin_show_the_table():
    table = pd.DataFrame(
        {
            "nprobe": [1, 2, 4],
            "r1": [0.5, 0.7, 0.9],
            "low": [0.4, 0.6, 0.8],
            "high": [0.6, 0.8, 1.0],
            "scanned": [10.0, 20.0, 40.0],
            "share": [0.1, 0.2, 0.4],
        }
    )
    drawn = ivf.recall_against_nprobe(table)
    lines = [line.get_ydata().tolist() for line in drawn.figure.axes[0].lines]
    assert table.r1.tolist() in lines and table["share"].tolist() in lines
    assert "From nprobe 1 to 4, R@1 rises from 0.50 to 0.90" in drawn.alt
    hover = ivf.recall_against_nprobe_hover(table)
    go.Figure(hover.figure)  # raises for a property that plotly does not know
    shown = [line["y"] for line in hover.figure["data"]]
    assert shown == [table.r1.tolist(), table["share"].tolist()]
    bundle = hover._repr_mimebundle_()
    assert bundle["application/vnd.plotly.v1+json"]["data"][0]["name"].startswith("R@1")
    assert (
        hover.alt == drawn.alt and "script" not in bundle["text/html"] and "From nprobe 1 to 4" in bundle["text/html"]
    )


def test_imbalance_factor():
    assert "factor is 1.00" in ivf.list_lengths([5, 5, 5, 5]).alt
    assert "factor is 2.00" in ivf.list_lengths([10, 10, 0, 0]).alt


def test_product_grid_and_code(rng):
    quantizer = PQ.train(clouds(rng), 2, 2, rng)
    chosen = np.array([0.3, 0.2], np.float32)
    drawn = pq.codes_in_2d(quantizer, clouds(rng), chosen, "Told")
    lines = {line.get_label(): line.get_xydata() for line in drawn.figure.axes[0].lines}
    expected = sorted((a, b) for a in quantizer.codebooks[0, :, 0] for b in quantizer.codebooks[1, :, 0])
    np.testing.assert_allclose(sorted(map(tuple, lines["points that codes stand for"])), expected)
    decoded = quantizer.decode(quantizer.encode(chosen[None]))
    np.testing.assert_allclose(lines["q(x), what its code stands for"], decoded)
    whole = pq.codes_in_2d(PQ.train(clouds(rng), 1, 3, rng), clouds(rng), chosen, "Told")
    assert "the 16 points" in drawn.alt and "the 8 points" in whole.alt and len(whole.figure.axes[0].patches) == 8
    x = rng.normal(size=(200, 12)).astype(np.float32)
    quantizer = PQ.train(x, 3, 3, rng)
    drawn = pq.vector_and_code(quantizer, x[0])
    bars = [
        np.concatenate([[bar.get_height() for bar in group] for group in axes.containers]) for axes in drawn.figure.axes
    ]
    np.testing.assert_allclose(bars[0], x[0], rtol=1e-6)
    np.testing.assert_allclose(bars[1], quantizer.decode(quantizer.encode(x[:1]))[0], rtol=1e-6)
    assert ", ".join(map(str, quantizer.encode(x[:1])[0])) in drawn.alt
    with pytest.raises(ValueError, match="d = 12"):
        pq.codes_in_2d(quantizer, x, x[0], "Told")
    total = np.square(x[1] - quantizer.decode(quantizer.encode(x[:1]))[0]).sum()
    assert f"{total:.3f}" in pq.table_of_distances(quantizer, x[1], quantizer.encode(x[:1])[0], shown=4).alt


def test_hyperplanes_and_codes(rng):
    index = LSH([[1, 0], [0, 1]])
    places = np.array([[0.8, 0.6], [0.6, 0.8], [-0.6, 0.8], [-0.6, -0.8]])
    drawn = lsh.hyperplanes_and_pictures(index, places, "Told")
    marks = {line.get_label(): line.get_xydata().tolist() for line in drawn.figure.axes[0].lines}
    assert marks["stored: the original: 11"] == [[0.8, 0.6]] and marks["its copy: 01"] == [[-0.6, 0.8]]
    assert "activated original: 11" in marks and "2 hyperplanes" in drawn.alt and "Told" in drawn.alt
    places[1] = places[0]
    unmoved = lsh.hyperplanes_and_pictures(index, places, "Told").figure.axes[0].lines
    assert not any("activated" in line.get_label() for line in unmoved)
    with pytest.raises(ValueError, match="3 dimensions"):
        lsh.hyperplanes_and_pictures(LSH(np.eye(3)), places, "Told")
    assert "copy differs in 1, other differs in 3" in lsh.codes_compared(
        [[1, 0, 1], [1, 1, 1], [0, 1, 0]], ["it", "copy", "other"]
    ).alt.replace(" of 3 bits", "")
    angles = rng.uniform(0.1, 1.5, 300)
    table = pd.DataFrame({"angle": angles, "differing": rng.binomial(64, angles / np.pi)})
    inside = int(re.search(r"pairs: (\d+)%", lsh.hamming_against_angle({"pairs": table}, 64, differing_bits).alt)[1])
    assert 91 <= inside <= 99
    assert "2 for 25%" in lsh.shared_first_places([1, 1, 2, 30], 64).alt


def test_the_sphere_shows_the_code_inside(rng):
    x = rng.normal(size=(40, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    codes = np.where(x[:, :1] > 0, [0.5, 0, 0], [-0.4, 0, 0])
    drawn = sphere.sphere(x, codes, 3, path=x[3:5], hyperplanes=[[1, 0, 0], [0, 0, 1]])
    assert f"shares its code with {(codes == codes[3]).all(1).sum() - 1} others" in drawn.alt
    go.Figure(drawn.figure)  # raises for a property that plotly does not know
    named = [trace for trace in drawn.figure["data"] if "name" in trace]
    shown = {trace["name"]: np.array([trace[axis] for axis in "xyz"]).T for trace in named}
    np.testing.assert_allclose(shown["the vector x"], x[3:4], atol=1e-3)
    np.testing.assert_allclose(shown["its code q(x)"], codes[3:4], atol=1e-3)
    circles = [trace for trace in named if trace["name"] == "hyperplanes"]
    for circle, axis in zip(circles, "xz", strict=True):
        assert np.abs(circle[axis]).max() < 1e-3, "at right angles to its normal"
    assert len(drawn.still.figure.axes) == 1
    with pytest.raises(ValueError, match="expected unit vectors"):
        sphere.sphere(2 * x, codes)
    with pytest.raises(ValueError, match="3 axes"):
        sphere.sphere(x[:, :2], codes[:, :2])


def test_pictures_of_search_and_cost(world):
    pictures = world.pictures([1, 2])
    drawn = search.search_results(pictures[0], "Meme", pictures, [0.1, 0.4], original=0)
    assert [axes.get_title() for axes in drawn.figure.axes][1] == "1. ✓ original\n0.100"
    assert "is not among them" in search.search_results(pictures[0], "Meme", pictures, [0.1, 0.4]).alt
    scores = search.similarity_histogram([0.9, 0.8, 0.2], [0.3, 0.4, 0.5], 0.5)
    assert "67% of the copies pass and 33.3% of the others" in scores.alt
    heights = [bar.get_height() for bar in scores.figure.axes[0].patches]
    assert sum(h for h in heights if h > 0) == pytest.approx(1) and sum(h for h in heights if h < 0) == pytest.approx(
        -1
    )
    measured = pd.DataFrame({"index": ["Flat"] * 2, "N": [10, 100], "d": 4, "ms": [0.1, 1], "bytes": [160, 1600]})
    guess = pd.DataFrame({"index": ["Flat"], "N": [1000], "d": [4], "ms": [10.0], "bytes": [16000.0]})
    left = cost.cost_against_size(measured, guess).figure.axes[0]
    assert left.lines[0].get_xydata().tolist() == [[10, 0.1], [100, 1]]
    assert [1000, 10] in [line.get_xydata().tolist()[-1] for line in left.lines]


def test_figures_of_scratch_need_numpy_and_matplotlib_alone():
    code = (
        "import sys, numpy as np; from activeindex_lite.scratch import IVF, PQ, LSH; "
        "from activeindex_lite.figures import ivf, pq, lsh; "
        "from activeindex_lite.scratch.plane import clouds; r = np.random.default_rng(0); x = clouds(r); "
        "i = IVF.train(x, 8, r); i.add(x); "
        "ivf.probing_in_2d(i, x[0]).png(); pq.codes_in_2d(PQ.train(x, 2, 3, r), x, x[0], 'Told').png(); "
        "l = LSH.random(2, 3, r); l.add(x); "
        "lsh.hyperplanes_and_pictures(l, x[:4], 'Told').png(); "
        "print([m for m in ('torch', 'faiss', 'plotly', 'pandas', 'scipy', 'skimage') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
