"""``pip install -r requirements.txt`` brings each package that the design names."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
DESIGN = {
    "anthropic",
    "bittensor",
    "faiss-cpu",
    "numpy",
    "openai",
    "pytest",
    "python-dotenv",
    "wandb",
}


def of_the_project(extras):
    """Return the project's own requirements with extras, as pyproject.toml names them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = [Requirement(line) for line in project["dependencies"]]
    waiting = list(extras)
    while waiting:
        for line in project["optional-dependencies"][waiting.pop()]:
            one = Requirement(line)
            if one.name == project["name"]:
                waiting += one.extras
            else:
                found.append(one)
    return found


def with_all_below(requirements):
    """Return the names of requirements and of all that they bring, as far as they are installed."""
    names, waiting = set(), list(requirements)
    while waiting:
        one = waiting.pop()
        name = re.sub(r"[-_.]+", "-", one.name).lower()
        if name in names:
            continue
        names.add(name)
        try:
            lines = requires(one.name) or []
        except PackageNotFoundError:
            continue
        below = map(Requirement, lines)
        waiting += [r for r in below if r.marker is None or r.marker.evaluate({"extra": ""})]
    return names


def test_every_package_of_the_design_comes_with_the_requirements():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line and not line.startswith("#")]
    extras = re.fullmatch(r"-e \.\[(.*)\]", line).group(1).split(",")
    assert with_all_below(of_the_project(extras)) >= DESIGN
