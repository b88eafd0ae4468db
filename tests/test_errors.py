"""Every error of the project has one base, a code of its own and a remedy."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from cgp.errors import CgpError

ROOT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"[a-z]+\.[a-z]+(_[a-z]+)*")


def error_classes():
    """Yield every exception class of the source: its bases tell it from other classes."""
    for folder in ("cgp", "miner", "validator"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and node.name != "CgpError":
                    bases = [ast.unparse(base) for base in node.bases]
                    if any(base.endswith(("Error", "Exception", "LeaseLost")) for base in bases):
                        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                        yield getattr(importlib.import_module(module), node.name)


ERRORS = list(error_classes())


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_has_the_base_a_code_and_a_remedy(error):
    assert issubclass(error, CgpError)
    assert CODE.fullmatch(error.__dict__["code"])
    assert error.remedy


def test_codes_are_unique():
    codes = [error.code for error in ERRORS]
    assert len(codes) == len(set(codes)) > 40


def test_a_class_without_a_code_is_refused():
    with pytest.raises(TypeError, match="code"):
        type("NamelessError", (CgpError,), {})


def test_a_remedy_is_inherited_where_a_class_has_none():
    base = type("BaseError", (CgpError,), {}, code="test.base", remedy="do this")
    assert type("ChildError", (base,), {}, code="test.child").remedy == "do this"


def tree(error, indent=""):
    """Return the lines of a tree of error classes, by code."""
    known = set(ERRORS)
    children = sorted((e for e in error.__subclasses__() if e in known), key=lambda e: e.code)
    lines = []
    for number, child in enumerate(children, 1):
        last = number == len(children)
        lines.append(f"{indent}{'└── ' if last else '├── '}{child.__name__}  {child.code}")
        lines += tree(child, indent + ("    " if last else "│   "))
    return lines


def test_the_documentation_draws_the_tree_of_errors():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = text.partition("<!-- errors -->\n")[2].partition("<!-- /errors -->")[0]
    assert drawn == "\n".join(["```text", "CgpError", *tree(CgpError), "```", ""]), (
        "paste the output of: python -m tests.test_errors"
    )


if __name__ == "__main__":
    print("\n".join(["```text", "CgpError", *tree(CgpError), "```"]))
