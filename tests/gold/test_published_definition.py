"""Agreement with the published definition of the figures, a script that measures a gold file.

It is named by ``CGP_GOLD_DEFINITION``: ``evaluate.py GOLD TAGS --json``. The figures below are what it
gave for these examples, so that the agreement is tested where the script is not, too.
"""

import json
import os
import subprocess
import sys

import pytest

from cgp.gold import FIGURE_NAMES, figures_of
from tests.gold.windows import annotated

GOLD = [
    annotated(
        (("night bus", 3, "late buses"), ("student fares", 2), ("council", 1, "city council")),
        reject=["good morning", "weather"],
        identifier="a",
    ),
    annotated((("Depotübertrag", 3), ("Steuern", 1, "Steuer")), ["Guten Tag"], identifier="b"),
    annotated((("となりのトトロ", 3, "トトロ"),), identifier="c"),
    annotated((), identifier="d"),
]
TAGS = [
    ["buses at night", "the Night-Bus", "bus", "Weather", "fare of students", "cafés"],
    ["Guten Tag", "Depotübertrag", "Steuer", "Steuern"],
    ["トトロ", "映画", "of the"],
    [],
]
PUBLISHED = {
    "f": 0.4107142857142857,
    "keep": 0.29166666666666663,
    "coverage": 0.9583333333333334,
    "first": 0.25,
    "rejected": 0.10416666666666666,
    "twice": 0.10416666666666666,
}


def mean_figures():
    rows = [figures_of(gold, tags) for gold, tags in zip(GOLD, TAGS, strict=True)]
    return {name: sum(getattr(row, name) for row in rows) / len(rows) for name in FIGURE_NAMES}


def test_the_figures_are_those_of_the_published_definition():
    assert mean_figures() == pytest.approx(PUBLISHED)


def test_the_script_gives_the_same_figures(tmp_path):
    script = os.environ.get("CGP_GOLD_DEFINITION")
    if not script:
        pytest.skip("CGP_GOLD_DEFINITION names no script")
    gold, tags = tmp_path / "gold.jsonl", tmp_path / "tags.jsonl"
    gold.write_text("\n".join(json.dumps(window.to_json()) for window in GOLD), encoding="utf-8")
    lines = [
        json.dumps({"id": window.id, "tags": given})
        for window, given in zip(GOLD, TAGS, strict=True)
    ]
    tags.write_text("\n".join(lines), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, script, str(gold), str(tags), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )

    published = json.loads(done.stdout)
    assert {name: published[name] for name in FIGURE_NAMES} == pytest.approx(mean_figures())
