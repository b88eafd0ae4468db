"""Scoring: answers to scores, scores to standings, standings to rewards. Pure, no I/O.

The path of an answer: ``default_rule(embedder).score(task, answers)`` gives scores, ``observe`` and
``update`` fold them into standings, ``rewards`` turns standings into shares and ``weights`` shares
into the chain's weight vector. ``peers`` compares the answers of several miners on the way.
"""

from cgp.scoring.further_rewards import RewardSource, reward_source, with_further
from cgp.scoring.ground_truth import Seal, combine_passes, seal
from cgp.scoring.peers import AnswerRecord, Identity, clone_clusters, peer_terms, record_of
from cgp.scoring.rewards import bell, rewards, weights
from cgp.scoring.score import GenomeRule, default_rule
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.standings import (
    Observation,
    Standing,
    observe,
    reference_of,
    standing_value,
    still_registered,
    update,
)
from cgp.scoring.task import Answer, NoAnswer, Score, ScoringRule, ScoringTask, TagVerdict, Verdict

__all__ = [
    "Answer",
    "AnswerRecord",
    "GenomeRule",
    "Identity",
    "NoAnswer",
    "Observation",
    "RewardSource",
    "Score",
    "ScoringRule",
    "ScoringSettings",
    "ScoringTask",
    "Seal",
    "Standing",
    "TagVerdict",
    "Verdict",
    "bell",
    "clone_clusters",
    "combine_passes",
    "default_rule",
    "observe",
    "peer_terms",
    "record_of",
    "reference_of",
    "reward_source",
    "rewards",
    "seal",
    "standing_value",
    "still_registered",
    "update",
    "weights",
    "with_further",
]
