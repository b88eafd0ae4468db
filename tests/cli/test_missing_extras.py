"""An installation without extras: a command that needs one ends with status 1 and names it.

The command is right: once the extra is there, the same line works. Status 2 is for wrong commands.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from cgp import samples
from cgp.extras import EXTRA_OF, how_to_install

ROOT = Path(__file__).resolve().parents[2]

LLM = {"LLM_TYPE": "openai", "OPENAI_API_KEY": "none"}
MEANINGS = {"EMBEDDER_TYPE": "openai", "EMBEDDER_MODEL": "any", "OPENAI_API_KEY": "none"}
NAMES = {"PRIVACY_NAMES": "presidio"}
POSTGRES = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}

# What is run, under which settings, and the extra that it needs. FILE is a sound
# conversation, WINDOWS are annotated ones.
NEEDS = [
    ("mcp", {}, "mcp"),
    ("report FILE -o out.html", {}, "web"),
    ("report FILE -o out.html", LLM, "web"),
    ("serve --web --port 1", {}, "web"),
    ("serve --operator --port 1", {}, "web"),
    # It serves without pages, names what brings them, and ends for want of a wallet.
    ("serve --port 1", {}, "web"),
    ("localnet --web --limit 1 --conversations FILE", {}, "web"),
    ("localnet --limit 1 --conversations FILE", LLM, "llm"),
    ("tag FILE", LLM, "llm"),
    ("windows FILE", LLM, "llm"),
    ("annotate FILE", LLM, "llm"),
    ("make-dataset FILE out --format jsonl", LLM, "llm"),
    ("search trams", MEANINGS, "llm"),
    ("index FILE", MEANINGS, "llm"),
    ("library add FILE", MEANINGS, "llm"),
    ("privacy FILE", NAMES, "privacy"),
    ("tag FILE", LLM | NAMES, "privacy"),
    ("annotate FILE", NAMES, "privacy"),
    ("index FILE", NAMES, "privacy"),
    ("export out --format jsonl", NAMES, "privacy"),
    ("make-dataset FILE out --format jsonl", NAMES, "privacy"),
    ("export out", {}, "dataset"),
    ("make-dataset FILE out", {}, "dataset"),
    ("export out --push nobody/none", {}, "dataset"),
    ("store list", POSTGRES, "postgres"),
    ("index FILE", POSTGRES, "postgres"),
    ("index FILE --engine ray", {}, "scale"),
    ("model train WINDOWS --out model", {}, "train"),
    ("model train WINDOWS --out model --tagger", {}, "train"),
    ("worker --gateway http://127.0.0.1:9/v1", {}, "chat"),
    ("gateway --port 0", {}, "chat"),
    ("chat", {}, "chat"),
    ("chat trams", {}, "chat"),
    ("fractal studio", {}, "gradio"),
    ("mycelium up", {}, "mycelium"),
    ("experts serve", {}, "chat"),
    ("experts trial", {}, "chat"),
]

# One process, which imports nothing that an extra brings: each line is run as `main` does it.
BARE = """
import json, os, sys
for package in json.loads(sys.argv[1]):
    sys.modules[package] = None
from cgp.cli.app import main
for line, settings in json.loads(sys.argv[2]):
    os.environ.update(settings)
    sys.argv = ["cgp", *line.split()]
    try:
        main()
        status = 0
    except SystemExit as end:
        status = end.code
    for name in settings:
        del os.environ[name]
    print(f"\\n=== {status}", file=sys.stderr, flush=True)
"""


@pytest.fixture(scope="module")
def endings(tmp_path_factory):
    """The status and the standard error of each line, in order."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "talk.json").write_bytes(
        (ROOT / "cgp/samples" / f"{samples.names()[0]}.json").read_bytes()
    )
    (folder / "windows.jsonl").write_bytes((ROOT / "training/own-dialogues.jsonl").read_bytes())
    places = {"FILE": "talk.json", "WINDOWS": "windows.jsonl"}
    lines = [
        (" ".join(places.get(word, word) for word in line.split()), settings)
        for line, settings, _ in NEEDS
    ]
    done = subprocess.run(
        [sys.executable, "-c", BARE, json.dumps(sorted(EXTRA_OF)), json.dumps(lines)],
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data"), "HOME": str(folder)},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    parts = done.stderr.split("\n=== ")
    statuses = [int(part.partition("\n")[0]) for part in parts[1:]]
    texts = [parts[0], *(part.partition("\n")[2] for part in parts[1:-1])]
    return list(zip(statuses, texts, strict=True))


def test_a_missing_extra_ends_with_1_and_how_to_install_it(
    endings, subtests, monkeypatch, tmp_path
):
    # The line that installs an extra is a shorter one in the clone's own folder.
    monkeypatch.chdir(tmp_path)
    assert len(endings) == len(NEEDS)
    for (line, settings, extra), (status, said) in zip(NEEDS, endings, strict=True):
        with subtests.test(f"{line} {sorted(settings)}"):
            assert status == 1, said
            assert "error: " in said
            assert "Traceback" not in said
            assert said.count(how_to_install(extra)) == 1, said


def test_the_extras_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRA_OF.values()) <= set(project["optional-dependencies"])


def test_each_package_comes_with_the_extra_that_is_named():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    distributions = packages_distributions()
    # Of a package that is not installed here nobody tells where it comes from.
    installed = EXTRA_OF.keys() & distributions.keys()
    assert {"pyarrow", "nats", "jinja2"} <= installed
    for package in installed:
        wanted = map(plain, project["optional-dependencies"][EXTRA_OF[package]])
        assert {*wanted} & {*map(plain, distributions[package])}, package


def plain(requirement):
    return re.match(r"[\w.-]+", requirement)[0].casefold().replace("_", "-")
