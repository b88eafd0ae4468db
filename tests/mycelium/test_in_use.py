"""The embedded annotator uses the head that a node accepted, at the next look, under another name."""

import asyncio
import sqlite3
from importlib.metadata import entry_points

import numpy as np
import pytest

from cgp.annotators import AnnotationError
from cgp.annotators.choose import make_annotator
from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.config import Settings
from cgp.mycelium.in_use import NodeHeadError, NodeModel
from cgp.mycelium.memory import MEMORY_FILE, NodeMemory
from cgp.samples import load
from cgp.tagmodel import Head, shipped_model
from cgp.tagmodel.addition import ENTRY_POINTS
from cgp.tagmodel.head import INPUTS


def keep(folder, shift):
    """Let a node's memory keep a head; it asks for none of the candidates that it would want."""

    async def work():
        memory = NodeMemory(folder / MEMORY_FILE)
        await memory.read()
        if shift is not None:
            weights = shipped_model().head.weights + np.float32(shift)
            await memory.keep_own_head(Head(weights))
        await memory.close()

    asyncio.run(work())


def test_a_head_of_another_release_is_named_and_its_node_begins_anew(tmp_path):
    # Prepare: a file of a release whose head has one number less.
    keep(tmp_path, 0.1)
    with sqlite3.connect(tmp_path / MEMORY_FILE) as connection:
        connection.execute("UPDATE heads SET weights = substr(weights, 1, length(weights) - 4)")
    connection.close()

    # Execute
    async def work():
        memory = NodeMemory(tmp_path / MEMORY_FILE)
        content = await memory.read()
        await memory.close()
        return content

    content = asyncio.run(work())

    # Assert
    assert content.own_head is None
    with pytest.raises(NodeHeadError, match="of another release of the tag model"):
        NodeModel(tmp_path).current()


def test_an_accepted_head_is_used_at_the_next_look(tmp_path):
    # Prepare
    keep(tmp_path, None)
    now = [0.0]
    source = NodeModel(tmp_path, lambda: now[0])
    annotator = EmbeddedAnnotator(source=source)
    assert source.current() is shipped_model()
    name = annotator.name

    # Execute
    keep(tmp_path, 0.25)
    before = source.current()
    now[0] = 31.0
    after = source.current()

    # Assert
    inputs = np.random.default_rng(0).normal(size=(3, INPUTS))
    expected = shipped_model().head.weights.astype(np.float64) + 0.25
    assert before is shipped_model()
    np.testing.assert_allclose(
        after.log_odds(inputs, "en"), inputs @ expected[:-1] + expected[-1], atol=1e-4
    )
    assert annotator.name.startswith(f"{name}+mycelium.")
    assert source.current() is after
    assert asyncio.run(annotator.annotate(load()[0], max_tags=8)).tags


def test_a_folder_without_a_node_or_with_a_spoilt_file_is_named(tmp_path):
    with pytest.raises(NodeHeadError, match="no node"):
        NodeModel(tmp_path)
    (tmp_path / MEMORY_FILE).write_bytes(b"no database" * 1000)
    source = NodeModel(tmp_path, lambda: 0.0)
    for _ in range(2):
        with pytest.raises(NodeHeadError):
            source.current()


@pytest.mark.parametrize("name", ["what?", "node #1", "50%41", "café"])
def test_a_folder_of_any_name_is_read(tmp_path, name):
    folder = tmp_path / name / "node-1"
    folder.mkdir(parents=True)
    keep(folder, 0.1)
    assert NodeModel(folder).current() is not shipped_model()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_setting_chooses_it(tmp_path, monkeypatch):
    if not entry_points(group=ENTRY_POINTS, name="mycelium"):
        pytest.skip("the project was installed before it had this entry point: install it again")
    keep(tmp_path, 0.1)
    monkeypatch.setenv("MYCELIUM_NODE", str(tmp_path))
    assert "+mycelium." in make_annotator(Settings()).name
    monkeypatch.setenv("EXPERTS_LEDGER", str(tmp_path))
    with pytest.raises(AnnotationError, match="one of"):
        make_annotator(Settings())
