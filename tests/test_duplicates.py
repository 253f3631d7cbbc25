"""Duplicates: pictures that are the same by features or by the bytes of their files are found, whatever their order."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activeindex_lite.evaluation.duplicates import SAME, first_with_bytes, first_with_feature
from activeindex_lite.pictures import synthetic_pictures


def unit(rows, d, seed):
    x = np.random.default_rng(seed).standard_normal((rows, d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@settings(max_examples=60, deadline=None)
@given(
    which=st.lists(st.integers(0, 7), min_size=0, max_size=40),
    d=st.sampled_from([2, 16, 512]),
    noise=st.sampled_from([0, 1e-7]),
    seed=st.integers(0, 99),
)
def test_features_that_are_the_same_are_found(which, d, noise, seed):
    different = unit(8, d, seed)
    if (np.linalg.norm(different[:, None] - different[None], axis=2) + np.eye(8)).min() < 1e-3:
        return  # in two dimensions eight directions may be near each other
    features = different[np.array(which, int)]
    features = features + noise * np.random.default_rng(seed).uniform(-1, 1, features.shape).astype(np.float32)
    assert first_with_feature(features).tolist() == [which.index(i) for i in which]


def test_features_that_are_only_alike_are_not_duplicates():
    features = unit(3, 64, 0)
    features[1] = features[0] + 10 * SAME
    assert first_with_feature(features).tolist() == [0, 1, 2]


def test_many_duplicates_take_no_time():
    features = np.repeat(unit(2, 128, 1), 20_000, axis=0)
    assert np.bincount(first_with_feature(features)).nonzero()[0].tolist() == [0, 20_000]


def test_the_same_picture_in_batches_of_another_size(extractor):
    pictures = synthetic_pictures(range(5), 96)
    features = np.concatenate([extractor(pictures), extractor(pictures[3:]), extractor(pictures[:1])])
    assert first_with_feature(features).tolist() == [0, 1, 2, 3, 4, 3, 4, 0]


def test_files_with_the_same_bytes_are_found(tmp_path):
    contents = [b"a" * 9000, b"b" * 9000, b"a" * 9000, b"a" * 8999, b"b" + b"a" * 8999, b"", b"", b"b" * 9000]
    paths = [tmp_path / f"{i}.bin" for i in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    paths.append(tmp_path / "missing.bin")
    assert first_with_bytes(paths).tolist() == [0, 1, 0, 3, 4, 5, 6, 1, 8]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert first_with_bytes([tmp_path / "pipe.png", tmp_path / "pipe.png"]).tolist() == [0, 1]
