"""The embedded annotator uses what a ledger accepted, the next minute and without a restart."""

import asyncio
from importlib.metadata import entry_points

import numpy as np
import pytest

from cgp.annotators import AnnotationError
from cgp.annotators.choose import make_annotator
from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.config import Settings
from cgp.experts.block import TENSORS
from cgp.experts.in_use import LedgerModel, OtherModelError
from cgp.experts.specification import released_base
from cgp.samples import load
from cgp.tagmodel import shipped_model
from cgp.tagmodel.addition import ENTRY_POINTS
from cgp.tagmodel.head import INPUTS
from tests.experts.world import Clock, good, hand_in, judge, ledger


@pytest.fixture
def book(tmp_path):
    with ledger(tmp_path / "ledger", Clock(), base=released_base()) as made:
        yield made


def test_an_accepted_expert_is_used_at_the_next_look(book):
    # Prepare
    now = [0.0]
    source = LedgerModel(book.folder, lambda: now[0])
    annotator = EmbeddedAnnotator(source=source)
    inputs = np.zeros((1, INPUTS))
    inputs[:, 1] = 1.0
    assert source.current() is source.current()
    assert annotator.name == EmbeddedAnnotator().name

    # Execute
    judge(book).decide(book, hand_in(book, good()).digest)
    before = source.current()
    now[0] = 31.0
    after = source.current()

    # Assert
    assert before.addition is None
    added = after.log_odds(inputs, "de") - shipped_model().log_odds(inputs, "de")
    assert added == pytest.approx(good().forward(inputs) * 0.982, abs=1e-3)
    assert annotator.name.startswith(f"{EmbeddedAnnotator().name}+experts.")


@pytest.mark.parametrize("spoil", ["tensors", "manifest", "database"])
def test_a_damaged_ledger_leaves_the_model_as_it_was(book, caplog, spoil):
    # Prepare
    now = [0.0]
    source = LedgerModel(book.folder, lambda: now[0])
    before = source.current()
    record = hand_in(book, good())
    judge(book).decide(book, record.digest)
    digest = record.digest
    if spoil == "tensors":
        digest = book.block(digest).payload(TENSORS).digest
    if spoil == "database":
        book.transact(lambda c: c.execute("DROP TABLE heads"))
    data = book.blobs.path(digest).read_bytes()
    book.blobs.path(digest).write_bytes(b"spoilt")

    # Execute
    now[0] = 31.0
    damaged = source.current()
    book.blobs.path(digest).write_bytes(data)
    now[0] = 62.0
    mended = source.current()

    # Assert
    assert damaged is before
    assert "The experts stay as they were" in caplog.text
    assert (mended is before) is (spoil == "database")


def test_a_conversation_is_annotated_with_the_experts(book):
    judge(book).decide(book, hand_in(book, good()).digest)
    annotator = EmbeddedAnnotator(source=LedgerModel(book.folder))
    conversation = load()[0]

    metadata = asyncio.run(annotator.annotate(conversation, max_tags=8))

    assert metadata.tags


def test_a_ledger_of_another_release_is_refused(tmp_path):
    with ledger(tmp_path / "ledger", base="sha256:other"), pytest.raises(OtherModelError):
        LedgerModel(tmp_path / "ledger")


def test_the_setting_names_a_ledger_that_must_be_there(tmp_path):
    settings = Settings(experts={"ledger": tmp_path / "none"}, _env_file=None)

    with pytest.raises(AnnotationError, match="EXPERTS_LEDGER"):
        make_annotator(settings)


def test_the_setting_makes_the_annotator_use_the_ledger(book):
    if not entry_points(group=ENTRY_POINTS, name="experts"):
        pytest.skip("the package was installed before it brought tag models: install it again")
    judge(book).decide(book, hand_in(book, good()).digest)

    annotator = make_annotator(Settings(experts={"ledger": book.folder}, _env_file=None))

    assert annotator.name.startswith(f"{EmbeddedAnnotator().name}+experts.")
