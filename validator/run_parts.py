"""The parts of one run of a validator, put together."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.privacy import RedactionPolicy
from cgp.scoring import ScoringRule
from cgp.store import SerialWorker, Store
from cgp.windows import WindowPlan
from validator.condition import Condition
from validator.fanout import Fanout
from validator.finishing import Finishing
from validator.forward import Forward
from validator.gold import GoldTools, HiddenGold
from validator.ground_truth import GroundTruthMaker
from validator.judging import WindowJudge
from validator.lease_keeping import LeaseKeeping
from validator.preparing import Preparing
from validator.probe import Probe
from validator.sealing import Sealing
from validator.selection import Selection
from validator.source import ConversationSource
from validator.standings import Standings
from validator.story import Story
from validator.subnet import Subnet
from validator.window_asking import WindowAsking
from validator.window_scoring import WindowScoring


@dataclass(frozen=True)
class RunParts:
    """The way of a conversation, and the memory of a run: standings and past choices."""

    forward: Forward
    source: ConversationSource
    database: SerialWorker
    standings: Standings
    selection: Selection
    probe: Probe


def make_run_parts(
    settings: Settings,
    rule: ScoringRule,
    embedder: Embedder,
    *,
    policy: RedactionPolicy,
    store: Store,
    database: SerialWorker,
    source: ConversationSource,
    subnet: Subnet,
    fanout: Fanout,
    judge: WindowJudge,
    truths: GroundTruthMaker,
    condition: Condition,
    story: Story,
    probes: Sequence[Conversation],
) -> RunParts:
    """Return the parts of a run with an empty memory.

    ``database`` runs the store's calls. ``condition`` holds the faults and the end of the run.
    ``probes`` are windows that anybody can answer.
    """
    choices, asked_tags = settings.validator, rule.settings.tags.counted
    selection = Selection({}, choices.seed)
    standings = Standings((), (), embedder, rule.settings)
    gold = GoldTools(
        settings=choices,
        plan=WindowPlan.of(settings.window),
        policy=policy,
        asked_tags=asked_tags,
        store=store,
        database=database,
        subnet=subnet,
        selection=selection,
        fanout=fanout,
        judge=judge,
        standings=standings,
        # Not the seed: a validator's settings may be known, and gold windows must not be foreseen.
        chance=random.SystemRandom(),
    )
    sealing = Sealing(
        store=store,
        database=database,
        source=source,
        truths=truths,
        model=condition.model,
        embedder=embedder,
        policy=policy,
        background_windows=choices.background_windows,
        stopping=condition.stopping,
    )
    asking = WindowAsking(
        subnet=subnet,
        selection=selection,
        fanout=fanout,
        holding=condition.holding,
        story=story,
        miners_per_window=choices.miners_per_window,
        asked_tags=asked_tags,
    )
    forward = Forward(
        keeping=LeaseKeeping(source, choices.lease_seconds),
        preparing=Preparing(store, policy, embedder, settings.min_quality),
        sealing=sealing,
        asking=asking,
        scoring=WindowScoring(judge, standings, source, database, subnet, asked_tags),
        finishing=Finishing(store, database, source, standings, embedder, story),
        gold=HiddenGold(gold),
        holding=condition.holding,
        story=story,
        stopping=condition.stopping,
        windows_in_flight=choices.windows_in_flight,
    )
    probe = Probe(
        subnet,
        fanout,
        probes,
        count=choices.miners_per_window,
        asked_tags=asked_tags,
    )
    return RunParts(forward, source, database, standings, selection, probe)
