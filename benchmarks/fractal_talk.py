"""Measure talk: answers to learned questions, to paraphrases of them, and to unrelated questions.

Forty questions of a town are written for this file, each with a light paraphrase that the training
does not see. ``--others`` is a file of lines {"question", "answer"} about other things: its
questions are the unrelated ones, and a second model learns them and is asked the town's questions.

    python benchmarks/fractal_talk.py --others qmsum_val_questions.jsonl
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.fractal.talk.model import ReplyKind, TalkModel
from cgp.fractal.talk.pairs import Pair
from cgp.fractal.talk.training import TalkPlan, TalkResult, train_talk

TOWN = Path(__file__).with_name("talk_pairs.jsonl")


def learn(pairs: list[Pair], seed: int, epochs: int) -> tuple[TalkResult, float]:
    """Return a trained model and the processor seconds that it took."""
    start = time.process_time()
    plan = TalkPlan(epochs=epochs, seed=seed)
    result = train_talk(pairs, default_encoder(), default_embedder(), plan)
    return result, time.process_time() - start


def right_share(model: TalkModel, questions: list[str], answers: list[str]) -> float:
    """Return the share of questions that get their own answer, word by word."""
    random = np.random.default_rng(0)
    return float(
        np.mean([model.reply(q, random).text == a for q, a in zip(questions, answers, strict=True)])
    )


def kinds(model: TalkModel, questions: list[str]) -> dict[str, float]:
    """Return the share of each kind of reply, and of replies without a word."""
    random = np.random.default_rng(0)
    replies = [model.reply(question, random) for question in questions]
    shares = {str(k): float(np.mean([r.kind is k for r in replies])) for k in ReplyKind}
    return shares | {"empty": float(np.mean([not r.text.strip() for r in replies]))}


def gap(model: TalkModel, pairs: list[Pair]) -> float:
    """Return the mean probability of the right answer less that of the likeliest wrong one."""
    chances = model.chances([pair.question for pair in pairs]).answers
    gaps = []
    for row, number in zip(chances, model.entries.answer_numbers.tolist(), strict=True):
        wrong = max((share for n, share in row.items() if n != number), default=0.0)
        gaps.append(row.get(number, 0.0) - wrong)
    return float(np.mean(gaps))


def figures(
    name: str, result: TalkResult, seconds: float, pairs: list[Pair], unrelated: list[str]
) -> dict[str, object]:
    """Return the figures of a model on its own questions and on unrelated ones."""
    model, last = result.model, result.figures[-1]
    return {
        "model": name,
        "pairs": len(pairs),
        "processor_seconds": round(seconds, 1),
        "threshold": model.threshold,
        "leaves": len(model.head.leaves),
        "held_back": {"right": last.right, "abstained": last.abstention, "gap": last.gap},
        "exact": right_share(model, [p.question for p in pairs], [p.answer for p in pairs]),
        "gap": gap(model, pairs),
        "unrelated": kinds(model, unrelated) if unrelated else None,
    }


def main() -> None:
    """Print the figures as JSON, a line for each model and seed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--others", type=Path, help="questions and answers about other things")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in TOWN.read_text(encoding="utf-8").splitlines()]
    town = [Pair(row["question"], row["answer"]) for row in rows]
    others: list[Pair] = []
    if arguments.others:
        lines = arguments.others.read_text(encoding="utf-8").splitlines()
        # A meeting is asked the same question as another one: its answer then depends on the meeting.
        by_question = {row["question"]: row["answer"] for row in map(json.loads, lines)}
        others = [Pair(" ".join(q.split()), " ".join(a.split())) for q, a in by_question.items()]
    for seed in range(arguments.seeds):
        result, seconds = learn(town, seed, arguments.epochs)
        report = figures("town", result, seconds, town, [pair.question for pair in others])
        paraphrases = [row["paraphrase"] for row in rows]
        report["paraphrases"] = right_share(result.model, paraphrases, [p.answer for p in town])
        print(json.dumps({"seed": seed, **report}), flush=True)
        if others and seed == 0:
            result, seconds = learn(others, seed, arguments.epochs)
            questions = [pair.question for pair in town]
            print(json.dumps(figures("others", result, seconds, others, questions)), flush=True)


if __name__ == "__main__":
    main()
