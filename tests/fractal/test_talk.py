"""Talk: answers learned by contrast, abstention, files, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cgp.cli.fractal import app
from cgp.cli.talk import talk as talk_command
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.fractal import FractalNetwork
from cgp.fractal.talk.entries import FEATURES
from cgp.fractal.talk.errors import EmptyMessageError, PairsError, TalkError, TalkFileError
from cgp.fractal.talk.model import NO_ANSWER, ReplyKind, TalkModel, probabilities
from cgp.fractal.talk.pairs import Pair, read_pairs, redacted_pairs
from cgp.fractal.talk.phrases import PhraseModel
from cgp.fractal.talk.talk_file import talk_from_bytes, talk_path, talk_to_bytes
from cgp.fractal.talk.training import TalkPlan, train_talk
from cgp.privacy import STANDARD
from tests.fractal.test_latent import typer_app

runner = CliRunner()
PAIRS = [
    ("How long should I boil an egg?", "Seven minutes for a soft yolk."),
    ("Where is the spare key?", "Under the blue flower pot."),
    ("When does the bakery open on Sunday?", "At eight in the morning."),
    ("Which bus goes to the airport?", "Line 42, every twenty minutes."),
    ("Who repairs old bicycles in town?", "Marta, in the yard behind the church."),
    ("What is the password of the guest network?", "It is written inside the cupboard."),
    ("How do I feed the sourdough starter?", "Equal parts of flour and water, daily."),
    ("Why is the cellar door locked?", "Because the wine is aging there."),
    ("How tall is the radio tower?", "It has 212 metres."),
    ("What do hedgehogs eat in spring?", "Beetles, worms and caterpillars."),
    ("When was the stone bridge built?", "In 1734, after the flood."),
    ("How many players are in a handball team?", "Seven on the court."),
    ("Which paint keeps rust away?", "A primer with zinc."),
    ("Where do we meet for choir practice?", "In the old school, second floor."),
    ("How is the village called where grandmother was born?", "Oberwald."),
]
PARAPHRASES = [
    ("how long do i boil eggs", 0),
    ("Where can I find the spare key", 1),
    ("On Sunday, when does the bakery open?", 2),
    ("which bus takes me to the airport", 3),
    ("who can repair an old bicycle in this town?", 4),
    ("guest network password?", 5),
    ("how tall is that radio tower", 8),
    ("what does a hedgehog eat in spring", 9),
    ("when was the bridge of stone built", 10),
    ("what paint keeps the rust away?", 12),
]
UNRELATED = [
    "Explain the French revolution.",
    "What is the derivative of a sine?",
    "Do you like jazz music?",
    "My computer does not start any more.",
    "Is there life on Mars?",
    "Tell me a joke about lawyers.",
]


def pairs():
    return tuple(Pair(question, answer) for question, answer in PAIRS)


@pytest.fixture(scope="module")
def result():
    return train_talk(pairs(), default_encoder(), default_embedder(), TalkPlan(epochs=4))


def ask(model, message, **options):
    return model.reply(message, np.random.default_rng(0), **options)


def test_learned_questions_get_their_answers_and_others_are_not_guessed(result):
    exact = [ask(result.model, question).text == answer for question, answer in PAIRS]
    light = [ask(result.model, text).text == PAIRS[n][1] for text, n in PARAPHRASES]
    unrelated = [ask(result.model, text) for text in UNRELATED]

    assert all(exact)
    assert np.mean(light) >= 0.8
    assert np.mean([reply.kind is ReplyKind.ABSTENTION for reply in unrelated]) >= 0.8
    assert all(r.text == NO_ANSWER for r in unrelated if r.kind is ReplyKind.ABSTENTION)


def test_figures_are_live_and_collapse_is_no_optimum(result):
    first, last = result.figures[0], result.figures[-1]
    assert [figures.epoch for figures in result.figures] == [1, 2, 3, 4]
    assert last.loss < first.loss
    assert last.gap >= 0.3
    # A constant head gives each entry the same chance, whatever its constant.
    constant = FractalNetwork.start(len(FEATURES), 0)
    collapsed = TalkModel(result.model.entries, constant, 0.5)
    shares = collapsed.chances([PAIRS[0][0]]).answers[0]
    assert len({round(share, 9) for share in shares.values()}) == 1
    assert ask(collapsed, PAIRS[0][0]).kind is not ReplyKind.ANSWER


@pytest.mark.parametrize("message", ["", " \n", "?!"])
def test_an_empty_message_is_refused_and_changes_nothing(result, message):
    before = talk_to_bytes(result.model)
    with pytest.raises(EmptyMessageError):
        ask(result.model, message)
    with pytest.raises(ValueError, match="temperature"):
        ask(result.model, "hello", temperature=0.0)
    assert talk_to_bytes(result.model) == before


def test_no_answer_is_said_twice_in_one_conversation(result):
    question, answer = PAIRS[0]
    again = ask(result.model, question, earlier=[answer])
    assert again.text != answer


def test_words_between_answers_come_where_several_fit(result):
    # No answer alone may be likely enough here, so that all of them together speak.
    careful = TalkModel(result.model.entries, result.model.head, 0.5)
    careful.head = FractalNetwork(
        {**careful.head.parameters, **{n: t * 0 for n, t in careful.head.parameters.items()}}
    )

    reply = ask(careful, PAIRS[0][0])

    assert reply.kind is ReplyKind.INTERPOLATION
    words = {word for _, answer in PAIRS for word in answer.split()}
    assert set(reply.text.split()) <= words
    assert reply.text == ask(careful, PAIRS[0][0]).text


def test_a_file_gives_back_the_very_replies_and_a_spoilt_one_is_named(result, tmp_path):
    data = talk_to_bytes(result.model)
    encoder, embedder = default_encoder(), default_embedder()

    again = talk_from_bytes(data, "mine.talk", encoder, embedder)

    assert talk_to_bytes(again) == data
    for text, _ in PARAPHRASES[:3]:
        assert again.chances([text]).answers == result.model.chances([text]).answers
    for bad in (
        b"",
        data[:-8],
        data.replace(b"n..u", b"n.x.u"),
        data.replace(b"MiniLM", b"MaxiLM"),
    ):
        if bad != data:
            with pytest.raises(TalkFileError, match=r"mine\.talk"):
                talk_from_bytes(bad, "mine.talk", encoder, embedder)
    assert talk_path(tmp_path, "mine") == tmp_path / "mine.talk"
    for name in ("../x", "", "a/b", ".hidden", "x" * 65):
        with pytest.raises(TalkFileError):
            talk_path(tmp_path, name)


def test_both_shapes_are_read_and_each_bad_row_is_named():
    both = json.dumps([{"question": "a?", "answer": "b"}, ["c?", "d"], ["c?", "d"]]).encode()
    assert read_pairs(both, "x.json") == (Pair("a?", "b"), Pair("c?", "d"))

    rows = [["q?", "a"], {"q": 1}, ["", "a"], ["a"], ["q?", None], 3, {"question": "q?"}, "qa"]
    with pytest.raises(PairsError) as fault:
        read_pairs(json.dumps(rows).encode(), "x.json")
    text = str(fault.value)
    assert "row 1" not in text
    assert all(f"row {n}: " in text for n in range(2, 7))
    assert "and 2 more" in text
    for bad in (b"", b"{}", b"[]", b"\xff\xfe", b"[" * 100_000, b'"question"'):
        with pytest.raises(PairsError, match="x"):
            read_pairs(bad, "x.json")
    with pytest.raises(TalkError, match="4 different answers and an epoch at least, not"):
        train_talk(pairs()[:3], default_encoder(), default_embedder())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=6), st.integers(0, 5))
def test_chances_sum_to_one_and_what_is_hidden_has_none(values, hidden):
    scores = np.array([values])
    is_hidden = np.arange(len(values))[None, :] == hidden
    shares, none = probabilities(scores, is_hidden)
    assert shares.sum() + none[0] == pytest.approx(1.0)
    assert not shares[is_hidden].any()


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.text("ab ", min_size=1).filter(str.strip), st.floats(0.01, 1), min_size=1, max_size=4
    )
)
def test_the_phrase_model_is_a_distribution_and_never_silent(answers):
    model = PhraseModel(answers)
    history = ("\x02", next(iter(answers)).split()[0])
    assert sum(model.distribution(history).values()) == pytest.approx(1.0)
    for temperature in (0.1, 2.0):
        assert model.speak(np.random.default_rng(1), temperature).strip()


def test_the_commands_teach_and_answer(tmp_path):
    # Prepare
    source, mine = tmp_path / "qa.json", tmp_path / "mine.talk"
    rows = [{"question": question, "answer": answer} for question, answer in PAIRS]
    source.write_text(json.dumps(rows), encoding="utf-8")
    talking = typer_app(talk_command)

    # Execute
    taught = runner.invoke(app, ["teach", str(source), "--out", str(mine), "--epochs", "2"])
    answer = runner.invoke(talking, [str(mine), "-m", "Where is the spare key?", "--json"])
    lines = runner.invoke(talking, [str(mine)], input="where is the spare key\n\n")
    half = runner.invoke(talking, [str(mine), "--partner", "http://localhost:1/v1"])
    alone = runner.invoke(talking, [str(mine), "-m", "Hello", "--out", str(tmp_path / "a.json")])
    nowhere = runner.invoke(app, ["teach", str(source), "--out", str(tmp_path / "none" / "x")])

    # Assert
    assert taught.exit_code == 0, taught.output
    assert "epoch 2: loss" in taught.output
    document = json.loads(answer.output)
    assert document["text"] == "Under the blue flower pot."
    assert document["kind"] == "answered"
    assert "flower pot" in lines.output
    assert half.exit_code == 2
    assert "go together" in half.output
    assert "--out is for a conversation" in alone.output
    assert "there is no folder" in nowhere.output


def test_a_plan_without_epochs_is_refused():
    with pytest.raises(TalkError):
        train_talk(pairs(), default_encoder(), default_embedder(), replace(TalkPlan(), epochs=0))


def test_what_is_learned_holds_no_personal_data():
    # Prepare: a value in an answer comes again, bare, in another question.
    pairs = [
        Pair("Who mends the boat?", "Write to ann@example.org."),
        Pair("Is ann@example.org still the address?", "Yes, it is."),
    ]

    # Execute
    redacted = redacted_pairs(pairs, STANDARD)

    # Assert
    assert redacted == (
        Pair("Who mends the boat?", "Write to [EMAIL_1]."),
        Pair("Is [EMAIL_1] still the address?", "Yes, it is."),
    )
    assert redacted_pairs(redacted, STANDARD) == redacted
