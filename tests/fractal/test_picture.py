"""The tree of a fractal expert: its activity, its growth as a file, its picture, the commands."""

import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from typer.testing import CliRunner

from cgp.cli.fractal import app
from cgp.experts.expert_file import expert_from_bytes, expert_to_bytes
from cgp.experts.network import LinearNetwork
from cgp.fractal import FractalNetwork, Growth, Reshape
from cgp.fractal.activity import activity
from cgp.fractal.growth_file import GrowthFileError, growth_from_bytes, growth_to_bytes
from cgp.fractal.picture import tree_svg
from cgp.tagmodel.head import INPUTS
from tests.experts.world import german_gate, table

runner = CliRunner()
STEPS = (
    Growth(Reshape.DIVIDE, "", True, ("", "l", "r")),
    Growth(Reshape.DIVIDE, "l", False, ("", "l", "r")),
    Growth(Reshape.MERGE, "", True, ("",)),
)


def tree(inputs=INPUTS):
    """Return a tree of three leaves with random numbers."""
    random = np.random.default_rng(3)
    network = FractalNetwork.start(inputs, 1)
    for leaf in ("", "r"):
        network = network.split(leaf, random.normal(size=inputs), 0.0, 2)
    values = {n: random.normal(size=t.shape) for n, t in network.parameters.items()}
    return network.with_parameters(values)


def circles(svg):
    return ET.fromstring(svg).findall(".//{http://www.w3.org/2000/svg}circle")


def test_attention_and_co_activation_are_those_of_the_gates():
    network = tree(6)
    rows = np.random.default_rng(4).normal(size=(200, 6))

    result = activity(network, rows)

    attention = {node.path: node.attention for node in result.nodes}
    hard = {node.path: node.hard_share for node in result.nodes}
    for shares in (attention, hard):
        assert shares[""] == pytest.approx(1.0)
        assert shares["l"] + shares["rl"] + shares["rr"] == pytest.approx(1.0)
    gate = 1 / (1 + np.exp(-(rows @ network.parameters["n..w"] + network.parameters["n..b"])))
    assert attention["l"] == pytest.approx(gate.mean())
    assert hard["l"] == pytest.approx((gate >= 0.5).mean())
    # Row sums of the co-activation are the attention of the leaves.
    assert result.leaves == ("l", "rl", "rr")
    assert result.co_activation.sum(axis=1) == pytest.approx([attention[p] for p in result.leaves])


def test_growth_is_read_as_it_was_written_and_a_spoilt_file_is_named():
    assert growth_from_bytes(growth_to_bytes(STEPS), "growth.json") == STEPS
    document = json.loads(growth_to_bytes(STEPS))
    for change in (
        {"version": 2},
        {"steps": 3},
        {"steps": [{**document["steps"][0], "nodes": ["", "l"]}]},
        {"steps": [{**document["steps"][0], "nodes": ["../x"]}]},
        {"steps": [{**document["steps"][0], "node": "lll"}]},
        {"steps": [{**document["steps"][0], "change": "explode"}]},
        {"steps": [{}]},
    ):
        with pytest.raises(GrowthFileError, match=r"growth\.json"):
            growth_from_bytes(json.dumps({**document, **change}).encode(), "growth.json")
    with pytest.raises(GrowthFileError):
        growth_from_bytes(b"[" * 100_000, "growth.json")


def test_the_picture_has_a_tree_for_each_step_and_a_node_for_each_path():
    network = tree(6)
    rows = np.random.default_rng(5).normal(size=(50, 6))

    svg = tree_svg(network.nodes, STEPS, activity(network, rows))

    # Three nodes, three and two that were tried, one, and the five of today.
    assert len(circles(svg)) == 3 + 5 + 1 + 5
    assert "2. divide l: refused" in svg
    assert "now: 3 leaves, depth 2" in svg
    assert svg.count("attention") == 5
    # Nodes of one tree stand apart.
    places = [(c.get("cx"), c.get("cy")) for c in circles(tree_svg(network.nodes))]
    assert len(set(places)) == 5


def test_a_file_gives_back_the_very_outputs_by_both_paths():
    network = tree().as_stored()
    rows = np.random.default_rng(6).normal(size=(40, INPUTS))

    again = expert_from_bytes(expert_to_bytes(network, german_gate()), "tree").network

    assert np.array_equal(again.forward(rows), network.forward(rows))
    assert np.array_equal(again.infer(rows), network.infer(rows))


def test_the_commands_draw_and_show_an_expert(tmp_path):
    # Prepare
    mine, windows, growth = (tmp_path / n for n in ("mine.expert", "w.table", "growth.json"))
    mine.write_bytes(expert_to_bytes(tree(), german_gate()))
    windows.write_bytes(table(1, 10).to_bytes())
    growth.write_bytes(growth_to_bytes(STEPS))
    (tmp_path / "linear").write_bytes(expert_to_bytes(LinearNetwork.start(INPUTS), german_gate()))
    picture = tmp_path / "tree.svg"

    # Execute
    drawn = runner.invoke(
        app,
        [
            "plot",
            str(mine),
            "--out",
            str(picture),
            "--growth",
            str(growth),
            "--table",
            str(windows),
        ],
    )
    shown = runner.invoke(app, ["show", str(mine), str(windows), "--json"])
    text = runner.invoke(app, ["show", str(mine), str(windows)])
    linear = runner.invoke(app, ["plot", str(tmp_path / "linear"), "--out", str(picture)])

    # Assert
    assert drawn.exit_code == 0, drawn.output
    assert len(circles(picture.read_text())) == 14
    document = json.loads(shown.output)
    leaf_shares = [node["hard_share"] for node in document["nodes"] if node["is_leaf"]]
    assert sum(leaf_shares) == pytest.approx(1.0)
    assert np.sum(document["co_activation"]) == pytest.approx(1.0, abs=1e-4)
    assert "open together" in text.output
    assert linear.exit_code == 2
    assert "only a fractal one" in linear.output
