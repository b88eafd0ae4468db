"""``cgp score``: score answers offline with the validator's own code, and say why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cgp.annotators import AnnotationError
from cgp.cli.console import fail, input_errors, output, write_json
from cgp.cli.score_file import NamedAnswer, ScoreFile, read_score_file
from cgp.config import Settings
from cgp.counts import turn_range
from cgp.embedders import default_embedder
from cgp.metadata import LEAST_SUPPORT, Metadata
from cgp.privacy import Gate, policy_of
from cgp.python_api import ground_truth_of, scoring_task
from cgp.scoring import (
    Score,
    Standing,
    default_rule,
    observe,
    reference_of,
    rewards,
    update,
)
from cgp.scoring.settings import DEFAULTS

# One window says little about a miner, so for the table of rewards each score counts as often as it
# takes for a standing to be trusted.
_REPEATS = 100
_FLOOR = DEFAULTS.rewards.floor
_JUNK_NOTE = "tags 0: the junk beside the credit costs as much or more (docs/incentive.md)"


def score(
    file: Annotated[
        Path, typer.Argument(help="A JSON file with conversation, window and answers.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score answers to a window and show the reason of each tag's credit.

    FILE holds {"conversation", "window": {"start", "stop"} or "turns", "answers": [{"miner",
    "tags", "profiles"?, "embeddings"?}], "ground_truth"?, "background"?}; turns count from 0 in it,
    and from 1 in what is printed without --json. A ground truth that is
    not given is made from the whole conversation, as a validator does; a background that is not
    given is windows of the bundled sample conversations.
    """
    with input_errors():
        question = read_score_file(file, default_embedder().dimension)
    try:
        ground_truth = question.ground_truth or ground_truth_of(question.conversation).shift(
            -question.start
        )
    except AnnotationError as error:
        fail(str(error), status=1)
    task = scoring_task(question.conversation, question.window, ground_truth, question.background)
    answers = [answer.answer for answer in question.answers]
    scores = default_rule(default_embedder()).score(task, answers)
    standings = _standings(question.answers, scores)
    shares = rewards(standings)
    # Answers are other people's texts, and may hold what the conversation's redaction takes out.
    gate = Gate.of(question.conversation, policy_of(Settings()))
    if as_json:
        write_json(gate.document(_document(question.answers, scores, ground_truth, shares)))
    else:
        _print(question, scores, ground_truth, standings, gate)


def _standings(answers: Sequence[NamedAnswer], scores: Sequence[Score]) -> dict[str, Standing]:
    """Return each miner's standing if all its answers scored like this one, to windows of the
    usual worth.
    """
    worth = reference_of(None)
    standings: dict[str, Standing] = {}
    for answer, score_of_answer in zip(answers, scores, strict=True):
        standing: Standing | None = None
        for block in range(_REPEATS):
            standing = update(standing, observe(answer.miner, 0, score_of_answer, worth, block))
        if standing is not None:
            standings[answer.miner] = standing
    return standings


def _document(
    answers: Sequence[NamedAnswer],
    scores: Sequence[Score],
    ground_truth: Metadata,
    shares: dict[str, float],
) -> dict[str, Any]:
    return {
        "answers": [
            {
                "miner": answer.miner,
                "score": score_of_answer.value,
                "valid": score_of_answer.valid,
                "reason": score_of_answer.reason,
                "components": dict(score_of_answer.components),
                "tags": [
                    {
                        "text": verdict.text,
                        "credit": verdict.credit,
                        "verdict": verdict.verdict,
                        "reason": verdict.reason,
                    }
                    for verdict in score_of_answer.tags
                ],
            }
            for answer, score_of_answer in zip(answers, scores, strict=True)
        ],
        "ground_truth": ground_truth.to_json(),
        "rewards": shares,
    }


def _print(
    question: ScoreFile,
    scores: Sequence[Score],
    ground_truth: Metadata,
    standings: Mapping[str, Standing],
    gate: Gate,
) -> None:
    turns = turn_range(question.start, question.start + len(question.window.turns))
    likely = [tag.text for tag in ground_truth.tags if tag.support >= LEAST_SUPPORT]
    further = len(ground_truth.tags) - len(likely)
    truth = ", ".join(likely) + (f", and {further} less likely tags" if further else "")
    output.print(f"[bold]Window[/] {escape(gate.conversation.id)}, {turns}")
    output.print(f"[bold]Ground truth[/] of the whole conversation: {escape(gate(truth))}\n")
    shares = rewards(standings)
    for answer, score_of_answer in zip(question.answers, scores, strict=True):
        _print_answer(answer, score_of_answer, shares[answer.miner], gate)
    unpaid = [miner for miner, standing in standings.items() if standing.value <= _FLOOR]
    if unpaid:
        names = ", ".join(gate(miner) for miner in unpaid)
        output.print(
            f"Without a reward: {escape(names)}. With such scores a miner stands at {_FLOOR:.0%} of"
            " the embedded annotator or less, and nothing is paid there (docs/incentive.md).",
            highlight=False,
        )


def _print_answer(answer: NamedAnswer, score_of_answer: Score, share: float, gate: Gate) -> None:
    gate.learn(text for tag in score_of_answer.tags for text in (tag.text, tag.reason))
    verdict = (
        f"score {score_of_answer.value:.3f}"
        if score_of_answer.valid
        else f"void: {gate(score_of_answer.reason)}"
    )
    output.print(
        f"[bold]{escape(gate(answer.miner))}[/]  {escape(verdict)}  reward share {share:.3f}"
    )
    parts = "  ".join(f"{name} {value:.3f}" for name, value in score_of_answer.components.items())
    if parts:
        output.print(f"  {parts}", highlight=False)
    if score_of_answer.tags:
        table = Table("tag", "credit", "verdict", "why", box=None, padding=(0, 2, 0, 2))
        for tag in score_of_answer.tags:
            table.add_row(
                escape(gate(tag.text)), f"{tag.credit:.2f}", tag.verdict, escape(gate(tag.reason))
            )
        output.print(table)
    has_credit = any(tag.credit > 0 for tag in score_of_answer.tags)
    if has_credit and score_of_answer.components.get("precision") == 0.0:
        output.print(f"  {_JUNK_NOTE}", highlight=False)
    output.print()
