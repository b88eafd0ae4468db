"""Hidden gold windows: now and then a window whose good tags are on record goes out among the
others.

A miner gets it as it gets any window: the same request, an id of the same making, participants
numbered as in the window beside it, personal data redacted, sent in its turn, by the same clock.
The use is stored before the first miner is asked. A use that no miner answers, or whose validator
dies, is spent and scores no miner.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from cgp.config import ValidatorSettings
from cgp.conversation import Conversation, Participant
from cgp.gold import GoldWindow
from cgp.privacy import RedactionPolicy, redact
from cgp.scoring import Answer, Identity
from cgp.store import (
    Exposure,
    GoldAsk,
    GoldRecord,
    GoldTask,
    Lease,
    SerialWorker,
    Store,
)
from cgp.windows import WindowPlan
from validator.background import Background, background_of
from validator.fanout import Fanout, WindowUnsendableError
from validator.judging import WindowJudge
from validator.own_faults import own_fault
from validator.replies import Reply, scored_answer
from validator.selection import MinerCandidate, Selection
from validator.standings import Standings
from validator.subnet import Subnet

logger = logging.getLogger(__name__)

_SEED_BITS = 62
# Times that a window is chosen anew when another one was quicker, before none goes out.
_CHOICES = 8
# Characters of a turn that two conversations do not share by chance.
_LONG_TURN = 40


@dataclass(frozen=True)
class GoldTools:
    """The validator's own tools for sending, scoring and storing hidden gold windows.

    ``chance`` decides which window goes out when; miners must not be able to foresee it.
    """

    settings: ValidatorSettings
    plan: WindowPlan
    policy: RedactionPolicy
    asked_tags: int
    store: Store
    database: SerialWorker
    subnet: Subnet
    selection: Selection
    fanout: Fanout
    judge: WindowJudge
    standings: Standings
    chance: random.Random


@dataclass(frozen=True)
class _Round:
    """A gold window on its way to some miners."""

    lease: Lease
    use: int
    task: GoldTask
    background: Background
    miners: tuple[MinerCandidate, ...]


class GoldChoice(NamedTuple):
    """Miner that gets a hidden gold window, and the ask that is remembered of it."""

    miner: MinerCandidate
    ask: GoldAsk


class HiddenGold:
    """Sends gold windows out among the ordinary ones."""

    def __init__(self, tools: GoldTools) -> None:
        self._tools = tools

    def due(self) -> bool:
        """Tell, once for each ordinary window, whether a gold window goes out before it."""
        share = self._tools.settings.gold_share
        # ``share`` is of all windows, ordinary and gold; a draw is made for the ordinary ones only.
        return share > 0 and self._tools.chance.random() < share / (1 - share)

    async def send(self, lease: Lease, beside: Conversation) -> None:
        """Send a gold window to miners that have not seen it, score and store the replies.

        ``beside`` is the ordinary window that follows. Nothing happens where no window is left for
        any miner.

        Raises:
            LeaseLost: if somebody else holds the conversation now.
        """
        gold_round = await self._begin(lease, beside)
        if gold_round is None:
            return
        replies = await self._ask(gold_round)
        has_answer = any(isinstance(reply.answer, Answer) for reply in replies)
        if has_answer and own_fault(replies) is None:
            await self._score(gold_round, replies)
        else:
            # It may be a fault of our own, and tells nothing of any miner.
            logger.debug("No miner answered a hidden gold window: it counts for none")

    async def _begin(self, lease: Lease, beside: Conversation) -> _Round | None:
        """Choose a window and miners, and spend a use of it; None where there is
        nothing to send.
        """
        tools, among = self._tools, self._tools.subnet.candidates
        # Windows that are sent at the same time, here or by another validator on this store, may
        # choose alike. The one that is second chooses again, from what the first one left.
        for _ in range(_CHOICES):
            records = await tools.database(tools.store.gold)
            choice = self._choose(records, among, beside)
            if choice is None:
                return None
            record, miners, asks = choice
            gold = as_sent(record.gold, beside, tools.policy)
            background = await tools.database(self._background, gold)
            version = tools.judge.version
            task = GoldTask(record.number, gold, background.references, version, asks)
            use = await tools.database(tools.store.reserve_gold, lease, task)
            if use is not None:
                tools.selection.remember(miners, among)
                return _Round(lease, use, task, background, miners)
        return None

    def _choose(
        self, records: Sequence[GoldRecord], among: Sequence[MinerCandidate], beside: Conversation
    ) -> tuple[GoldRecord, tuple[MinerCandidate, ...], tuple[GoldAsk, ...]] | None:
        """Return a window and the miners for it.

        Windows that most miners can still get come first, then windows in the language of
        ``beside``.
        """
        tools = self._tools
        clusters, identities = tools.standings.clusters, tools.subnet.identities
        best: tuple[tuple[float, ...], GoldRecord, list[GoldChoice]] | None = None
        for record in records:
            if not usable(record, tools.plan):
                continue
            order = tools.selection.order(among, record.gold.id, record.uses)
            count = tools.settings.miners_per_window
            choice = pick(order, count, record.exposure, clusters, identities)
            alike = record.gold.window.language == beside.language
            # Chance comes last: among equals it keeps miners from foreseeing which window goes out.
            rank = (len(choice), alike, tools.chance.random())
            if choice and (best is None or rank > best[0]):
                best = rank, record, choice
        if best is None:
            return None
        _, record, choice = best
        miners, asks = zip(*choice, strict=True)
        return record, miners, asks

    def _background(self, gold: GoldWindow) -> Background:
        """Return windows of other conversations; none of the one that the gold
        window is part of.
        """
        tools, window = self._tools, gold.window
        seed = tools.chance.getrandbits(_SEED_BITS)
        count = tools.settings.background_windows
        choice = background_of(tools.store, window, tools.plan, count, seed, policy=tools.policy)
        # A gold window may be cut from a stored conversation, which must not be a background to
        # itself.
        own_turns = _long_turns(window)
        pairs = [
            (candidate, reference)
            for candidate, reference in zip(choice.windows, choice.references, strict=True)
            if own_turns.isdisjoint(_long_turns(candidate))
        ]
        return Background(tuple(w for w, _ in pairs), tuple(r for _, r in pairs))

    async def _ask(self, gold_round: _Round) -> tuple[Reply, ...]:
        tools = self._tools
        salt = f"gold/{gold_round.use}/{tools.chance.getrandbits(_SEED_BITS)}"
        window = gold_round.task.sent.window
        try:
            return await tools.fanout.ask(gold_round.miners, window, salt, tools.asked_tags)
        except WindowUnsendableError as error:
            logger.warning("A hidden gold window cannot be sent: %s", error)
            return ()

    async def _score(self, gold_round: _Round, replies: tuple[Reply, ...]) -> None:
        tools = self._tools
        answers = [reply.answer for reply in replies]
        scores = await tools.judge.judge_gold(
            gold_round.task.sent, gold_round.background.windows, answers, tools.asked_tags
        )
        answers_with_scores = [
            scored_answer(reply, score) for reply, score in zip(replies, scores.scores, strict=True)
        ]
        async with tools.standings.lock:
            block = tools.subnet.metagraph.block
            changes = await tools.database(tools.standings.after_gold, replies, scores, block)
            is_stored = await tools.database(
                tools.store.commit_gold,
                gold_round.lease,
                gold_round.use,
                answers_with_scores,
                changes.to_store(tools.judge.version),
            )
            if is_stored:
                tools.standings.accept(changes)


def usable(record: GoldRecord, plan: WindowPlan) -> bool:
    """Tell whether a window has uses left and is no larger than the windows that miners get."""
    return not record.removed and record.uses < record.most_uses and fits(record.gold, plan)


def fits(gold: GoldWindow, plan: WindowPlan) -> bool:
    """Tell whether a gold window is no larger than the windows that miners get."""
    turns = gold.window.turns
    return len(turns) <= plan.turns and sum(len(turn.text) for turn in turns) <= plan.characters


def pick(
    order: Sequence[MinerCandidate],
    count: int,
    exposure: Exposure,
    clusters: Mapping[str, int],
    identities: Mapping[str, Identity],
) -> list[GoldChoice]:
    """Return the first ``count`` miners that have not seen a window, no two of
    which count as one.
    """
    members: dict[int, set[str]] = {}
    for hotkey, cluster in clusters.items():
        members.setdefault(cluster, set()).add(hotkey)
    choice: list[GoldChoice] = []
    for candidate in order:
        hotkey = candidate.hotkey
        identity = identities.get(hotkey, Identity(coldkey=candidate.coldkey))
        # A miner of no cluster has the number -1, which no cluster has.
        mates = members.get(clusters.get(hotkey, -1), set())
        ask = GoldAsk(
            hotkey, candidate.uid, frozenset({hotkey, *mates}), identity.coldkey, identity.address
        )
        if len(choice) < count and not exposure.holds(ask):
            choice.append(GoldChoice(candidate, ask))
            exposure = exposure.with_ask(ask)
    return choice


def as_sent(gold: GoldWindow, beside: Conversation, policy: RedactionPolicy) -> GoldWindow:
    """Return a gold window as it is sent: redacted, its participants numbered as in ``beside``.

    A window's participants keep the numbers that they have in the whole conversation, so an
    excerpt from its middle can be told from its beginning by them. Here the first to speak gets
    the number of the first to speak in ``beside``, and so on; further ones get the lowest numbers
    that are left.
    """
    window = redact(gold.window, policy).conversation
    seats = beside.speakers
    free = (n for n in range(len(seats) + len(window.participants)) if n not in seats)
    speakers = window.speakers
    silent = [n for n in range(len(window.participants)) if n not in speakers]
    numbers: dict[int, int] = {}
    for place, old in enumerate([*speakers, *silent]):
        numbers[old] = seats[place] if place < len(seats) else next(free)
    participants = [Participant("")] * (max(numbers.values()) + 1)
    for old, new in numbers.items():
        participants[new] = window.participants[old]
    return replace(
        gold,
        window=replace(
            window,
            participants=tuple(participants),
            turns=tuple(replace(t, speaker=numbers[t.speaker]) for t in window.turns),
        ),
        profiles=tuple(replace(p, participant=numbers[p.participant]) for p in gold.profiles),
    )


def _long_turns(window: Conversation) -> set[str]:
    return {turn.text for turn in window.turns if len(turn.text) >= _LONG_TURN}
