"""Limits of the wire, with the reason for each. All neurons of a subnet share them."""

from __future__ import annotations

from typing import Final

TASK_PATH: Final = "/task"
"""Where a miner takes tasks. The signature covers it."""

PROTOCOL_VERSION: Final = 1
"""Raised when a reader of the old form could misread the new one. New optional fields do not."""

MAX_REQUEST_BYTES: Final = 1024 * 1024
"""One turn may hold 200,000 characters and gets a window of its own: 800 KB in four-byte UTF-8."""

MAX_ANSWER_BYTES: Final = 512 * 1024
"""256 tags with a vector of 256 components each (1.4 KB in base64) take 350 KB,
profiles the rest.
"""

MAX_TAGS: Final = 256
"""Scoring counts only the first tags; beyond this an answer is an attack, not a long answer."""

MAX_TAGS_ASKED: Final = 64
"""The most that a task may ask for, the same bound as in the settings."""

MAX_TAG_CHARACTERS: Final = 256
"""A tag is a short phrase; this is room for one in any script, not for a copy of the window."""

MAX_PROFILES: Final = 256
"""One for each speaker; a window has at most a few dozen turns."""

MAX_CLAIMS: Final = 32
"""Claims in one profile: one window says no more about a person."""

MAX_CLAIM_CHARACTERS: Final = 500
"""Length of a claim's attribute, and of its value: a sentence, not a transcript."""

MAX_CITED_TURNS: Final = 64
"""Turns that one claim cites: more cites nothing in particular."""

MAX_WINDOW_TURNS: Final = 4096
"""Turns in a window. Windows have some 40; this bounds the work of a miner on 1 MiB."""

MAX_NAME_CHARACTERS: Final = 200
"""Length of a participant's name as sent; a longer one is cut."""

MAX_DEADLINE_SECONDS: Final = 600.0
"""The longest a task may keep a place in a miner's queue."""
