"""Questions about the samples find the passages that answer them, and other questions find none."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cgp import samples
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.retrieval import Level, RetrievalError, Retriever, is_answerable, open_retriever
from cgp.retrieval.records import plain_record, source_of
from cgp.search import GenomeIndex, IndexedWindow
from cgp.windows import WindowPlan

QUESTIONS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "benchmarks" / "sample_questions.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


def answers(question, passage):
    return passage.conversation == question["conversation"] and any(
        passage.first_turn <= last and first <= passage.last_turn
        for first, last in question["spans"]
    )


def test_questions_in_six_languages_find_their_passages(retriever):
    ranks = []
    for question in QUESTIONS:
        passages = retriever.search(question["question"], limit=6)
        hits = [n for n, passage in enumerate(passages, 1) if answers(question, passage)]
        ranks.append(hits[0] if hits else None)
        scores = [passage.score for passage in passages]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
    assert sum(rank is not None for rank in ranks) == len(QUESTIONS)
    assert sum(rank == 1 for rank in ranks) >= 0.75 * len(QUESTIONS)


def test_most_questions_are_answerable_and_questions_of_another_subject_are_not(retriever):
    foreign = [
        "What did the committee decide about the harbour dues?",
        "Who will translate the user manual into Finnish?",
        "Why was the opera's second act shortened?",
        "Summarize the discussion about the speech recognition front end.",
        "What was said about fraud in the distribution of relief funds?",
        "Which remote control design did the marketing expert prefer?",
    ]
    own = [is_answerable(q["question"], retriever.search(q["question"])) for q in QUESTIONS]
    assert sum(own) >= 0.9 * len(own)
    assert not any(is_answerable(text, retriever.search(text)) for text in foreign)
    assert not is_answerable("anything", [])


def test_a_passage_holds_the_turns_of_its_conversation_word_by_word(retriever):
    by_id = {sample.id: sample for sample in samples.load()}
    for question in QUESTIONS[::7]:
        for passage in retriever.search(question["question"]):
            sample = by_id[passage.conversation]
            assert passage.title == sample.title
            assert passage.level is Level.PUBLIC
            numbers = [turn.number for turn in passage.turns]
            assert numbers == list(range(passage.first_turn, passage.last_turn + 1))
            for turn in passage.turns:
                original = sample.turns[turn.number]
                assert turn.speaker == sample.participants[original.speaker].name
                if "[" not in turn.text:  # redaction left it as it is
                    assert turn.text == " ".join(original.text.split())


def test_conversations_narrow_the_search_inside_the_query(retriever):
    only = ["sample-podcast-tidal-energy"]
    passages = retriever.search("How much does a cubesat cost?", conversations=only)
    assert {passage.conversation for passage in passages} <= set(only)
    assert retriever.search("How much does a cubesat cost?", conversations=[]) == []


@pytest.mark.parametrize(
    ("question", "limit", "words"),
    [
        ("", 6, "1 to 2000"),
        (" \n", 6, "1 to 2000"),
        ("x" * 2001, 6, "1 to 2000"),
        ("tide", 0, "limit"),
    ],
)
def test_a_bad_question_is_refused_with_what_is_allowed(retriever, question, limit, words):
    with pytest.raises(RetrievalError, match=words):
        retriever.search(question, limit=limit)


@pytest.mark.parametrize(
    "question", ["?!…", "the", "\ud800 tide", 'tide" OR NEAR(', "a " * 900, "و", "潮力発電"]
)
def test_odd_questions_are_only_questions(retriever, question):
    assert isinstance(retriever.search(question), list)


def test_levels_are_conditions_of_the_query(tmp_path):
    # Prepare: one conversation at each level.
    embedder = default_embedder()
    sample = samples.load()[0]
    record = plain_record(sample, embedder, WindowPlan())
    with GenomeIndex.open(tmp_path / "library", embedder) as index:
        index.add(
            type(record)(
                **{name: getattr(record, name) for name in record.__slots__}
                | {"id": str(level), "source": source_of(level)}
            )
            for level in Level
        )
    retriever = Retriever(tmp_path / "index", tmp_path / "library", embedder)

    # Execute
    found = {
        levels: {p.conversation: p.level for p in retriever.search("migraine", levels=levels)}
        for levels in (
            frozenset({Level.PUBLIC}),
            frozenset({Level.PUBLIC, Level.GROUP}),
            frozenset(Level),
            frozenset(),
        )
    }
    retriever.close()

    # Assert
    for levels, passages in found.items():
        assert passages == {str(level): level for level in levels}


def test_a_word_that_was_meant_comes_from_what_the_reader_may_read_whole(tmp_path):
    # Prepare: a public genome, and a library of which a word is private.
    embedder = default_embedder()
    record = plain_record(samples.load()[0], embedder, WindowPlan())

    def row(level, text):
        window = IndexedWindow(0, 1, text, ())
        return replace(record, id=str(level), source=source_of(level), tags=(), windows=(window,))

    with GenomeIndex.open(tmp_path / "index", embedder) as index:
        index.add([row(Level.PUBLIC, "Ann: The lighthouse is dark.")])
    with GenomeIndex.open(tmp_path / "library", embedder) as index:
        index.add([row(Level.PRIVATE, "Ann: Zubrowka."), row(Level.PUBLIC, "Ann: The brewery.")])
    readers = [frozenset({Level.PUBLIC}), frozenset({Level.PUBLIC, Level.GROUP}), frozenset(Level)]
    retriever = Retriever(tmp_path / "index", tmp_path / "library", embedder)

    # Execute
    by_word = {
        word: [retriever.respelled(f"Who drinks {word}?", levels=levels) for levels in readers]
        for word in ("zubrwoka", "brewrey", "lihgthouse")
    }
    nobody = retriever.respelled("Who drinks lihgthouse?", levels=frozenset())
    retriever.close()

    # Assert
    assert by_word == {
        "zubrwoka": [None, None, "Who drinks Zubrowka?"],
        "brewrey": [None, None, "Who drinks brewery?"],
        "lihgthouse": ["Who drinks lighthouse?"] * 3,
    }
    assert nobody is None


def test_without_an_index_the_samples_answer_and_an_index_takes_their_place(tmp_path):
    # Prepare
    settings = Settings(data_dir=tmp_path)
    retriever = open_retriever(settings)
    samples_found = retriever.search("How much does a cubesat cost?")

    # Execute: the first index appears while the retriever is open.
    record = plain_record(samples.load()[0], default_embedder(), WindowPlan())
    with GenomeIndex.open(settings.index_dir, default_embedder()) as index:
        index.add([record])
    own_found = retriever.search("How much does a cubesat cost?")
    retriever.close()

    # Assert
    assert samples_found[0].conversation == "sample-youtube-cubesat-ground-station"
    assert {passage.conversation for passage in own_found} == {record.id}
