"""Tables of windows: what a gate reads while it learns is what it reads when it is used."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cgp.gold
from cgp.annotators.embedded.labels import shipped_labels
from cgp.annotators.embedded.reading import read_window, reading_of
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.experts.errors import NoTableError
from cgp.experts.examples import table_of
from cgp.experts.gate import GATE_INPUTS, Gate
from cgp.experts.mixture import Layer, Member, Mixture
from cgp.experts.network import LinearNetwork
from cgp.experts.window_table import MOST_CANDIDATES, WindowTable
from cgp.gold import read_gold
from cgp.tagmodel import shipped_model
from cgp.tagmodel.head import INPUTS
from tests.experts.world import table

SAMPLES = Path(cgp.gold.__file__).parent / "samples.jsonl"
GATES = 6


def layer_of_any_gates():
    """Return experts whose gates read every input of a window, each in a way of its own."""
    draws = np.random.default_rng(0).normal(size=(GATES, GATE_INPUTS + 1)) * 0.5
    members = tuple(
        Member(
            f"domain.n{number}", str(number), Gate(weights.astype(np.float32)),
            lambda: LinearNetwork.start(INPUTS),
        )
        for number, weights in enumerate(draws)
    )  # fmt: skip
    return Layer("domain", GATES, members)


def table_file(tmp_path, change):
    """Return the file of a table whose description is changed."""
    data = table(1, 4).to_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    document = json.loads(header["__metadata__"]["table"])
    header["__metadata__"]["table"] = json.dumps(change(document))
    changed = json.dumps(header).encode()
    path = tmp_path / "one.table"
    path.write_bytes(len(changed).to_bytes(8, "little") + changed + data[8 + size :])
    return path


def test_gates_open_as_wide_in_training_as_when_a_window_is_annotated(tmp_path):
    # Prepare: windows with more candidates than a table keeps, in two languages.
    model, embedder, encoder = shipped_model(), default_embedder(), default_encoder()
    samples = list(read_gold(SAMPLES))
    gold = [*samples[:3], next(w for w in samples if w.window.language == "fr")]
    layer, path = layer_of_any_gates(), tmp_path / "learn.table"

    # Execute: through the file on the one side, as the annotator does it on the other.
    path.write_bytes(table_of(gold, model, embedder, encoder).to_bytes())
    learned = WindowTable.read(path)
    in_training = layer.openings(learned.windows)
    served, counts = [], []
    for item in gold:
        reading = reading_of(
            read_window(item.window), item.window, shipped_labels(embedder), embedder,
            lambda: encoder,
        )  # fmt: skip
        inputs = model.tabulate(reading, embedder).inputs
        counts.append(len(inputs))
        served.append([use.opening for use in Mixture((layer,)).uses(inputs, reading.language)])

    # Assert: the table holds float32, so the last digits differ.
    assert max(counts) > MOST_CANDIDATES == learned.layout.sizes.max()
    assert np.abs(in_training - np.array(served)).max() < 1e-5


def test_a_table_of_an_earlier_format_is_refused_with_the_remedy(tmp_path):
    def without_format(document):
        return {name: value for name, value in document.items() if name != "format"}

    WindowTable.read(table_file(tmp_path, lambda document: document))
    for change, words in (
        (without_format, "format 1, this release reads format 2"),
        (lambda document: document | {"format": 3}, "format 3"),
        (lambda document: [document], "is not a table of windows"),
    ):
        with pytest.raises(NoTableError, match=words) as fault:
            WindowTable.read(table_file(tmp_path, change))
        assert "cgp experts table" in fault.value.remedy


@pytest.mark.parametrize("credit", [7.0, -0.1, np.nan])
def test_a_table_whose_credit_is_no_share_is_refused(credit):
    part = table(1, windows=3)
    shares = part.credit.copy()
    shares[0] = credit
    with pytest.raises(ValueError, match="credit"):
        replace(part, credit=shares)
