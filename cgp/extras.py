"""The project's extras: the line that installs one, for this installation."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent

EXTRA_OF = {
    "anthropic": "llm",
    "datasets": "dev",
    "gradio": "gradio",
    "huggingface_hub": "dataset",
    "jinja2": "web",
    "httpx2": "llm",
    "mastodon": "mycelium",
    "matplotlib": "plot",
    "mcp": "mcp",
    "nats": "chat",
    "nkeys": "chat",
    "openai": "llm",
    "oras": "experts",
    "presidio_analyzer": "privacy",
    "prometheus_client": "operator",
    "psycopg": "postgres",
    "pyarrow": "dataset",
    "pyoxigraph": "mycelium",
    "ray": "scale",
    "sklearn": "train",
    "spacy": "train",
    "wandb": "operator",
}
"""The extra that a package of another project belongs to, by the name it is imported by."""


def how_to_install(extra: str) -> str:
    """Return the command that adds an extra to the environment that runs this program.

    In a clone that set itself up this is the clone's own script, since ``pip`` is not on the path
    there. Elsewhere it names this very interpreter: another ``pip`` would install for another.
    """
    if (_ROOT / "pyproject.toml").is_file():
        if Path(sys.prefix).resolve() == _ROOT / ".venv":
            script = "./setup.sh" if Path.cwd() == _ROOT else _ROOT / "setup.sh"
            return f"{script} {extra}"
        return f"{sys.executable} -m pip install -e '{_ROOT}[{extra}]'"
    return f"{sys.executable} -m pip install 'conversation-genome[{extra}]'"
