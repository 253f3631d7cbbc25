"""The plane of a live page and its borders are those of lessons/one_plane.py."""

import numpy as np
import pytest
from live_run import run_js, text_of

from activeindex_lite import load_extractor, load_world, ready_index
from activeindex_lite.lessons.borders import share_in
from activeindex_lite.lessons.one_picture import OnePicture
from activeindex_lite.lessons.one_plane import one_plane, truly_inside
from activeindex_lite.live.export import index_data

PICTURE = 9228
BODY = """
const index = openIndexes({ one: data.index }).one;
const rows = numbersOf(Float32Array, data.rows);
const [x, passive, active] = [0, 1, 2].map((i) => rows.subarray(128 * i, 128 * (i + 1)));
const { plane, kind, window, regions, own, cells, code } = sceneOf(index, x, passive, active);
const flat = [passive, active].map((one) => flatIn(plane, one));
const kept = shareIn(plane, [x, passive, active, index.anchor(x)]);
const isOwn = [passive, active].map((one) => index.isOwn(one, x));
const drawn = flat.map((point) => isInside(own, point));
const measures = [x, passive, active].map((one) => index.measure(one, x));
const parts = index.parts(x);
return { kind, window, regions, own, cells, code: [...code], flat, kept, isOwn, drawn, measures, parts };
"""


def same_polygon(a, b):
    """Whether two polygons have the same corners, wherever they begin."""
    a, b = (np.asarray(polygon, float).reshape(-1, 2) for polygon in (a, b))
    return len(a) == len(b) and (
        not len(a) or np.linalg.norm(a[:, None] - b, axis=2).min(1).max() < 1e-6 * max(1, np.abs(a).max())
    )


@pytest.mark.parametrize("edit", ["Contrast 2", "Identity"])
@pytest.mark.parametrize("factory", ["IVF1536,PQ4x8", "PCA64,LSH"])
def test_the_plane_is_that_of_python(factory, edit, tmp_path):
    picture = load_world().pictures(PICTURE)[0]
    one = OnePicture(picture, ready_index(factory), load_extractor("lite"), PICTURE)
    passive, active = (one.search(p, edit).feature for p in (picture, one.release(3.0).picture))
    expected = one_plane(one, passive, active)
    data = {"index": index_data(factory), "rows": text_of(np.stack([one.x, passive, active]))}
    found = run_js(["core", "search", "plane"], BODY, data, tmp_path)
    seen = expected.scene
    assert found["kind"] == seen.kind and len(found["regions"]) == len(seen.regions)
    if edit == "Identity":
        # The copy of the original is the original: the first axis may be any.
        assert found["cells"][:1] == expected.own_cells[:1].tolist()
    else:
        np.testing.assert_allclose(found["window"], seen.window, atol=1e-5)
        np.testing.assert_allclose(found["code"], seen.code, atol=1e-5)
        np.testing.assert_allclose(found["flat"], seen.features, atol=1e-5)
        assert same_polygon(found["own"], seen.own)
        order = [found["cells"].index(cell) for cell in expected.own_cells] or range(len(seen.regions))
        assert all(same_polygon(found["regions"][at], region) for at, region in zip(order, seen.regions, strict=True))
        assert found["drawn"] == expected.inside(seen.features).tolist()
        points = np.stack([one.x, passive, active, one.q])
        assert found["kept"] == pytest.approx(share_in(seen.plane, points), abs=1e-5)
    rows = np.stack([passive, active])
    assert found["isOwn"] == truly_inside(one, rows).tolist()
    np.testing.assert_allclose(found["measures"], one.measure(np.stack([one.x, *rows])), atol=1e-5)
    parts = one.parts(one.x[None])
    assert found["parts"] == (None if parts is None else parts[0].tolist())
