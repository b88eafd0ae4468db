"""The vault: originals by placeholder. It stays in the local store and is never logged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from cgp.metadata import Metadata

VAULT_VERSION = 1


@dataclass(frozen=True, repr=False)
class Vault:
    """Placeholders and pseudonyms with the originals that they stand for.

    Its representation hides the originals, so that logging one by mistake leaks nothing.
    """

    originals: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "originals", MappingProxyType(dict(self.originals)))

    def __repr__(self) -> str:
        return f"Vault({len(self.originals)} values, hidden)"

    def __len__(self) -> int:
        return len(self.originals)

    def to_json(self) -> dict[str, object]:
        """Return plain JSON values, for the local store only."""
        return {"version": VAULT_VERSION, "originals": dict(self.originals)}

    @classmethod
    def from_json(cls, value: object) -> Vault:
        """Read the result of ``to_json``.

        Raises:
            ValueError: if it is not a vault of this version; the message holds no value of it.
        """
        if not isinstance(value, Mapping) or value.get("version") != VAULT_VERSION:
            raise ValueError(f"a vault is an object with version {VAULT_VERSION} and originals")
        originals = value.get("originals")
        if not isinstance(originals, Mapping) or not all(
            isinstance(item, str) for pair in originals.items() for item in pair
        ):
            raise ValueError("originals of a vault must be an object of strings")
        return cls(originals)


def restore_text(text: str, vault: Vault) -> str:
    """Return ``text`` with the originals in place of placeholders and pseudonyms, in any letter
    case.

    Restored text is not searched again, so an original that looks like a placeholder stays itself.
    """
    if not vault.originals:
        return text
    by_key = {mark.casefold(): original for mark, original in vault.originals.items()}
    # The longest first: ``[NAME_12]`` must not be read as ``[NAME_1`` and a rest.
    marks = sorted(vault.originals, key=len, reverse=True)
    pattern = re.compile("|".join(map(_with_bounds, marks)), re.IGNORECASE)
    return pattern.sub(lambda match: by_key.get(match.group().casefold(), match.group()), text)


def _with_bounds(mark: str) -> str:
    """Return a pattern for a mark; pseudonyms are whole words, placeholders have their brackets."""
    return re.escape(mark) if mark.startswith("[") else rf"(?<!\w){re.escape(mark)}(?!\w)"


def restore_metadata(metadata: Metadata, vault: Vault) -> Metadata:
    """Return ``metadata`` with the originals in the texts of its tags and the
    values of its claims.
    """
    return Metadata(
        tags=tuple(replace(tag, text=restore_text(tag.text, vault)) for tag in metadata.tags),
        profiles=tuple(
            replace(
                profile,
                claims=tuple(
                    replace(claim, value=restore_text(claim.value, vault))
                    for claim in profile.claims
                ),
            )
            for profile in metadata.profiles
        ),
    )
