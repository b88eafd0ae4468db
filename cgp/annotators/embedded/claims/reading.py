"""A claim as it is read from one sentence, before it is weighed against others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from cgp.profiles import ClaimKind


class Pattern(Enum):
    """A form of words that makes a claim."""

    ROLE = auto()  # "I'm a nurse", "as the designer, I ..."
    WORK = auto()  # "I work at ..."
    DECIDED = auto()  # "we decided to ..."
    PROPOSED = auto()  # "let's use ..."
    BOOKED = auto()  # "please book ..."
    REQUEST = auto()  # "please find ..."
    CHOSEN = auto()  # "I'll take the ..."
    WILL = auto()  # "I'll send ..."
    LET_ME = auto()  # "let me check ..."
    OF_IT = auto()  # "I'll send it tonight"
    CAN = auto()  # "I can finish ... by Friday"
    PLAN = auto()  # "I'm meeting ... on Friday"
    GROUP_WILL = auto()  # "we will ..."
    PREFERENCE = auto()  # "I prefer ..."
    OPINION = auto()  # "I think that ..."
    FEELING = auto()  # "I'm worried about ..."
    NORM = auto()  # "the report should ..."
    ASSESSMENT = auto()  # "... is important"
    WISH = auto()  # "I need ...", "I'd like to ..."
    POSSESSION = auto()  # "I have two dogs", "my daughter ..."
    PAST = auto()  # "I bought ..."
    PRESENT = auto()  # "I'm looking for ...", "I live in ..."
    GROUP_FACT = auto()  # "we opened ..."
    STATEMENT = auto()  # a plain sentence with names or numbers
    WONDERED = auto()  # "I wonder whether ..."
    QUESTION = auto()  # a question as it was asked
    QUOTED_DECISION = auto()  # from here: whole sentences of other languages than English
    QUOTED_PROMISE = auto()
    QUOTED_STANCE = auto()
    QUOTED_NORM = auto()
    QUOTED_WISH = auto()
    QUOTED_FACT = auto()
    QUOTED_QUESTION = auto()

    @property
    def kind(self) -> ClaimKind:
        """The kind of claim that the pattern makes."""
        return _KINDS[self]

    @property
    def confidence(self) -> float:
        """The share of the pattern's claims that a reader found true and telling."""
        return CONFIDENCE[self]


_KINDS = {
    Pattern.ROLE: ClaimKind.ROLE,
    Pattern.WORK: ClaimKind.ROLE,
    Pattern.DECIDED: ClaimKind.DECISION,
    Pattern.PROPOSED: ClaimKind.DECISION,
    Pattern.CHOSEN: ClaimKind.DECISION,
    Pattern.BOOKED: ClaimKind.DECISION,
    Pattern.REQUEST: ClaimKind.QUESTION,
    Pattern.WILL: ClaimKind.COMMITMENT,
    Pattern.LET_ME: ClaimKind.COMMITMENT,
    Pattern.OF_IT: ClaimKind.COMMITMENT,
    Pattern.CAN: ClaimKind.COMMITMENT,
    Pattern.PLAN: ClaimKind.COMMITMENT,
    Pattern.GROUP_WILL: ClaimKind.COMMITMENT,
    Pattern.PREFERENCE: ClaimKind.STANCE,
    Pattern.OPINION: ClaimKind.STANCE,
    Pattern.FEELING: ClaimKind.STANCE,
    Pattern.NORM: ClaimKind.STANCE,
    Pattern.ASSESSMENT: ClaimKind.STANCE,
    Pattern.WISH: ClaimKind.FACT,
    Pattern.POSSESSION: ClaimKind.FACT,
    Pattern.PAST: ClaimKind.FACT,
    Pattern.PRESENT: ClaimKind.FACT,
    Pattern.GROUP_FACT: ClaimKind.FACT,
    Pattern.STATEMENT: ClaimKind.FACT,
    Pattern.WONDERED: ClaimKind.QUESTION,
    Pattern.QUESTION: ClaimKind.QUESTION,
    Pattern.QUOTED_DECISION: ClaimKind.DECISION,
    Pattern.QUOTED_PROMISE: ClaimKind.COMMITMENT,
    Pattern.QUOTED_STANCE: ClaimKind.STANCE,
    Pattern.QUOTED_NORM: ClaimKind.STANCE,
    Pattern.QUOTED_WISH: ClaimKind.FACT,
    Pattern.QUOTED_FACT: ClaimKind.FACT,
    Pattern.QUOTED_QUESTION: ClaimKind.QUESTION,
}
QUOTED = frozenset(pattern for pattern in Pattern if pattern.name.startswith("QUOTED_"))
REQUESTS = frozenset({Pattern.BOOKED, Pattern.REQUEST})
# Number of a pattern's claims on training windows that a reader found true and telling, and of
# all read.
_TRUE_OF_READ = {
    Pattern.ROLE: (1, 1),
    Pattern.WORK: (4, 4),
    Pattern.PROPOSED: (3, 3),
    Pattern.BOOKED: (1, 3),
    Pattern.REQUEST: (5, 5),
    Pattern.CHOSEN: (2, 3),
    Pattern.WILL: (39, 45),
    Pattern.LET_ME: (3, 3),
    Pattern.OF_IT: (6, 9),
    Pattern.CAN: (3, 3),
    Pattern.PLAN: (4, 4),
    Pattern.GROUP_WILL: (7, 8),
    Pattern.PREFERENCE: (8, 9),
    Pattern.OPINION: (13, 16),
    Pattern.FEELING: (2, 3),
    Pattern.NORM: (8, 10),
    Pattern.ASSESSMENT: (11, 13),
    Pattern.WISH: (14, 16),
    Pattern.POSSESSION: (15, 16),
    Pattern.PAST: (8, 8),
    Pattern.PRESENT: (15, 16),
    Pattern.GROUP_FACT: (14, 16),
    Pattern.STATEMENT: (14, 16),
    Pattern.WONDERED: (2, 3),
    Pattern.QUESTION: (38, 45),
    Pattern.QUOTED_DECISION: (5, 5),
    Pattern.QUOTED_PROMISE: (20, 22),
    Pattern.QUOTED_STANCE: (24, 28),
    Pattern.QUOTED_NORM: (13, 17),
    Pattern.QUOTED_WISH: (20, 26),
    Pattern.QUOTED_FACT: (71, 84),
    Pattern.QUOTED_QUESTION: (19, 22),
}
_PRIOR = 4  # claims for which the mean of all patterns counts, where few of one were read
_MEAN = sum(true for true, _ in _TRUE_OF_READ.values()) / sum(
    read for _, read in _TRUE_OF_READ.values()
)
CONFIDENCE = {
    pattern: round((true + _PRIOR * _MEAN) / (read + _PRIOR), 2)
    for pattern, (true, read) in (
        (read_as, _TRUE_OF_READ.get(read_as, (0, 0))) for read_as in Pattern
    )
}
"""The share of true and telling claims of each pattern, shrunk towards the mean of all."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim of one pattern in words (``value``), and the turns that it is said in."""

    pattern: Pattern
    value: str
    turns: tuple[int, ...] = ()
