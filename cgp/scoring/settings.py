"""Every constant of scoring, named, in one frozen record, with the measurement that chose it.

These are not operator settings: all validators of a subnet must agree on them, so a change comes
with a new scoring version. ``benchmarks/calibrate_scoring.py`` derives some of them from data and
prints the results beside the values here; ``docs/incentive.md`` explains them. Scores in relation
to an honest answer are from when a constant was chosen, some of them under version 1 or 2; the
constants of versions 3 to 5 name the gold windows that chose them. "f" is a tag list's agreement
with the reader's tags of a gold window (``docs/gold.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cgp.tag_limits import MAX_TAG_CHARACTERS, MAX_TAG_WORDS


@dataclass(frozen=True, slots=True)
class SimilaritySettings:
    """Ramps of the cosine, for one embedder (wordllama, 256 dimensions)."""

    unrelated: float = 0.30
    """Cosine of two tags at which they begin to mean the same. Wanted tags of different windows
    reach 0.13 at the 95th percentile and 0.23 at the 99th, two of the same window 0.13 at the
    third quartile (gold, train). On a ramp from 0.20 to 0.80 the head words of the annotator's tags
    score 0.33 of its answer with gold truth, from 0.30 to 0.90 they score 0.23, and score and f
    correlate by 0.70 instead of 0.68 (every second window of gold, dev). The price: on ramps that
    end at 0.80 a reader whose wording differs is paid a tenth less from 0.30 on than from 0.20 on,
    and a third less from 0.50 on.
    """
    same: float = 0.90
    """Cosine of two tags at which they do. Two wordings of one wanted tag: 0.67 at the median,
    0.80 at the third quartile (gold, train), which this ramp takes for 0.62 and 0.83 of the same.
    """
    beyond_a_word: float = 0.60
    """Cosine of a tag and a content word of the window up to which the tag says
    more than the word.
    """
    a_word: float = 0.95
    """Cosine at which it says no more. With 0.40 and 0.90 composed tags count as their head word
    does: with the embedded annotator's truth a reader is then above the heaviest words in 54 % of
    windows instead of 69 %, and with 0.20 and 0.80 in 31 to 67 % above lists of words (gold,
    train).
    """
    unsupported: float = 0.20
    """Cosine of a claim and a turn that says nothing: foreign topics and their nearest turn reach
    0.20 at the 90th percentile (DialogSum).
    """
    supported: float = 0.60
    """Cosine at which the turn says it: a dialogue's own topic and its nearest turn reach 0.57 at
    the median (DialogSum).
    """
    no_lead: float = 0.10
    """Lead of this window's nearest segment over other windows' that says nothing: foreign tags
    reach 0.08 at the 90th percentile, generic ones 0.10 (QMSum and the samples).
    """
    full_lead: float = 0.40
    """Lead at which the tag is about this window: its own tags reach 0.35 at the median."""
    near_duplicate: float = 0.85
    """Cosine of two tags of one answer at which the second repeats the first."""


@dataclass(frozen=True, slots=True)
class FormSettings:
    """Form of a tag."""

    characters: int = MAX_TAG_CHARACTERS
    """Most characters of a tag as sent."""
    words: int = MAX_TAG_WORDS
    """Most words of a tag."""
    utterance_words: int = 5
    """A verbatim run of this many words of the window is an utterance, not a tag."""
    utterance_characters: int = 16
    """The same in characters, for writing without spaces."""


@dataclass(frozen=True, slots=True)
class WindowReadingSettings:
    """Reading of a window's text."""

    segment_words: int = 25
    """Longest segment: longer turns are cut."""
    segments: int = 400
    """Most segments of a window that are compared."""
    units: int = 48
    """Most content words of a window that count as units of reference."""
    phrase_words: float = 2.5
    """Words of a phrase: a tag of more of them says several things. Joining pairs of good tags
    scored 0.78 of an honest answer without this limit, 0.62 with it (0.69 at 3.0, 0.56 at 2.0).
    """
    units_of_a_tag: int = 2
    """Content words that one tag can speak for: composites of words scored 0.46 of an honest
    answer with 2, 0.49 with 3.
    """
    apart: float = 0.25
    """Rest of a tag whose rare words are all said here, but in no turn together: none of
    the annotator's own tags of several words (QMSum; the samples 0.7 %), 59 % (82 %) of two of
    them joined, and 11 % of the topics that people gave dialogues (DialogSum).
    """
    fragment: float = 0.25
    """Rest of a tag that ends with a function word, or begins with one that is no
    article: 0.4 and 1.2 % of the wordings that readers want, 5 and 12 % of the tags that they
    reject (gold, train). As much is left of English words that the window says, but never as a
    noun phrase (a verb, a phrase cut in two): none of the annotator's own tags, 3 % of a second
    reading's, 12 and 34 % of two climbers', 24 to 31 % of lists of words (gold, dev).
    """
    leading_units: int = 12
    """Content words whose mass a full answer is expected to capture."""
    rare: float = 0.5
    """A tag needs words of this summed rarity to be about anything in particular."""


@dataclass(frozen=True, slots=True)
class TruthSettings:
    """Combination of several passes into one ground truth."""

    together: float = 0.78
    """Cosine at which tags of two passes are one."""
    least_support: float = 0.40
    """Share of the passes below which a tag is left out."""


@dataclass(frozen=True, slots=True)
class TagSettings:
    """Credit of tags."""

    counted: int = 12
    """Tags that count, in the miner's order."""
    expected: float = 6.0
    """Precision is taken over tags that count at least this much together, where there is as much
    to say. At 4 three safe tags score 0.65 of the annotator's answer, at 6 they score 0.61 (gold,
    dev).
    """
    wrong: float = 1.0
    """Least weight of a tag in precision, as far as it wins nothing. At 0 a wrong word of the
    window weighs a tenth, so that lists of words cost nothing: of the annotator's score with gold
    truth a climber has 0.95, the heaviest words 0.54, leading words 0.41, head words of its tags
    0.46; at 0.5 they have 0.83, 0.48, 0.34 and 0.38, at 1 they have 0.70, 0.34, 0.26 and 0.32, and
    score and f of answers to one window correlate by 0.68 instead of 0.61 (every second window of
    gold, dev).
    """
    repeats_from: float = 0.65
    """Cosine of two tags of one answer at which the second begins to repeat the first."""
    paraphrase: float = 0.60
    """Cosine from which a tag stands or falls with the ground-truth tag that it restates."""
    obvious: float = 0.9
    """Discount of a tag that only says a content word of the window, in answers and in
    the ground truth alike: a count of words finds it. At 0 a reader is above the heaviest words
    in 7 % of windows with the embedded annotator's truth, at 0.6 in 48 %, at 0.8 in 69 %, at 1 in
    90 %, where a window whose truth is single words would be worth nothing (a third of gold,
    dev).
    """
    junk: float = 0.15
    """Loss, off the sum of credits, for a tag that is neither true nor grounded."""
    surplus: float = 0.5
    """Share of the score that as many surplus tags as counted ones cost."""
    relevant: float = 0.2
    """Support in the window below which a ground-truth tag is not about it: tags of other
    conversations reach 0.01 at the 90th percentile and 0.20 at the 95th, own tags 0.49 at the
    10th.
    """
    whole_from: float = 0.5
    """Share of the conversation's turns from which on the window's part in it counts: a
    ground-truth tag is about a window of all turns for certain, and about one of this share or less
    only as far as the window supports it. When any share counted as that likelihood, an honest
    miner that gave a third of its places to the best tags of a neighbouring window earned 1.49
    of one that did not, and a holder of the whole ground truth 1.65 without a look at the window;
    with this bound they earn 0.91 and 0.74 (the samples, mean of five seeds, 150 windows each). Of
    the tags that readers want of a window 5 to 16 % have no support by it (gold, dev and train).
    """


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """Score of profiles."""

    weight: float = 0.25
    """Share of the score that profiles decide."""
    claims: int = 8
    """Claims that count for each participant."""
    expected: int = 2
    """Terms are means over at least this many claims."""
    characters: int = 300
    """Most characters of a claim."""
    repeated: int = 6
    """Words of a verbatim run from which a claim only repeats the turn."""
    truth: float = 0.40
    """Weight of agreement with the ground truth's claims."""
    cited: float = 0.35
    """Weight of cited turns that support the claim."""
    own: float = 0.25
    """Weight of support by one's own turns over others'."""
    leaks: float = 0.30
    """Share of claims with leaked identifiers from which profiles are worth nothing."""


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """Check of embeddings."""

    least_cosine: float = 0.999
    """Least cosine between a miner's vector and the validator's."""
    norm: float = 0.01
    """Most distance of a vector's length from 1."""


@dataclass(frozen=True, slots=True)
class PeerSettings:
    """Comparison of several miners' answers."""

    weight: float = 0.05
    """Share of a standing's observation that agreement with peers decides."""
    least_clusters: int = 3
    """Independent answers below which agreement is not used."""
    unrelated: float = 0.30
    """Cosine at which tags of two answers begin to agree: agreement tells copies from miners that
    mean the same. From 0.20 to 0.80, the ramp that paid before version 4, honest miners were taken
    for clones, and eight clones earned 1.39 of a remaining honest miner (the samples, 150 windows).
    The ramp that pays has the same ends now, for reasons of its own.
    """
    same: float = 0.90
    """Cosine at which they agree in full."""
    penalty_windows: int = 8
    """Other windows whose answers make up the agreement that is subtracted."""
    clone_windows: int = 12
    """Common windows before agreement of ``clone_agreement`` makes two hotkeys clones."""
    clone_agreement: float = 0.78
    """Mean agreement of two answers from which they are. Equally good honest miners that rank the
    same notes apart reach 0.60, and 0.73 over 12 windows at the 99th percentile; clones that
    reword every tag 0.88, and 0.83 at the first percentile (QMSum and the samples).
    """
    early_windows: int = 4
    """Common windows before agreement of ``early_agreement`` does."""
    early_agreement: float = 0.90
    """The same for a short past, of which less is known: identical answers reach 1."""
    same_agreement: float = 0.95
    """Agreement from which two full answers to a window coincide."""
    same_windows: int = 3
    """Coinciding answers from which two hotkeys are clones, with any number of partners: honest
    ones coincide at most once in 40 windows, eight clones in changing pairs 5.7 times (QMSum, the
    samples).
    """
    same_share: float = 0.07
    """The same as a share of their common windows."""
    reading_excess: float = 0.20
    """Part of the range above the usual share of common errors from which two hotkeys share a
    reading. Clones that replace a fifth of their tags cover a third of it, miners that choose
    apart a tenth.
    """
    reading_share: float = 0.66
    """Share of common errors below which no two hotkeys share a reading by it, however little is
    usual: poor miners lower the usual share of good ones. Honest miners that choose from one
    annotator's notes share 0.54 to 0.64 of their errors, clones that replace a fifth of their tags
    0.65 to 0.72 (gold, dev; 40 windows). At 0.60 six pairs of the former were taken for one.
    """
    reading_usual: float = 0.67
    """Quantile of a hotkey's shares with all others that is usual: a third of them may be
    accomplices.
    """
    reading_errors: int = 100
    """Errors of two hotkeys that can be compared before their share says anything."""
    reading_others: int = 6
    """Least number of others to compare with before the usual share of a hotkey is known."""
    choice_least: float = 0.14
    """Correlation of two hotkeys' own choices (``shared_errors.own_choices``) from which one
    reading is behind them. Honest miners that choose from one annotator's notes have at most 0.10
    over 40 windows and 0.13 over 25, eight that pick from a half of these notes 0.10 to 0.28
    (median 0.20), clones that replace a fifth of their tags 0.14 to 0.29 (gold, dev; 24 miners).
    """
    choice_excess: float = 0.10
    """Least excess of that correlation over the one that is usual for either hotkey (its
    ``reading_usual`` quantile). In a subnet of two annotators the users of one correlate with each
    other, and are not accomplices.
    """
    explained: float = 0.60
    """Cosine to a sure ground-truth tag from which the credit says that it explains a tag.
    The figures of ``reading_share`` and ``choice_least`` are of errors by this measure.
    """
    full_tags: int = 6
    """Tags from which an answer is full: of a window that holds fewer everybody says the same.
    Answers of six and more coincide in none of 40 windows for honest pairs (0.5 where they hardly
    choose).
    """
    easy_agreement: float = 0.90
    """Median agreement of all pairs from which a window is too small to differ about."""


@dataclass(frozen=True, slots=True)
class StandingSettings:
    """Computation of a hotkey's standing from its answers."""

    memory: float = 0.99
    """Weight of the past after one more answer in the long average."""
    recent_memory: float = 0.97
    """The same in the short average, which caps the long one once it is clearly worse.

    Some 33 answers: weights are set from one moment's standings, so a shorter memory would let a
    restart of a few seconds before that moment cost the pay of hours."""
    gold_weight: float = 4.0
    """Number of times that a hidden gold window counts. A reader's wishes are on record there, and
    few windows can be annotated by hand. With one window in ten a reader's share of the reward
    beside the default annotator and four that hardly read rises from 0.00 to 0.02, with one in five
    to 0.83 (``benchmarks/hidden_gold.py``).
    """
    caution: float = 1.0
    """Standard errors taken off the long average: an uncertain part is not paid."""
    recent_caution: float = 2.5
    """Standard errors by which recent answers must be worse before they govern."""
    prior_spread: float = 0.30
    """Spread (relative to the baseline) assumed of a single answer before there are others."""
    least_reference: float = 0.01
    """Difficulty of a window is never taken as less: nobody stands at infinity by one window.

    It is far below what windows are worth, so that those on which the baseline itself earns nothing
    decide nothing. With 0.05 they did: of made-up talk, on which it earns nothing in 65 % of the
    windows, miners with the baseline's own answers stood at 0.69, each by the chance of its
    windows.
    """
    typical_reference: float = 0.30
    """Difficulty assumed where the validator has no baseline answer: the baseline scores 0.31 on
    average on the samples, 0.26 in QMSum and 0.27 with gold truth (60 windows each).
    """


@dataclass(frozen=True, slots=True)
class RewardSettings:
    """Computation of rewards from standings."""

    steepness: float = 2.0
    """Exponent of the normal distribution function (gamma)."""
    floor: float = 0.50
    """Standing at or below which nothing is paid: half of what the free annotator earns. Answers
    that read nothing and lists of words stay below it (at most 0.32), climbers at 0.6.
    """
    lead: float = 1.0
    """Spreads that a standing is ahead of its equals in comparison: among the good,
    where noise decides, the curve is flat; it is steep where quality falls off."""
    spread: float = 0.25
    """Scale of a comparison of two standings, so that equal miners are paid equally in spite of
    noise.
    """
    member: float = 0.20
    """Excess over the floor from which a standing counts in full, in the field and in its own
    pay: 0.70 and better count alike, so that one miner far above all others is one of the field;
    decoys at 0.52 count a hundredth. With 0.25 above a floor of 0.40 climbers earn 0.6 to 1.0 of
    an honest miner with gold truth; with a higher sum luck decides between equals (0.35 above
    0.40: they differ by a fifth).
    """
    least_answers: int = 1
    """Answers before a hotkey is paid."""


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """All constants of one scoring version."""

    version: str = "genome/5"
    similarity: SimilaritySettings = field(default_factory=SimilaritySettings)
    form: FormSettings = field(default_factory=FormSettings)
    window: WindowReadingSettings = field(default_factory=WindowReadingSettings)
    truth: TruthSettings = field(default_factory=TruthSettings)
    tags: TagSettings = field(default_factory=TagSettings)
    profiles: ProfileSettings = field(default_factory=ProfileSettings)
    embeddings: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    peers: PeerSettings = field(default_factory=PeerSettings)
    standings: StandingSettings = field(default_factory=StandingSettings)
    rewards: RewardSettings = field(default_factory=RewardSettings)


DEFAULTS: Final = ScoringSettings()
"""The constants in force: the one default of every function that takes settings."""
