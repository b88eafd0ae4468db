"""Pseudonyms of participants.

A pseudonym is made from the name by a keyed hash, separately for each conversation: the same person
has the same pseudonym throughout a conversation, no guess of a name can be tested without the key,
and two conversations cannot be linked by it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from cgp.conversation import Conversation, Participant

KEY_BYTES = 32
MIN_KEY_BYTES = 16

# No vowels, so that no pseudonym spells a word by chance.
_CONSONANTS = "BCDFGHJKLMNPQRSTVWXZ"
_LETTERS = 4


def pseudonyms(conversation: Conversation, key: bytes) -> tuple[str, ...]:
    """Return a pseudonym for each participant (``Participant KTRB``), all different.

    Raises:
        ValueError: if the key is shorter than 16 bytes.
    """
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"a pseudonym key has at least {MIN_KEY_BYTES} bytes, not {len(key)}")
    return tuple(_in_order(conversation, key))


def _in_order(conversation: Conversation, key: bytes) -> Iterator[str]:
    names_in_use: set[str] = set()
    for participant in conversation.participants:
        attempt = 0
        while (name := _pseudonym(key, conversation.id, participant, attempt)) in names_in_use:
            attempt += 1
        names_in_use.add(name)
        yield name


def _pseudonym(key: bytes, conversation_id: str, participant: Participant, attempt: int) -> str:
    identity = (conversation_id, participant.name, participant.id or "", str(attempt))
    message = b"".join(
        # Lengths before parts, so that no two identities give the same message.
        len(part).to_bytes(8, "big") + part
        for part in (text.encode("utf-8", "replace") for text in identity)
    )
    # Keyed: without the key nobody can try out which name a pseudonym stands for.
    number = int.from_bytes(hmac.new(key, message, hashlib.sha256).digest()[:8], "big")
    letters = ""
    for _ in range(_LETTERS):
        number, letter = divmod(number, len(_CONSONANTS))
        letters += _CONSONANTS[letter]
    return f"Participant {letters}"
