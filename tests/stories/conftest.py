"""A newcomer: a fresh clone, a clean home, and the commands that README and docs print.

By default ``.venv`` of the clone is the environment that runs the tests, and the commands that set it up are
left out: to install takes minutes. ``CGP_STORIES_SET_UP=1`` runs them too, for each story, in an
environment of its own.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETS_UP = os.environ.get("CGP_STORIES_SET_UP") == "1"
_SET_UP_LINES = ("./setup.sh", "source .venv/bin/activate")


@dataclass
class Newcomer:
    """A person with a clone, who types only what a page of the documentation prints."""

    clone: Path
    home: Path
    said: list[str] = field(default_factory=list)

    def page(self, name):
        """Return the text of a page of the clone."""
        return (self.clone / name).read_text(encoding="utf-8")

    def block(self, page, language, holding):
        """Return the code of the one block of a page that holds a text."""
        blocks = re.findall(rf"```{language}\n(.*?)```", self.page(page), re.DOTALL)
        (found,) = [block for block in blocks if holding in block]
        return found

    def types(self, line, page, expected=0, **replaced):
        """Run a line that a page prints; ``replaced`` are the words that stand for one's own."""
        printed = self.page(page)
        assert line in printed, f"{page} does not print: {line}"
        for word, own in replaced.items():
            line = line.replace(word, own)
        if line.startswith(_SET_UP_LINES) and not SETS_UP:
            return ""
        if not SETS_UP:
            # The script would set the clone up first; this is what it calls then.
            line = line.replace("./run_localnet.sh", "cgp localnet")
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.clone,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
            stdin=subprocess.DEVNULL,
        )
        told = f"$ {line}\n{done.stdout}{done.stderr}"
        self.said.append(told)
        assert done.returncode == expected, told
        assert "Traceback" not in told, told
        return done.stdout + done.stderr

    def _environment(self):
        names = (
            "LANG",
            "PIP_INDEX_URL",
            "PIP_CERT",
            "PIP_FIND_LINKS",
            "PIP_DEFAULT_TIMEOUT",
            "SSL_CERT_FILE",
        )
        kept = {name: os.environ[name] for name in names if name in os.environ}
        own = Path(sys.prefix) / "bin"
        path = [p for p in os.environ["PATH"].split(":") if Path(p).resolve() != own.resolve()]
        # As `source .venv/bin/activate` leaves it.
        path = [str(self.clone / ".venv" / "bin"), *path]
        kept |= {"PATH": ":".join(path), "HOME": str(self.home), "COLUMNS": "200"}
        if not SETS_UP:
            kept["PYTHONPATH"] = str(self.clone)
        return kept


@pytest.fixture
def newcomer(tmp_path):
    clone, home = tmp_path / "clone", tmp_path / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    if not SETS_UP:
        (clone / ".venv").symlink_to(sys.prefix)
    return Newcomer(clone, home)
