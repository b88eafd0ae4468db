"""Measure the latent model of a corpus: its bound beside principal components, and its novelty.

``--corpus`` and ``--foreign`` are conversations in any format (``dialogsum`` lines too); a foreign
file of Markdown counts by its paragraphs. A third of the corpus is held out: its windows are usual,
the foreign ones are new (area under the curve, for each kind of file, of windows and of whole
conversations), and a held-out window with a
tenth of its words left out is its near duplicate (found by the nearest latent mean).

    python benchmarks/fractal_latent.py --corpus dialogsum_dev.jsonl --foreign qmsum_val.jsonl docs/*.md
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from cgp.arrays import Floats
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.fractal.latent_training import LatentPlan, train_latent
from cgp.fractal.novelty import LatentNovelty, learn_corpus, window_rows
from cgp.sources.paths import read_paths


def conversations(path: Path, most: int) -> list[Conversation]:
    """Return conversations of a file."""
    first = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    if "dialogue" in first:
        lines = path.read_text(encoding="utf-8").splitlines()[:most]
        return [dialogue(json.loads(line)) for line in lines]
    records = (record for _, record in read_paths([path], None))
    return [r.conversation for r in records if r.conversation is not None][:most]


def foreign_rows(path: Path, most: int) -> Floats:
    """Return the vectors of a foreign file's windows, or of the paragraphs of a document."""
    if path.suffix != ".md":
        return window_rows(conversations(path, most), default_embedder())
    parts = path.read_text(encoding="utf-8").split("\n\n")
    texts = [" ".join(part.split()) for part in parts if 200 < len(part) < 900]
    return default_embedder().embed(texts).astype(np.float64)


def dialogue(document: dict[str, str]) -> Conversation:
    """Return a dialogue of DialogSum."""
    lines = [line.split(":", 1) for line in document["dialogue"].splitlines() if ":" in line]
    names = list(dict.fromkeys(name.strip() for name, _ in lines))
    turns = tuple(Turn(names.index(name.strip()), text.strip()) for name, text in lines)
    return Conversation(document["fname"], "dialogsum", tuple(map(Participant, names)), turns)


def area(usual: Floats, new: Floats) -> float:
    """Return the probability that a new window is more novel than a usual one."""
    order = np.searchsorted(np.sort(usual), new, side="left")
    ties = np.searchsorted(np.sort(usual), new, side="right")
    return float(((order + ties) / 2).mean() / len(usual))


def nearly(conversation: Conversation, random: np.random.Generator) -> Conversation:
    """Return a conversation of which a tenth of the words is left out."""

    def change(text: str) -> str:
        words = text.split()
        stays = random.random(len(words)) > 0.1
        return " ".join(w for w, s in zip(words, stays.tolist(), strict=True) if s) or text

    turns = tuple(Turn(turn.speaker, change(turn.text)) for turn in conversation.turns)
    return Conversation(conversation.id, conversation.source, conversation.participants, turns)


def of_conversations(novelty: LatentNovelty, talks: list[Conversation]) -> Floats:
    """Return the novelty of whole conversations, as ``cgp quality`` takes it."""
    values = [novelty.novelty(talk) for talk in talks]
    return np.array([value for value in values if value is not None])


def duplicates_found(novelty: LatentNovelty, usual: list[Conversation]) -> float:
    """Return the share of changed windows whose nearest latent mean is the original's."""
    random = np.random.default_rng(0)
    found = total = 0
    rows, changes = [], []
    for conversation in usual:
        one = window_rows([conversation], novelty.embedder)
        other = window_rows([nearly(conversation, random)], novelty.embedder)
        # Words that are left out may make a window too short to count.
        if len(one) == len(other):
            rows.append(one)
            changes.append(other)
    originals = unit(novelty.model.means(np.concatenate(rows)))
    copies = unit(novelty.model.means(np.concatenate(changes)))
    found = int((np.argmax(copies @ originals.T, axis=1) == np.arange(len(copies))).sum())
    total = len(copies)
    return found / total


def unit(rows: Floats) -> Floats:
    """Return rows of unit length."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def main() -> None:
    """Print the figures as JSON, a line for each seed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--foreign", type=Path, nargs="+", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--most", type=int, default=1000, help="most conversations of a file")
    parser.add_argument("--steps", type=int, default=1500)
    arguments = parser.parse_args()
    embedder = default_embedder()
    corpus = conversations(arguments.corpus, arguments.most)
    foreign: dict[str, Floats] = {}
    whole = {
        path.stem: conversations(path, arguments.most)
        for path in arguments.foreign
        if path.suffix != ".md"
    }
    for path in arguments.foreign:
        name = "documents" if path.suffix == ".md" else path.stem
        rows = foreign_rows(path, arguments.most)
        foreign[name] = np.concatenate([foreign[name], rows]) if name in foreign else rows
    for seed in range(arguments.seeds):
        order = np.random.default_rng(seed).permutation(len(corpus))
        cut = len(corpus) * 2 // 3
        learning, usual = ([corpus[n] for n in part] for part in (order[:cut], order[cut:]))
        start = time.process_time()
        plan = LatentPlan(steps=arguments.steps, seed=seed)
        novelty, result = learn_corpus(learning, embedder, plan)
        seconds = time.process_time() - start
        rows = window_rows(usual, embedder)
        information = result.model.cost(
            rows, np.zeros((len(rows), result.model.latent))
        ).information
        from_noise = train_latent(
            window_rows(learning, embedder),
            LatentPlan(steps=2 * arguments.steps, seed=seed, rate=0.01),
            start=type(result.model).start(embedder.dimension, seed, latent=result.model.latent),
        )
        report = {
            "seed": seed,
            "windows": [len(window_rows(learning, embedder)), len(rows)],
            "foreign": {name: len(part) for name, part in foreign.items()},
            "processor_seconds": round(seconds, 1),
            "bound_test": float(result.model.bounds(rows).mean()),
            "components_test": float(-result.components.log_likelihood(rows).mean()),
            "bound_held_back_from_random_weights": from_noise.bound,
            "components_held_back": from_noise.component_bound,
            "active_dimensions": int((information > 0.05).sum()),
            "novelty_area": {
                name: area(novelty.shares(rows), novelty.shares(part))
                for name, part in foreign.items()
            },
            "latent": result.model.latent,
            "novelty_area_of_conversations": {
                name: area(of_conversations(novelty, usual), of_conversations(novelty, part))
                for name, part in whole.items()
            },
            "duplicates_found": duplicates_found(novelty, usual),
        }
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
