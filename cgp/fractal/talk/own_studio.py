"""The studio of this installation: its models lie in the data folder, its talks in the store."""

from __future__ import annotations

import contextlib

from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.fractal.talk.studio import Studio
from cgp.privacy import policy_of
from cgp.store import Store


def own_studio(settings: Settings) -> Studio:
    """Return a studio that saves models in ``DATA_DIR/talk`` and keeps conversations."""

    def keep(conversation: Conversation) -> None:
        with contextlib.closing(Store(settings.store_url)) as store:
            store.take_conversations([conversation])

    return Studio(
        settings.data_dir / "talk",
        default_encoder(),
        default_embedder(),
        keep,
        policy=policy_of(settings),
    )
