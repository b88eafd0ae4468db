"""The results of a run: for a person's table and for a program's JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cgp.annotators.report import AnnotatorReport
from cgp.chain.metagraph import Metagraph
from cgp.conversation import Conversation
from cgp.localnet.miners import Miner
from cgp.localnet.reasons import answer_records, reason_of
from cgp.metadata import Metadata
from cgp.miner_names import MinerNames
from cgp.privacy import Gate, RedactionPolicy, loggable
from cgp.profiles import Claim, ClaimKind, is_share
from cgp.sources.importing import ImportReport
from cgp.store import DONE, ConversationStatus, Store

TAGS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class MinerSummary:
    """One miner: its mean score, its share of the reward, and its weight read back from the chain.

    ``why`` says in words what became of its tags. A miner of an earlier run does not run now
    (``runs`` is False). ``annotator`` is the name of its annotator, ``report`` its own report; None
    where the miner did not tell.
    """

    name: str
    uid: int
    hotkey: str
    runs: bool
    annotator: str
    answers: int
    score: float
    reward: float
    weight: float
    report: AnnotatorReport | None
    why: str


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """One conversation: its best tags, and its most telling participant profile in words.

    ``earlier`` tells that a run before this one finished it, and that this one was not given it.
    """

    id: str
    source: str
    state: str
    reason: str
    tags: tuple[str, ...]
    profile: str
    title: str = ""
    earlier: bool = False


@dataclass(frozen=True)
class Summary:
    """The outcome of a run of the local network.

    ``imported`` is the fate of the records that the run was given. ``done_before`` of the
    conversations were finished before the run. ``truth`` are the reports of the validator's
    annotators in this run, ``truth_annotators`` the names of those that made the store's ground
    truths.
    """

    imported: ImportReport
    conversations: Sequence[ConversationSummary]
    conversations_done: int
    done_before: int
    windows: int
    answers: int
    weights_set: bool
    block: int
    seconds: float
    miners: Sequence[MinerSummary]
    truth: Sequence[AnnotatorReport]
    truth_annotators: Sequence[str]
    store: Path

    @property
    def own(self) -> list[ConversationSummary]:
        """The conversations that this run was given or worked on; all where there are none."""
        own = [summary for summary in self.conversations if not summary.earlier]
        return own or list(self.conversations)

    @property
    def complete(self) -> bool:
        """True if every conversation was processed and weights were read back from the chain."""
        return self.weights_set and self.conversations_done == len(self.conversations) > 0

    def to_json(self) -> dict[str, Any]:
        """Return the summary for programs; ``conversations`` is the number processed."""
        return {
            "imported": self.imported.to_json(),
            "conversations": self.conversations_done,
            "done_before": self.done_before,
            "windows": self.windows,
            "answers": self.answers,
            "weights_set": self.weights_set,
            "complete": self.complete,
            "block": self.block,
            "seconds": round(self.seconds, 3),
            "miners": [asdict(miner) for miner in self.miners],
            "truth": [report.to_json() for report in self.truth],
            "truth_annotators": list(self.truth_annotators),
            "store": str(self.store),
            "tags": {c.id: list(c.tags) for c in self.conversations},
            "failed": {c.id: c.reason for c in self.conversations if c.state != DONE},
        }


def miner_summaries(
    store: Store,
    metagraph: Metagraph,
    validator: str,
    weights: Mapping[int, float],
    miners: Mapping[str, tuple[Miner, Sequence[AnnotatorReport]]],
    *,
    names: MinerNames,
) -> list[MinerSummary]:
    """Return every miner on the metagraph, by uid.

    ``weights`` are read from the chain, ``miners`` are the miners of this run with the reports of
    their annotators, by hotkey; ``names`` has the miners of earlier runs as well.
    """
    scores = {s.hotkey: (s.answers, s.mean_score) for s in store.score_summaries()}
    answer_record = answer_records(store)
    best = max((miner.coverage for miner in answer_record.values()), default=0.0)
    record = store.last_weights(validator)
    rewards = record.rewards if record is not None else {}
    summaries = []
    for neuron in metagraph.neurons:
        if neuron.axon is None:
            continue
        miner, reports = miners.get(neuron.hotkey, (None, ()))
        report = reports[0] if reports else None
        answers, score = scores.get(neuron.hotkey, (0, 0.0))
        summaries.append(
            MinerSummary(
                name=miner.name if miner else names.of(neuron.hotkey),
                uid=neuron.uid,
                hotkey=neuron.hotkey,
                runs=miner is not None,
                annotator=_annotator_in_words(miner, report),
                answers=answers,
                score=score,
                reward=rewards.get(neuron.hotkey, 0.0),
                weight=weights.get(neuron.uid, 0.0),
                report=report,
                why=reason_of(answer_record[neuron.hotkey], best)
                if neuron.hotkey in answer_record
                else "",
            )
        )
    return summaries


def _annotator_in_words(miner: Miner | None, report: AnnotatorReport | None) -> str:
    """Return the spec, or else the annotator's own name and the miner's difference from others."""
    if miner is not None and miner.annotator is not None:
        return miner.annotator
    name = report.annotator if report else ""
    return ", ".join(filter(None, (name, miner.description if miner else "")))


def finished_ids(store: Store) -> frozenset[str]:
    """Return the ids of the store's finished conversations."""
    return frozenset(s.id for s in store.conversation_statuses() if s.state == DONE)


def conversation_summaries(
    store: Store, policy: RedactionPolicy, *, earlier: Collection[str] = ()
) -> list[ConversationSummary]:
    """Return every conversation of the store, redacted, in order of arrival.

    ``earlier`` are the ids of those that are not of this run.
    """
    return [
        replace(_summary_of(store, status, policy), earlier=status.id in earlier)
        for status in store.conversation_statuses()
    ]


def _summary_of(
    store: Store, status: ConversationStatus, policy: RedactionPolicy
) -> ConversationSummary:
    conversation, metadata = store.conversation(status.id), store.metadata_of(status.id)
    tags: tuple[str, ...] = ()
    title = profile = ""
    if conversation is not None and metadata is not None:
        gate = Gate(conversation, store.redaction_of(conversation, policy), policy)
        title = gate.conversation.title or ""
        metadata = gate.metadata(metadata)
        tags = tuple(tag.text for tag in metadata.tags[:TAGS_SHOWN])
        profile = _best_profile(gate.conversation, metadata)
    return ConversationSummary(
        id=status.id,
        source=status.source,
        state=status.state,
        reason=loggable(status.reason, policy),
        tags=tags,
        profile=profile,
        title=title,
    )


def _best_profile(conversation: Conversation, metadata: Metadata) -> str:
    """Return the profile whose statements rest on most turns, as ``name: attribute: value; ...``.

    Questions follow the statements and do not choose the person: a host asks most, and is seldom
    whom the talk tells of. Shares of the talk are left out, and people of whom nothing else is
    known; empty without any.
    """
    telling = [
        (profile.participant, [claim for claim in profile.claims if not is_share(claim)])
        for profile in metadata.profiles
    ]
    participant, claims = max(telling, key=lambda known: _weight(known[1]), default=(0, []))
    if not claims:
        return ""
    name = conversation.participants[participant].name
    surest = sorted(
        claims,
        key=lambda claim: (claim.attribute == ClaimKind.QUESTION, -(claim.confidence or 0.0)),
    )[:3]
    return f"{name} - " + "; ".join(f"{claim.attribute}: {claim.value}" for claim in surest)


def _weight(claims: Sequence[Claim]) -> tuple[int, int]:
    """Return the number of turns that claims rest on: of statements, then of questions."""
    turns = {True: 0, False: 0}
    for claim in claims:
        turns[claim.attribute == ClaimKind.QUESTION] += len(claim.turns)
    return turns[False], turns[True]
