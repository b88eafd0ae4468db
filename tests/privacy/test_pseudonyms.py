"""Pseudonyms: the same person is the same throughout a conversation, and nobody outside it."""

import stat
from dataclasses import replace

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.privacy import Kind, RedactionPolicy, choose_policy, pseudonym_key, redact

POLICY = RedactionPolicy(pseudonym_key=b"a key of at least 16 bytes")


def conversation(*texts, names=("Ana García", "Ben"), ids=(), **fields):
    participants = tuple(
        Participant(name, ids[i] if i < len(ids) else None) for i, name in enumerate(names)
    )
    return Conversation("c-1", "test", participants, tuple(Turn(0, t) for t in texts), **fields)


def spoken(redaction):
    return [turn.text for turn in redaction.conversation.turns]


def test_names_and_mentions_become_the_same_pseudonym():
    redaction = redact(
        conversation("Ana García is here", "hi ANA, hi ben's dog", title="Ana and Ben"), POLICY
    )
    ana, ben = (p.name for p in redaction.conversation.participants)
    assert spoken(redaction) == [f"{ana} is here", f"hi {ana}, hi {ben}'s dog"]
    assert redaction.conversation.title == f"{ana} and {ben}"
    assert redaction.counts == {Kind.NAME: 5}
    assert redaction.restore(f"{ben} thanks {ana}.") == "Ben thanks Ana García."


def test_a_pseudonym_depends_on_the_key_and_the_conversation_only():
    original = conversation("hello")
    names = redact(original, POLICY).conversation.participants
    assert (
        redact(replace(original, turns=(Turn(1, "other"),)), POLICY).conversation.participants
        == names
    )
    assert redact(replace(original, id="c-2"), POLICY).conversation.participants != names
    other = RedactionPolicy(pseudonym_key=b"another key of 16 bytes")
    assert redact(original, other).conversation.participants != names


def test_participants_keep_apart_and_lose_their_ids():
    many = conversation(
        "hello", names=[f"Person {i}" for i in range(2000)] + ["Ana", "Ana"], ids=["U02ABCD"]
    )
    participants = redact(many, POLICY).conversation.participants
    assert len({p.name for p in participants}) == 2002
    assert all(p.id is None for p in participants)


def test_an_id_that_is_mentioned_is_a_mention():
    redaction = redact(conversation("ask <@U02ABCD>", ids=["U02ABCD"]), POLICY)
    assert spoken(redaction) == [f"ask <@{redaction.conversation.participants[0].name}>"]


@pytest.mark.parametrize("text", ["JOSÉ came", "jose came", "José came", "jOSE\u0301 came"])
def test_case_accents_and_unicode_form_of_a_mention_do_not_matter(text):
    redaction = redact(conversation(text, names=("José",)), POLICY)
    assert spoken(redaction) == [f"{redaction.conversation.participants[0].name} came"]


def test_names_without_spaces_around_them_are_found():
    redaction = redact(conversation("我觉得张伟说得对", names=("张伟",)), POLICY)
    assert spoken(redaction) == [f"我觉得{redaction.conversation.participants[0].name}说得对"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Al", "al dente"),
        ("Professor C", "the professor said c"),
        ("Marketing", "marketing is hard"),
        ("Will", "will you come"),
        ("Ann", "annual planning"),
        ("Speaker 1", "the first speaker had 1 idea"),
        ("De la Cruz", "de la noche"),
    ],
)
def test_words_that_are_no_mention_stay(name, text):
    assert spoken(redact(conversation(text, names=(name,)), POLICY)) == [text]


def test_a_name_does_not_reach_over_the_end_of_a_turn():
    redaction = redact(conversation("it was Ana", "García Lorca wrote it"), POLICY)
    name = redaction.conversation.participants[0].name
    assert spoken(redaction) == [f"it was {name}", f"{name} Lorca wrote it"]
    assert redaction.counts == {Kind.NAME: 2}


def test_a_name_that_is_a_common_word_counts_with_a_capital_letter():
    redaction = redact(conversation("will Will come", names=("Will",)), POLICY)
    assert spoken(redaction) == [f"will {redaction.conversation.participants[0].name} come"]


def test_a_name_inside_other_personal_data_goes_with_it():
    redaction = redact(conversation("ana@example.com", names=("Ana",)), POLICY)
    assert spoken(redaction) == ["[EMAIL_1]"]


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        redact(conversation("hello"), RedactionPolicy(pseudonym_key=b""))


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "data" / "pseudonym.key"
    key = pseudonym_key(path)
    assert len(key) == 32
    assert pseudonym_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["pseudonym.key"]


def test_a_file_that_is_no_key_is_named(tmp_path):
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ValueError, match="not a pseudonym key"):
        pseudonym_key(tmp_path / "key")


def test_the_settings_choose_the_policy(tmp_path):
    key_file = tmp_path / "key"
    plain = choose_policy(redact=True, pseudonymise=False, names="none", key_file=key_file)
    assert (plain.kinds, plain.pseudonym_key) == (frozenset(Kind), None)
    assert not key_file.exists()
    off = choose_policy(redact=False, pseudonymise=False, names="none", key_file=key_file)
    original = conversation("a@example.com")
    assert redact(original, off).conversation == original
    named = choose_policy(redact=False, pseudonymise=True, names="none", key_file=key_file)
    assert named.pseudonym_key == key_file.read_bytes()
