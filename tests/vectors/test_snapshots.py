"""Snapshots are whole at every instant: killed writers, damaged files, readers beside a writer."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cgp.vectors import VectorIndex, VectorIndexError
from tests.vectors.builder import BATCH, BATCHES, DIMENSION, batch, build

BUILDER = Path(__file__).with_name("builder.py")


def run_builder(folder):
    return subprocess.Popen(
        [sys.executable, BUILDER, folder], stdout=subprocess.PIPE, cwd=Path.cwd()
    )


def outcome(folder):
    queries = batch(99)[1]
    with VectorIndex.open(folder, dimension=DIMENSION, model="test", mapped=True) as index:
        return index.ids.tolist(), *(part.tolist() for part in index.search(queries, 10))


@pytest.mark.peers
def test_a_build_killed_again_and_again_ends_as_one_that_was_not(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    untouched = run_builder(whole)
    untouched.communicate()
    assert untouched.returncode == 0
    for attempt in range(8):
        process = run_builder(killed)
        process.stdout.readline()
        time.sleep(0.004 * attempt)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if (killed / "manifest.json").exists():
            ids = outcome(killed)[0]
            assert ids == list(range(len(ids)))
            assert len(ids) % BATCH == 0
    finishing = run_builder(killed)
    finishing.communicate()
    assert finishing.returncode == 0
    assert outcome(killed) == outcome(whole)
    assert len(outcome(whole)[0]) == BATCH * BATCHES
    assert len(list(killed.glob("vectors-*"))) == 1


@pytest.fixture
def saved(tmp_path):
    folder = tmp_path / "index"
    with VectorIndex.open(folder, dimension=DIMENSION, model="test") as index:
        index.add(*batch(0))
        index.save()
    return folder


@pytest.mark.parametrize("mapped", [True, False])
def test_a_cut_file_is_named(saved, mapped):
    (data,) = saved.glob("vectors-*")
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(VectorIndexError, match=f"{data.name} is damaged"):
        VectorIndex.open(saved, dimension=DIMENSION, model="test", mapped=mapped)


def test_a_changed_byte_is_found_before_writing(saved):
    (data,) = saved.glob("vectors-*")
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    with pytest.raises(VectorIndexError, match="SHA-256"):
        VectorIndex.open(saved, dimension=DIMENSION, model="test")


@pytest.mark.parametrize("text", ["", "{}", '{"format": 9}', "nonsense"])
def test_a_damaged_manifest_is_named(saved, text):
    (saved / "manifest.json").write_text(text)
    with pytest.raises(VectorIndexError, match=r"manifest\.json"):
        VectorIndex.open(saved, dimension=DIMENSION, model="test")


@pytest.mark.parametrize("mapped", [True, False])
def test_a_missing_file_is_named(saved, mapped):
    (data,) = saved.glob("vectors-*")
    data.unlink()
    with pytest.raises(VectorIndexError, match=f"{data.name} is missing"):
        VectorIndex.open(saved, dimension=DIMENSION, model="test", mapped=mapped)


def test_vectors_of_another_model_are_not_mixed(saved):
    with pytest.raises(VectorIndexError, match="not of other"):
        VectorIndex.open(saved, dimension=DIMENSION, model="other")
    with pytest.raises(VectorIndexError, match="8 components"):
        VectorIndex.open(saved, dimension=9, model="test", mapped=True)


def test_nothing_to_map_is_said(tmp_path):
    with pytest.raises(VectorIndexError, match="no index yet"):
        VectorIndex.open(tmp_path, dimension=DIMENSION, model="test", mapped=True)


def test_one_writer_at_a_time_and_readers_beside_it(saved):
    with VectorIndex.open(saved, dimension=DIMENSION, model="test") as writer:
        with pytest.raises(VectorIndexError, match="another process"):
            VectorIndex.open(saved, dimension=DIMENSION, model="test")
        reader = VectorIndex.open(saved, dimension=DIMENSION, model="test", mapped=True)
        with pytest.raises(VectorIndexError, match="for reading"):
            reader.add(*batch(1))
        before = reader.search(batch(5)[1], 3)
        writer.add(*batch(1))
        writer.save()
        after = reader.search(batch(5)[1], 3)
        assert (before[0] == after[0]).all()
        assert (reader.generation, writer.generation) == (1, 2)
    with VectorIndex.open(saved, dimension=DIMENSION, model="test", mapped=True) as newer:
        assert len(newer) == 2 * BATCH


def test_mapped_lists_stay_readable_when_a_writer_replaces_them(tmp_path, monkeypatch):
    folder = tmp_path / "index"
    monkeypatch.setattr("cgp.vectors.structure.EXACT_UP_TO", 500)
    build(folder)
    with VectorIndex.open(folder, dimension=DIMENSION, model="test", mapped=True) as reader:
        with VectorIndex.open(folder, dimension=DIMENSION, model="test") as writer:
            writer.remove(writer.ids)
            writer.save()
        found, _ = reader.search(batch(3)[1], 1)
        assert (found[:, 0] == batch(3)[0]).mean() > 0.99
        assert len(reader) == BATCH * BATCHES


def test_an_index_copied_elsewhere_opens_there(saved, tmp_path):
    there = shutil.copytree(saved, tmp_path / "there")
    shutil.rmtree(saved)
    with VectorIndex.open(there, dimension=DIMENSION, model="test", mapped=True) as index:
        assert index.ids.tolist() == list(range(BATCH))
        assert np.isfinite(index.search(batch(0)[1][:1], 2)[1]).all()
