"""The policy that the settings ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cgp.config import Settings
from cgp.privacy.names import presidio_names
from cgp.privacy.personal_data import Kind
from cgp.privacy.pseudonym_key import pseudonym_key
from cgp.privacy.redaction import RedactionPolicy


def choose_policy(
    *, redact: bool, pseudonymise: bool, names: Literal["none", "presidio"], key_file: Path
) -> RedactionPolicy:
    """Return a policy; ``key_file`` is read, and made if need be, only where names are
    pseudonymised.

    A policy with neither redaction nor pseudonyms leaves conversations as they are.

    Raises:
        PrivacyExtraError: if names in free text are asked for and Presidio or its model is missing.
        ValueError: if ``key_file`` holds no key.
    """
    return RedactionPolicy(
        kinds=frozenset(Kind) if redact else frozenset(),
        pseudonym_key=pseudonym_key(key_file) if pseudonymise else None,
        names=presidio_names() if redact and names == "presidio" else None,
    )


def policy_of(settings: Settings) -> RedactionPolicy:
    """Return the policy of ``settings.privacy``, its key in ``settings.data_dir``; see above."""
    privacy = settings.privacy
    return choose_policy(
        redact=privacy.redact,
        pseudonymise=privacy.pseudonymise,
        names=privacy.names,
        key_file=settings.data_dir / "pseudonym.key",
    )
