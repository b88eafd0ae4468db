"""Comparison of several miners' answers: correlated agreement, and clusters of clones.

Both read a history of small records of recent answers, never the answers' scores, and neither
changes a score: agreement enters a standing with a small weight, clusters share one seat when
rewards are made. Correlated agreement (Dasgupta and Ghosh 2013; Shnayder et al., arXiv
1603.03151) is how much more two answers to the same window agree than answers to different
windows do, so that tags that fit any window cancel out.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.embedders import Embedder
from cgp.ragged import Ragged
from cgp.scoring.settings import DEFAULTS, ScoringSettings
from cgp.scoring.shared_errors import shared_readings
from cgp.scoring.similarity import Matrix, Similarity, cosines, exact_rows, ramp
from cgp.scoring.task import Answer, Score, Verdict
from cgp.text import normal_form


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """Record of an answer for comparison with others: tags in normal form, and a digest.

    ``window`` names the task (conversation and window); ``digest`` is the SHA-256 of tags, claims
    and vector bytes, equal exactly where whole answers are equal. ``errors`` are the tags, in
    normal form, that the ground truth does not explain.
    """

    hotkey: str
    window: str
    tags: tuple[str, ...]
    digest: str
    errors: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return one line of JSON; ``from_json`` gives an equal record back."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> AnswerRecord:
        """Read a stored record.

        Raises:
            ValueError: if ``text`` is not one.
        """
        try:
            document = json.loads(text)
            lists = {name: tuple(document.get(name, ())) for name in ("tags", "errors")}
            return cls(**{**document, **lists})
        except (AttributeError, TypeError) as error:
            raise ValueError(f"not a stored answer record: {text[:80]!r}") from error


@dataclass(frozen=True, slots=True)
class Identity:
    """Identities behind a hotkey as far as the chain tells: its coldkey and its
    address (no port).
    """

    coldkey: str | None = None
    address: str | None = None


def record_of(
    hotkey: str,
    window: str,
    answer: Answer,
    settings: ScoringSettings = DEFAULTS,
    *,
    score: Score | None = None,
) -> AnswerRecord:
    """Return the record of one valid answer; without its ``score`` no errors are known."""
    names = dict.fromkeys(normal_form(tag) for tag in answer.tags[: settings.tags.counted])
    explained = Similarity(settings.similarity).at(settings.peers.explained)
    errors = dict.fromkeys(
        normal_form(verdict.text)
        for verdict in (score.tags[: settings.tags.counted] if score else ())
        if verdict.verdict != Verdict.GROUND_TRUTH or verdict.credit < explained
    )
    digest = hashlib.sha256()
    digest.update(json.dumps(list(answer.tags)).encode())
    for profile in answer.profiles:
        claims = [[c.attribute, c.value, list(c.turns)] for c in profile.claims]
        digest.update(json.dumps([profile.participant, claims]).encode())
    if answer.embeddings is not None:
        digest.update(np.ascontiguousarray(answer.embeddings).tobytes())
    return AnswerRecord(
        hotkey,
        window,
        tuple(filter(None, names)),
        digest.hexdigest(),
        tuple(filter(None, errors)),
    )


def clone_clusters(
    history: Iterable[AnswerRecord],
    embedder: Embedder,
    identities: Mapping[str, Identity] | None = None,
    settings: ScoringSettings = DEFAULTS,
) -> dict[str, int]:
    """Return the cluster number of each hotkey in ``history`` or ``identities``.

    Two hotkeys are joined by a common coldkey, by a common address, or by their answers: where
    these agree by ``clone_agreement`` on average over ``clone_windows`` common windows or more,
    or by ``early_agreement`` over ``early_windows``, or coincide in ``same_windows`` of them; or
    where they share errors that the ground truth does not explain
    (``cgp.scoring.shared_errors``). Operators are joined transitively. By answers, likest first,
    two clusters become one only if more than half of the pairs across them that can be compared
    are alike: a miner that resembles two others cannot tie these together. Numbers run from 0 in
    order of the clusters' first hotkeys in alphabetical order, so they do not depend on the order
    of ``history``.
    """
    identities = identities or {}
    by_window: dict[str, dict[str, AnswerRecord]] = defaultdict(dict)
    for record in history:
        by_window[record.window][record.hotkey] = record
    hotkeys = sorted({*chain.from_iterable(by_window.values()), *identities})
    parent = {hotkey: hotkey for hotkey in hotkeys}

    def root(hotkey: str) -> str:
        while parent[hotkey] != hotkey:
            # Path halving: keeps the chains of parents short.
            parent[hotkey] = parent[parent[hotkey]]
            hotkey = parent[hotkey]
        return hotkey

    # The alphabetically first hotkey is the root, so that the order of the history does not matter.
    for a, b in _same_operator(identities):
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    pairs = _compare(by_window, hotkeys, embedder, settings)
    for a, b in pairs:
        first, second = sorted((root(a), root(b)))
        if not pairs[a, b] or first == second:
            continue
        # Likest pairs come first. A miner that resembles two others must not tie these together.
        members, other_members = (
            [h for h in hotkeys if root(h) == side] for side in (first, second)
        )
        if _mostly_alike(members, other_members, pairs):
            parent[second] = first
    numbers: dict[str, int] = {}
    return {hotkey: numbers.setdefault(root(hotkey), len(numbers)) for hotkey in hotkeys}


def peer_terms(
    window: str,
    history: Iterable[AnswerRecord],
    clusters: Mapping[str, int],
    embedder: Embedder,
    settings: ScoringSettings = DEFAULTS,
) -> dict[str, float]:
    """Return each hotkey's correlated agreement on ``window``, in -1..1.

    ``history`` holds the records of this window and of the validator's recent other windows. For
    miner i: the mean, over the other clusters that answered, of the agreement of i's tags with
    theirs to this window less the agreement of i's tags with their tags for other windows. A
    cluster counts once (its alphabetically first member). Empty where fewer than
    ``least_clusters`` clusters answered, or none of them has answered another window: the term is
    then unused.
    """
    records: dict[str, dict[str, AnswerRecord]] = defaultdict(dict)
    for record in history:
        records[record.hotkey][record.window] = record
    present = sorted(hotkey for hotkey, answers in records.items() if window in answers)
    speakers: dict[object, str] = {}
    for hotkey in present:
        # One speaker for each cluster: clones gain nothing by agreeing with each other.
        speakers.setdefault(clusters.get(hotkey, hotkey), hotkey)
    if len(speakers) < settings.peers.least_clusters:
        return {}
    present_answers = [records[hotkey][window] for hotkey in present]
    past = [
        [r for name, r in records[peer].items() if name != window][
            -settings.peers.penalty_windows :
        ]
        for peer in speakers.values()
    ]
    peer_answers = [records[peer][window] for peer in speakers.values()]
    before = [record for past_answers in past for record in past_answers]
    similarity = _TagSimilarity(chain(present_answers, peer_answers, before), embedder, settings)
    joint, apart = (
        _agreement(present_answers, peer_answers, similarity),
        _agreement(present_answers, before, similarity),
    )
    layout = Ragged([len(past_answers) for past_answers in past])
    gains: dict[str, list[float]] = defaultdict(list)
    for number, (cluster, past_answers) in enumerate(zip(speakers, past, strict=True)):
        if past_answers:
            # Agreement with the peer's answers to other windows: the part that needs no reading.
            usual = apart[:, layout.starts[number] : layout.ends[number]].mean(axis=1)
            for i, hotkey in enumerate(present):
                if clusters.get(hotkey, hotkey) != cluster:
                    gains[hotkey].append(float(joint[i, number] - usual[i]))
    return {hotkey: float(np.mean(gains[hotkey])) for hotkey in present if gains[hotkey]}


class _TagSimilarity:
    """Similarity in meaning of the tags of some records; each distinct tag is embedded once."""

    def __init__(
        self, records: Iterable[AnswerRecord], embedder: Embedder, settings: ScoringSettings
    ) -> None:
        tags = dict.fromkeys(tag for record in records for tag in record.tags)
        self._row = {tag: row for row, tag in enumerate(tags)}
        self._rows = exact_rows(embedder.embed(list(tags)))
        self._settings = settings.peers

    def between(self, tags: Iterable[str], other_tags: Iterable[str]) -> Matrix:
        """Return similarities, 0..1, shape ``(some, others)``; 1 for equal tags."""
        a = np.array([self._row[tag] for tag in tags], dtype=np.intp)
        b = np.array([self._row[tag] for tag in other_tags], dtype=np.intp)
        near = cosines(self._rows[a], self._rows[b])
        alike = ramp(near, self._settings.unrelated, self._settings.same)
        # A tag without a known token has a zero vector, yet it agrees with itself.
        alike[a[:, None] == b] = 1.0
        return alike


def _agreement(
    rows: Sequence[AnswerRecord], columns: Sequence[AnswerRecord], similarity: _TagSimilarity
) -> Floats:
    """Return the similarity of answers, 0..1, shape ``(len(rows), len(columns))``.

    The best match of each tag of one answer in the other, summed, the smaller of both ways, over
    the longer list; 0 where an answer has no tags.
    """
    agreement = np.zeros((len(rows), len(columns)))
    here = [i for i, record in enumerate(rows) if record.tags]
    there = [j for j, record in enumerate(columns) if record.tags]
    if not here or not there:
        return agreement
    above = [rows[i].tags for i in here]
    beside = [columns[j].tags for j in there]
    alike = similarity.between(chain(*above), chain(*beside))
    of_rows, of_columns = Ragged(list(map(len, above))), Ragged(list(map(len, beside)))
    # The columns (or rows) of each answer's tags become one: the best match of each tag in the
    # other answer, then the sum over the answer's own tags.
    best_of_rows = of_columns.fold(np.maximum, alike, axis=1).astype(np.float64)
    best_of_columns = of_rows.fold(np.maximum, alike).astype(np.float64)
    forth = of_rows.fold(np.add, best_of_rows)
    back = of_columns.fold(np.add, best_of_columns, axis=1)
    longer = np.maximum.outer([len(tags) for tags in above], [len(tags) for tags in beside])
    agreement[np.ix_(here, there)] = np.minimum(forth, back) / longer
    return agreement


def _same_operator(identities: Mapping[str, Identity]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    first: dict[tuple[str, str], str] = {}
    for hotkey in sorted(identities):
        identity = identities[hotkey]
        for kind, value in (("coldkey", identity.coldkey), ("address", identity.address)):
            if value:
                pairs.append((first.setdefault((kind, value), hotkey), hotkey))
    return pairs


def _compare(
    by_window: Mapping[str, Mapping[str, AnswerRecord]],
    hotkeys: Sequence[str],
    embedder: Embedder,
    settings: ScoringSettings,
) -> dict[tuple[str, str], bool]:
    """Return the pairs with enough common windows whose answers are alike, the likest first."""
    common, mean, coincidences = _agreements(by_window, hotkeys, embedder, settings)
    peers = settings.peers
    comparable = common >= peers.early_windows
    alike = comparable & (mean >= peers.early_agreement)
    alike |= (common >= peers.clone_windows) & (mean >= peers.clone_agreement)
    alike |= comparable & (
        # Honest answers coincide now and then, so over many common windows a share is asked for
        # too.
        coincidences >= np.maximum(peers.same_windows, peers.same_share * common)
    )
    errors = [
        {hotkey: record.errors for hotkey, record in by_window[window].items()}
        for window in sorted(by_window)
    ]
    alike |= comparable & shared_readings(errors, hotkeys, peers)
    # The upper triangle: each pair once. The stable sort keeps equal pairs in alphabetical order.
    first, second = np.nonzero(np.triu(comparable, k=1))
    likest = np.argsort(-mean[first, second], kind="stable")
    return {
        (hotkeys[a], hotkeys[b]): bool(alike[a, b])
        for a, b in zip(first[likest].tolist(), second[likest].tolist(), strict=True)
    }


def _agreements(
    by_window: Mapping[str, Mapping[str, AnswerRecord]],
    hotkeys: Sequence[str],
    embedder: Embedder,
    settings: ScoringSettings,
) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    """Return counts of common windows, agreement and coincidences of each two hotkeys.

    All of shape ``(n, n)``. If the median pair agrees, a window cannot separate clones from
    honest miners; it counts only for pairs that have too few others. Only full answers coincide:
    of a window that holds no more tags than that everybody says the same.
    """
    peers = settings.peers
    place = {hotkey: i for i, hotkey in enumerate(hotkeys)}
    records = chain.from_iterable(answers.values() for answers in by_window.values())
    similarity = _TagSimilarity(records, embedder, settings)
    shape = (2, len(hotkeys), len(hotkeys))
    # Index 0 counts the windows that can tell clones from honest miners, 1 the easy ones.
    common, total = np.zeros(shape, dtype=np.intp), np.zeros(shape)
    coincidences = np.zeros(shape[1:], dtype=np.intp)
    for window in sorted(by_window):
        answers = [record for _, record in sorted(by_window[window].items()) if record.tags]
        if len(answers) < 2:
            continue
        agreement = _agreement(answers, answers, similarity)
        pairs = agreement[np.triu_indices(len(answers), k=1)]
        easy = int(np.median(pairs) >= peers.easy_agreement)
        seats = [place[record.hotkey] for record in answers]
        common[easy][np.ix_(seats, seats)] += 1
        total[easy][np.ix_(seats, seats)] += agreement
        if not easy:
            full = np.array([len(record.tags) >= peers.full_tags for record in answers])
            coincide = (agreement >= peers.same_agreement) & np.logical_and.outer(full, full)
            coincidences[np.ix_(seats, seats)] += coincide
    suffices = common[0] >= peers.clone_windows
    common = np.where(suffices, common[0], common.sum(axis=0))
    total = np.where(suffices, total[0], total.sum(axis=0))
    return common, total / np.maximum(common, 1), coincidences


def _mostly_alike(
    members: Sequence[str], other_members: Sequence[str], pairs: Mapping[tuple[str, str], bool]
) -> bool:
    """Tell whether most of the known pairs across two clusters answer alike."""
    across = [(min(a, b), max(a, b)) for a in members for b in other_members]
    verdicts = [pairs[pair] for pair in across if pair in pairs]
    return 2 * sum(verdicts) > len(verdicts)
