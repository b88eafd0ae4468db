"""A miner developer's first hour: an annotator, its tags, whether it is better, and a subnet with it."""

import json
import re

import pytest

pytestmark = pytest.mark.peers

PAGE = "docs/write-a-miner.md"


def test_an_annotator_is_written_measured_and_run(newcomer):
    newcomer.types("./setup.sh", PAGE)
    newcomer.types("source .venv/bin/activate", PAGE)

    # One class in a file, as the page has it.
    (newcomer.clone / "tagger.py").write_text(newcomer.block(PAGE, "python", "class Tagger"))
    told = newcomer.types(
        "cgp tag cgp/samples/clinic-migraine.json --annotator tagger.py:Tagger,least=7", PAGE
    )
    tags = json.loads(told)["tags"]
    assert len(tags) == 12
    assert all(len(tag) >= 7 for tag in tags)

    # The honest yardstick: the default is better, and the page's figures are those that are printed.
    told = newcomer.types("cgp compare embedded tagger.py:Tagger tagger.py:Tagger,least=8", PAGE)
    figures = {
        name: float(f)
        for name, f in re.findall(r"(embedded|tagger\.py:Tagger(?:,least=8)?)\s+0?(\.\d\d)", told)
    }
    assert figures["embedded"] > figures["tagger.py:Tagger,least=8"] > figures["tagger.py:Tagger"]
    shown = [float(f) for f in re.findall(r"(?<!\d)\.\d\d\b", newcomer.page(PAGE))]
    for figure in figures.values():
        # The extra `dictionaries`, where it is installed, moves a figure by a hundredth.
        assert min(abs(figure - f) for f in shown) < 0.011

    # A whole subnet with both.
    told = newcomer.types(
        "./run_localnet.sh --fresh --yes --limit 3 --truth embedded --miner default=embedded "
        "--miner mine=tagger.py:Tagger,least=7",
        PAGE,
    )
    assert re.search(r"default\s+│ embedded", told)
    assert "mine covers" in told
    assert told.index("default covers") < told.index("mine covers")
