"""What the answers of several miners say together: correlated agreement, and clusters of clones.

Both read a history of small records of recent answers, never the answers' scores, and neither changes
a score: agreement enters a standing with a small weight, clusters share one seat when rewards are
made. Correlated agreement (Dasgupta and Ghosh 2013; Shnayder et al., arXiv 1603.03151) is how much
more two answers to the same window agree than answers to different windows do, so that whatever could
have been said without reading cancels out.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Embedder
from cgp.scoring.form import words_of
from cgp.scoring.settings import PeerSettings, ScoringSettings
from cgp.scoring.similarity import Similarity, exact_rows
from cgp.scoring.task import Answer
from cgp.text import normal_form

_SETTINGS = PeerSettings()

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """What is kept of an answer to compare it with others: tags in normal form, and a digest.

    ``window`` names the task (conversation and window); ``digest`` is the SHA-256 of tags, claims and
    vector bytes, equal exactly where whole answers are equal.
    """

    hotkey: str
    window: str
    tags: tuple[str, ...]
    digest: str

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
            return cls(**{**document, "tags": tuple(document["tags"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a stored answer record: {text[:80]!r}") from error


@dataclass(frozen=True, slots=True)
class Identity:
    """Who stands behind a hotkey as far as the chain tells: its coldkey and its address (no port)."""

    coldkey: str | None = None
    address: str | None = None


def record_of(
    hotkey: str, window: str, answer: Answer, settings: ScoringSettings | None = None
) -> AnswerRecord:
    """Return the record of one valid answer."""
    counted = (settings or ScoringSettings()).tags.counted
    names = dict.fromkeys(normal_form(tag) for tag in answer.tags[:counted])
    digest = hashlib.sha256()
    digest.update(json.dumps(list(answer.tags)).encode())
    for profile in answer.profiles:
        claims = [[c.attribute, c.value, list(c.turns)] for c in profile.claims]
        digest.update(json.dumps([profile.participant, claims]).encode())
    if answer.embeddings is not None:
        digest.update(np.ascontiguousarray(answer.embeddings).tobytes())
    return AnswerRecord(hotkey, window, tuple(n for n in names if n), digest.hexdigest())


def clone_clusters(
    history: Iterable[AnswerRecord],
    identities: Mapping[str, Identity] | None = None,
    settings: PeerSettings = _SETTINGS,
) -> dict[str, int]:
    """Return the cluster number of each hotkey in ``history`` or ``identities``.

    Two hotkeys are joined by a common coldkey, by a common address, or by their answers to at least
    ``clone_windows`` common windows: where on average ``clone_overlap`` of the tags are the same but
    for one word, or where ``copy_overlap`` of them are in a ``copy_share`` of the windows. Operators are
    joined transitively. By answers, likest first, two clusters become one only if more than half of
    the pairs across them that can be compared are alike: nobody who resembles two miners can tie
    these together. Numbers run from 0 in order of the clusters'
    first hotkeys in alphabetical order, so they do not depend on the order of ``history``.
    """
    identities = identities or {}
    by_hotkey: dict[str, dict[str, _Words]] = defaultdict(dict)
    for record in history:
        by_hotkey[record.hotkey][record.window] = _Words(record.tags)
    hotkeys = sorted({*by_hotkey, *identities})
    parent = {hotkey: hotkey for hotkey in hotkeys}

    def root(hotkey: str) -> str:
        while parent[hotkey] != hotkey:
            parent[hotkey] = parent[parent[hotkey]]
            hotkey = parent[hotkey]
        return hotkey

    for a, b in _same_operator(identities):
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    pairs = _compare(by_hotkey, settings)
    for a, b in pairs:
        first, second = sorted((root(a), root(b)))
        if not pairs[a, b] or first == second:
            continue
        one, other = ([h for h in hotkeys if root(h) == side] for side in (first, second))
        if _mostly_alike(one, other, pairs):
            parent[second] = first
    numbers: dict[str, int] = {}
    return {hotkey: numbers.setdefault(root(hotkey), len(numbers)) for hotkey in hotkeys}


def peer_terms(
    window: str,
    history: Iterable[AnswerRecord],
    clusters: Mapping[str, int],
    embedder: Embedder,
    settings: ScoringSettings | None = None,
) -> dict[str, float]:
    """Return each hotkey's correlated agreement on ``window``, in -1..1.

    ``history`` holds the records of this window and of the validator's recent other windows. For
    miner i: the mean, over the other clusters that answered, of the agreement of i's tags with theirs
    to this window less the agreement of i's tags with what they said about other windows. A cluster
    counts once (its alphabetically first member). Empty where fewer than ``least_clusters`` clusters
    answered, or none of them has answered another window: the term is then unused.
    """
    settings = settings or ScoringSettings()
    records: dict[str, dict[str, AnswerRecord]] = defaultdict(dict)
    for record in history:
        records[record.hotkey][record.window] = record
    present = sorted(hotkey for hotkey, answers in records.items() if window in answers)
    speakers: dict[object, str] = {}
    for hotkey in present:
        speakers.setdefault(clusters.get(hotkey, hotkey), hotkey)
    if len(speakers) < settings.peers.least_clusters:
        return {}
    own = [records[hotkey][window] for hotkey in present]
    past = [
        [r for name, r in records[peer].items() if name != window][
            -settings.peers.penalty_windows :
        ]
        for peer in speakers.values()
    ]
    joint = _agreement(
        own, [records[peer][window] for peer in speakers.values()], embedder, settings
    )
    apart = _agreement(own, [record for each in past for record in each], embedder, settings)
    ends = np.cumsum([len(each) for each in past])
    gains: dict[str, list[float]] = defaultdict(list)
    for number, (cluster, each) in enumerate(zip(speakers, past, strict=True)):
        if each:
            usual = apart[:, ends[number] - len(each) : ends[number]].mean(axis=1)
            for i, hotkey in enumerate(present):
                if clusters.get(hotkey, hotkey) != cluster:
                    gains[hotkey].append(float(joint[i, number] - usual[i]))
    return {hotkey: float(np.mean(gains[hotkey])) for hotkey in present if gains[hotkey]}


def _agreement(
    rows: Sequence[AnswerRecord],
    columns: Sequence[AnswerRecord],
    embedder: Embedder,
    settings: ScoringSettings,
) -> Floats:
    """Return how far answers say the same, 0..1, shape ``(len(rows), len(columns))``.

    The best match of each tag of one answer in the other, summed, the smaller of both ways, over the
    longer list; 0 where an answer has no tags.
    """
    agreement = np.zeros((len(rows), len(columns)))
    here = [i for i, record in enumerate(rows) if record.tags]
    there = [j for j, record in enumerate(columns) if record.tags]
    if not here or not there:
        return agreement
    above = [rows[i].tags for i in here]
    beside = [columns[j].tags for j in there]
    distinct = {tag: n for n, tag in enumerate(dict.fromkeys(chain(*above, *beside)))}
    vectors = exact_rows(embedder.embed(list(distinct)))
    a = vectors[[distinct[tag] for tag in chain(*above)]]
    b = vectors[[distinct[tag] for tag in chain(*beside)]]
    alike = Similarity(settings.similarity).tags(a, b).astype(np.float64)
    of_rows, of_columns = _starts(above), _starts(beside)
    forth = np.add.reduceat(np.maximum.reduceat(alike, of_columns, axis=1), of_rows, axis=0)
    back = np.add.reduceat(np.maximum.reduceat(alike, of_rows, axis=0), of_columns, axis=1)
    longer = np.maximum.outer([len(tags) for tags in above], [len(tags) for tags in beside])
    agreement[np.ix_(here, there)] = np.minimum(forth, back) / longer
    return agreement


def _starts(lists: Sequence[Sequence[str]]) -> NDArray[np.intp]:
    """Return where each list begins in their concatenation."""
    return np.cumsum([0, *(len(each) for each in lists[:-1])], dtype=np.intp)


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
    by_hotkey: Mapping[str, Mapping[str, _Words]], settings: PeerSettings
) -> dict[tuple[str, str], bool]:
    """Return whether each pair with enough common windows answers alike, the likest pairs first."""
    alike: dict[tuple[str, str], bool] = {}
    likeness: dict[tuple[str, str], float] = {}
    for a, b in combinations(sorted(by_hotkey), 2):
        common = sorted(by_hotkey[a].keys() & by_hotkey[b].keys())
        if len(common) < settings.clone_windows:
            continue
        overlap = [by_hotkey[a][name].overlap(by_hotkey[b][name]) for name in common]
        copies = sum(share >= settings.copy_overlap for share in overlap)
        often = copies >= max(settings.clone_windows, settings.copy_share * len(common))
        likeness[a, b] = float(np.mean(overlap))
        alike[a, b] = often or likeness[a, b] >= settings.clone_overlap
    return {pair: alike[pair] for pair in sorted(alike, key=lambda p: (-likeness[p], p))}


def _mostly_alike(
    one: Sequence[str], other: Sequence[str], pairs: Mapping[tuple[str, str], bool]
) -> bool:
    """Tell whether most of the known pairs across two clusters answer alike."""
    across = [(min(a, b), max(a, b)) for a in one for b in other]
    known = [pairs[pair] for pair in across if pair in pairs]
    return 2 * sum(known) > len(known)


class _Words:
    """The tags of one answer as sets of reduced words, ready to be compared."""

    def __init__(self, tags: Iterable[str]) -> None:
        self._shortened = {
            tag: {tag, *(tag - {word} for word in tag if len(tag) > 1)}
            for tag in (frozenset(words_of(tag)) for tag in tags)
            if tag
        }
        self._near = frozenset(chain.from_iterable(self._shortened.values()))

    def overlap(self, other: _Words) -> float:
        """Return the share of tags that are the same but for one word, of the longer list.

        The smaller of both ways; order and plurals do not make a tag another one.
        """
        longer = max(len(self._shortened), len(other._shortened), 1)
        return min(self._found_in(other), other._found_in(self)) / longer

    def _found_in(self, other: _Words) -> int:
        return sum(
            tag in other._near or not other._shortened.keys().isdisjoint(near)
            for tag, near in self._shortened.items()
        )
