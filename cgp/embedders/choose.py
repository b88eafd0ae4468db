"""Choice of an embedder for an index: the subnet's own, or one behind a server."""

from __future__ import annotations

from cgp.config import Settings
from cgp.embedders.agreed import default_embedder
from cgp.embedders.embedder import Embedder
from cgp.extras import how_to_install

_OPENAI = "https://api.openai.com/v1"


def make_embedder(settings: Settings) -> Embedder:
    """Return the embedder of ``settings.embedder``: ``wordllama`` (the default) or a server's.

    Raises:
        ValueError: if the type is unknown, or a model, a key or the ``llm`` extra is missing.
    """
    embedder = settings.embedder
    if embedder.type == "wordllama":
        return default_embedder()
    if embedder.type != "openai":
        raise ValueError(f"EMBEDDER_TYPE={embedder.type!r} is unknown: choose wordllama or openai")
    if not embedder.model:
        raise ValueError("EMBEDDER_MODEL is not set: name the server's embedding model")
    key = embedder.api_key
    if key is None and embedder.base_url is None:
        # OpenAI's key is never sent to another address.
        key = settings.openai_api_key
        if key is None:
            raise ValueError("no key: set OPENAI_API_KEY (or EMBEDDER_API_KEY, EMBEDDER_BASE_URL)")
    try:
        from cgp.embedders.openai_compatible import OpenAICompatibleEmbedder
    except ModuleNotFoundError as error:
        raise ValueError(
            f"EMBEDDER_TYPE=openai needs the llm extra ({error.name} is not installed):"
            f" {how_to_install('llm')}"
        ) from error
    return OpenAICompatibleEmbedder(
        embedder.base_url or _OPENAI,
        embedder.model,
        key=key.get_secret_value() if key else None,
        dimension=embedder.dimension,
        seconds=embedder.timeout_seconds,
    )
