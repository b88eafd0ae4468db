"""The embedder that the settings ask for, for an index of one's own."""

from __future__ import annotations

from cgp.config import Settings
from cgp.embedders.embedder import Embedder, default_embedder

_OPENAI = "https://api.openai.com/v1"


def make_embedder(settings: Settings) -> Embedder:
    """Return the embedder of ``settings.embedder``: ``wordllama`` (the default) or a server's.

    Raises:
        ValueError: if the type is unknown, or a model, a key or the ``llm`` extra is missing.
    """
    wanted = settings.embedder
    if wanted.type == "wordllama":
        return default_embedder()
    if wanted.type != "openai":
        raise ValueError(f"EMBEDDER_TYPE={wanted.type!r} is unknown: choose wordllama or openai")
    if not wanted.model:
        raise ValueError("EMBEDDER_MODEL is not set: name the server's embedding model")
    key = wanted.api_key
    if key is None and wanted.base_url is None:
        # OpenAI's key is never sent to another address.
        key = settings.openai_api_key
        if key is None:
            raise ValueError("no key: set OPENAI_API_KEY (or EMBEDDER_API_KEY, EMBEDDER_BASE_URL)")
    try:
        from cgp.embedders.openai_compatible import OpenAICompatibleEmbedder
    except ModuleNotFoundError as error:
        raise ValueError(
            f"EMBEDDER_TYPE=openai needs the llm extra ({error.name} is not installed):"
            " pip install 'conversation-genome[llm]'"
        ) from error
    return OpenAICompatibleEmbedder(
        wanted.base_url or _OPENAI,
        wanted.model,
        key=key.get_secret_value() if key else None,
        dimension=wanted.dimension,
        seconds=wanted.timeout_seconds,
    )
