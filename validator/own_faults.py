"""Whose fault it is that miners do not answer: theirs, or the validator's own.

A validator whose clock is off, or whose network is gone, gets no answer from anybody. To score
that as silence would pay every miner wrongly. So a window is scored only where at least one miner
proved by a signed answer that the validator's own end works. Where none does, others are asked;
and where they fail alike, the fault is taken to be the validator's own: nothing is scored until
it is over.

A clock is told apart: a miner whose own clock is wrong, or that checks none, could answer while
all the others refuse. There the majority of the miners asked decides. Where our clock was set
since a miner last took a signature of ours, one refusal is enough: the window began before, and
others may have answered it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cgp.errors import CgpError
from validator.replies import Failure, Reply


class FaultKind(StrEnum):
    """The faults of its own that a validator can tell."""

    CLOCK = "clock"
    CLOCK_STEPPED = "clock stepped"
    PERMIT = "permit"
    NETWORK = "network"
    MINERS_BUSY = "miners busy"
    GARBLED = "garbled"


# A clock and a permit are never a conversation's fault.
_MAY_BE_A_CONVERSATIONS = frozenset({FaultKind.NETWORK, FaultKind.MINERS_BUSY, FaultKind.GARBLED})


@dataclass(frozen=True, slots=True)
class OwnFault:
    """A fault that is taken to be the validator's: the symptom, and the operator's remedy."""

    kind: FaultKind
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.reason}; {self.remedy}"

    @property
    def may_be_a_conversations(self) -> bool:
        """True if every miner may fail like that on one conversation, while our own end works."""
        return self.kind in _MAY_BE_A_CONVERSATIONS


class HeldError(
    CgpError,
    code="validator.window_held",
    remedy="none is needed: the window is scored once the fault is gone",
):
    """Windows are held: scoring them would make miners pay for a fault of the validator's own.

    ``windows`` are their indexes in the conversation.
    """

    def __init__(self, fault: OwnFault, windows: frozenset[int]) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.windows = windows


_KINDS = {
    Failure.STALE: FaultKind.CLOCK,
    Failure.CLOCK_STEPPED: FaultKind.CLOCK_STEPPED,
    Failure.NOT_ADMITTED: FaultKind.PERMIT,
    Failure.SILENT: FaultKind.NETWORK,
    Failure.UNREACHABLE: FaultKind.NETWORK,
    Failure.BUSY: FaultKind.MINERS_BUSY,
    Failure.REFUSED: FaultKind.MINERS_BUSY,
    Failure.GARBLED: FaultKind.GARBLED,
}

_WORDS = {
    FaultKind.CLOCK: (
        "{count} of {asked} miners asked refuse our requests as stale",
        "set this machine's clock (timedatectl, chrony): it is off by more than 2 s",
    ),
    FaultKind.CLOCK_STEPPED: (
        "this machine's clock was set while miners were asked, and {count} of {asked} refuse our requests "
        "as stale",
        "see that its clock is right and is not set by steps (timedatectl, chrony)",
    ),
    FaultKind.PERMIT: (
        "all {asked} miners asked say that this hotkey may not call them",
        "check the permit and the stake (cgp doctor); a permit counts once miners have seen it on chain",
    ),
    FaultKind.NETWORK: (
        "none of {asked} miners asked can be reached",
        "check this machine's network and firewall; with few miners, whether any of them runs",
    ),
    FaultKind.MINERS_BUSY: (
        "all {asked} miners asked are busy or refuse",
        "ask less at once (VALIDATOR_REQUESTS_PER_MINUTE, VALIDATOR_WINDOWS_IN_FLIGHT)",
    ),
    FaultKind.GARBLED: (
        "all {asked} miners asked send what no miner signed",
        "check what stands between this machine and the internet (a proxy, a captive portal)",
    ),
}


def own_fault(replies: Sequence[Reply]) -> OwnFault | None:
    """Return the fault that the replies to one window show to be the validator's; None for none.

    Miners that rest were not asked, so they say nothing either way. Without replies there is no
    fault.
    """
    failures = [reply.failure for reply in replies if reply.failure is not Failure.RESTING]
    if steps := failures.count(Failure.CLOCK_STEPPED):
        return _fault(FaultKind.CLOCK_STEPPED, steps, len(failures))
    stale = failures.count(Failure.STALE)
    # More than half: a single miner with a wrong clock must not stop the validator.
    if 2 * stale > len(failures):
        return _fault(FaultKind.CLOCK, stale, len(failures))
    if not replies or None in failures:
        return None
    kinds = Counter(_KINDS[failure] for failure in failures if failure is not None)
    # Without kinds every miner rests, silent too often: a network that is gone looks like that.
    kind = kinds.most_common(1)[0][0] if kinds else FaultKind.NETWORK
    return _fault(kind, kinds[kind], len(failures) or len(replies))


def _fault(kind: FaultKind, count: int, total: int) -> OwnFault:
    reason, remedy = _WORDS[kind]
    return OwnFault(kind, reason.format(count=count, asked=total), remedy)
