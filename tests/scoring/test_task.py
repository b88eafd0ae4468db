"""A task holds what a score depends on, and nothing else."""

import ast
from dataclasses import fields
from pathlib import Path

from cgp.scoring import ScoringTask

SCORING = Path(__file__).resolve().parents[2] / "cgp" / "scoring"


def test_scoring_reads_every_field_of_a_task():
    read = {
        node.attr
        for path in SCORING.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("task")
    }
    assert {field.name for field in fields(ScoringTask)} <= read
