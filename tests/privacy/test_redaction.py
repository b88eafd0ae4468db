"""Redaction: what leaves the machine, and the way back that stays."""

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.privacy import Kind, RedactionPolicy, Vault, redact, restore_metadata, restore_text
from cgp.privacy.plain_text import plain_text
from cgp.privacy.redaction import opaque_id


def conversation(*texts, names=("Ana", "Ben"), **fields):
    turns = tuple(Turn(i % len(names), text, float(i)) for i, text in enumerate(texts))
    return Conversation("c-1", "test", tuple(map(Participant, names)), turns, **fields)


def texts(redaction):
    return [turn.text for turn in redaction.conversation.turns]


@pytest.fixture(scope="module", autouse=True)
def _compiled_rules():
    """Use every rule once: hypothesis times single examples, and words are compiled when first used."""
    redact(conversation("call 4111 1111 1111 1111, my seed phrase: " + "legal " * 12))


def letters(text):
    """Return the letters of a text: what is the same in every spelling of a value of these pieces."""
    return "".join(filter(str.isalpha, plain_text(text).text.lower()))


PIECES = [
    "ana@example.com", "+34 612 345 678", "4111 1111 1111 1111", "DE89370400440532013000", "078-05-1120",
    "192.0.2.7", "password: hunter2", "https://u:pw1@example.com/x", "[EMAIL_1]", "[phone_2]", "٠١٢٣٤", "call",
    "12:30", "[", "]", "_1]", "call me 5550142", "İ", "\x1e", "\n", "://", "@", "-----BEGIN RSA PRIVATE KEY-----",
    "my pin is 4821", "seed phrase: ", "eyJhbGciOi.eyJzdWIi.c2ln",
]  # fmt: skip
speech = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=12).map(" ".join)
glued = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map("".join)
conversations = st.lists(speech | glued, min_size=1, max_size=6).map(
    lambda turns: conversation(*turns)
)


@settings(deadline=None)
@given(conversations)
def test_every_text_is_restored_but_for_the_spelling_of_values(original):
    redaction = redact(original)
    restored = [redaction.restore(text) for text in texts(redaction)]
    assert list(map(letters, restored)) == [letters(turn.text) for turn in original.turns]


scraps = st.sampled_from(
    ["\n", "\t", "\r", " ", "\x1c", "\u2028", "\u3000", "\u200b", ".", ",", "4", "four ", "zero six ", "@", "dot ", "at ",
     "password", "is", ":", "'", '"', "\u0e23\u0e2b\u0e31\u0e2a", "密码", "+", "(", "-", "pin", "IBAN", "DE", "u/", "#1234", "///a.b.c"]
)  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(
        st.lists(scraps | st.text(max_size=3), max_size=8).map("".join), min_size=1, max_size=8
    )
)
def test_no_text_whatever_it_holds_makes_redaction_fail(turns):
    redacted = redact(conversation(*turns)).conversation
    assert len(redacted.turns) == len(turns)


pieces = st.sampled_from(
    ["the pin is", "4821", "07911 823466", "my number?", "and", "password:", "Okay", "Sunny!84", "466", "perro-azul-48", "codice",
     "2029 0130", "t's the number?", "NightOwl#4821", "111222333", "is me", "at gmail dot com", "jo@example.com", "[EMAIL_1]", "yes",
     "https://x.example/reset?token=8f3b1c9d77e04a52", "AKIAIOSFODNN7EXAMPLE", "code", "비밀번호", "密码是", "a very long word of no use at all"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.lists(pieces, max_size=9).map(" ".join), min_size=1, max_size=6))
def test_redacting_pieces_of_personal_data_twice_changes_nothing(turns):
    once = redact(conversation(*turns))
    again = redact(once.conversation)
    assert again.conversation == once.conversation
    assert not again.counts
    assert [once.restore(text) for text in texts(once)] == [
        once.restore(text) for text in texts(again)
    ]


def test_what_comes_near_by_the_marks_is_taken_out_and_comes_back():
    said = conversation(
        "what is the password?", "9903 jenny " + "x" * 110 + "@example.com is mine", "466 no"
    )
    redaction = redact(said)
    assert redact(redaction.conversation).counts == {}
    assert [redaction.restore(text) for text in texts(redaction)] == [t.text for t in said.turns]


@settings(deadline=None)
@given(conversations)
def test_redacting_twice_changes_nothing(original):
    once = redact(original).conversation
    again = redact(once)
    assert again.conversation == once
    assert not again.counts
    assert len(again.vault) == 0


@settings(deadline=None)
@given(conversations)
def test_ids_turns_speakers_and_times_stay(original):
    redacted = redact(original).conversation
    assert redacted.id in {original.id, opaque_id(original)}
    assert len(redacted.participants) == len(original.participants)
    assert [(t.speaker, t.at) for t in redacted.turns] == [
        (t.speaker, t.at) for t in original.turns
    ]


def test_equal_values_get_equal_placeholders_numbered_as_they_appear():
    redaction = redact(
        conversation("a@example.com or b@example.com?", "b@example.com, and c@example.com")
    )
    assert texts(redaction) == ["[EMAIL_1] or [EMAIL_2]?", "[EMAIL_2], and [EMAIL_3]"]
    assert redaction.counts == {Kind.EMAIL: 4}
    assert len(redaction.vault) == 3


def test_a_placeholder_that_was_there_before_is_not_given_out():
    redaction = redact(conversation("he wrote [email_1], I wrote a@example.com"))
    assert texts(redaction) == ["he wrote [email_1], I wrote [EMAIL_2]"]


def test_the_question_in_the_turn_before_makes_a_number_a_telephone_number():
    redaction = redact(conversation("What is your phone number?", "555 0142 77"))
    assert texts(redaction) == ["What is your phone number?", "[PHONE_1]"]
    assert texts(redact(conversation("How many?", "555 0142 77")))[1] == "555 0142 77"


def test_a_number_told_over_several_turns_is_found_in_each():
    redaction = redact(conversation("the first half is 4111 1111", "1111 1111 is the other"))
    assert texts(redaction) == ["the first half is [CARD_1]", "[CARD_2] is the other"]
    asked = redact(conversation("What's your number?", "07911", "uh-huh", "823 466"))
    assert texts(asked) == ["What's your number?", "[PHONE_1]", "uh-huh", "[PHONE_2]"]
    assert not redact(conversation("we sold 4111", "1111 more than before")).counts


def test_the_answer_to_a_question_for_a_password_is_one():
    assert texts(redact(conversation("what's the wifi password?", "oh, it's bluebonnet"))) == [
        "what's the wifi password?",
        "oh, it's [SECRET_1]",
    ]
    assert not redact(conversation("what's the wifi password?", "I forgot")).counts


def test_a_value_found_by_what_is_said_before_it_is_found_again_where_nothing_is_said():
    redaction = redact(
        conversation("my PIN is 482913", "482913? thanks", "again: 482913.", title="notes 482913")
    )
    assert texts(redaction) == ["my PIN is [SECRET_1]", "[SECRET_1]? thanks", "again: [SECRET_1]."]
    assert redaction.conversation.title == "notes [SECRET_1]"


def test_a_value_has_one_mark_however_it_is_spelled():
    redaction = redact(
        conversation(
            "ana.b@example.com or ANA.B@Example.com or ana.b (at) example (dot) com",
            "call +44 7911 823466, that is 07911 823 466 from here, so 07911823466",
        )
    )
    assert texts(redaction) == [
        "[EMAIL_1] or [EMAIL_1] or [EMAIL_1]",
        "call [PHONE_1], that is [PHONE_1] from here, so [PHONE_1]",
    ]


def test_source_language_and_ids_hold_no_personal_data_either():
    original = Conversation(
        "chat-ana@example.com", "whatsapp +34 612 345 678", (Participant("Ana", "612345678"),),
        (Turn(0, "hello"),), language="ana@example.com",
    )  # fmt: skip
    redacted = redact(original).conversation
    assert redacted.id == opaque_id(original)
    assert redacted.source == "whatsapp [PHONE_1]"
    assert redacted.language == "[EMAIL_1]"
    assert redacted.participants[0].id == "[PHONE_1]"


def test_characters_that_show_nothing_and_curly_quotes_hide_nothing():
    assert texts(redact(conversation("call 07911\u200b823\u2060466", "a\u00adna@example.com"))) == [
        "call [PHONE_1]",
        "[EMAIL_1]",
    ]
    assert texts(redact(conversation("the password’s “hunter2horse”")))[0].count("[SECRET_1]") == 1


def test_digits_of_other_scripts_and_wide_forms_are_digits():
    redaction = redact(conversation("هاتف +٩٧١٥٠١٢٣٤٥٦٧", "メール：ａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ"))
    assert texts(redaction) == ["هاتف [PHONE_1]", "メール：[EMAIL_1]"]
    assert redaction.restore("[PHONE_1]") == "+٩٧١٥٠١٢٣٤٥٦٧"


def test_titles_and_names_that_hold_personal_data_are_redacted():
    original = conversation(
        "hello", names=("+49 170 1234567", "Ben"), title="Chat with a@example.com"
    )
    redacted = redact(original).conversation
    assert redacted.title == "Chat with [EMAIL_1]"
    assert [p.name for p in redacted.participants] == ["[PHONE_1]", "Ben"]


def test_data_written_right_against_other_data_is_found_too():
    redaction = redact(conversation("a@example.com+34 612 345 678"))
    assert texts(redaction) == ["[EMAIL_1][PHONE_1]"]


def test_a_private_key_goes_whole_even_when_its_end_is_missing():
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\nAAAAB3Nz"
    redaction = redact(conversation(f"take {key}", f"{key}\n-----END OPENSSH PRIVATE KEY----- ok"))
    assert texts(redaction) == ["take [SECRET_1]", "[SECRET_2] ok"]


def test_a_recovery_phrase_goes_whole():
    words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    assert texts(redact(conversation(f"mnemonic: {words}"))) == ["mnemonic: [SECRET_1]"]


def test_a_password_in_an_address_takes_the_address_with_it_and_a_plain_address_stays():
    redaction = redact(conversation("https://u:pw1@example.com/x and https://example.com/y?page=2"))
    assert texts(redaction) == ["[URL_1] and https://example.com/y?page=2"]


def test_a_policy_may_leave_kinds_alone():
    original = conversation("a@example.com from 192.0.2.7")
    only_mail = redact(original, RedactionPolicy(kinds=frozenset({Kind.EMAIL})))
    assert texts(only_mail) == ["[EMAIL_1] from 192.0.2.7"]
    assert redact(original, RedactionPolicy(kinds=frozenset())).conversation == original


def test_metadata_is_restored_with_the_vault():
    redaction = redact(conversation("mail a@example.com"))
    metadata = Metadata(
        (Tag("mail to [email_1]", 2.0),),
        (ParticipantProfile(0, (Claim("contact", "is at [EMAIL_1]", (0,)),)),),
    )
    restored = restore_metadata(metadata, redaction.vault)
    assert restored.tags == (Tag("mail to a@example.com", 2.0),)
    assert restored.profiles[0].claims == (Claim("contact", "is at a@example.com", (0,)),)
    assert redaction.restore_metadata(metadata) == restored


def test_what_is_put_back_is_not_searched_again():
    vault = Vault({"[SECRET_1]": "[SECRET_2]", "[SECRET_2]": "x"})
    assert restore_text("[SECRET_1] [SECRET_2] [SECRET_3]", vault) == "[SECRET_2] x [SECRET_3]"


def test_a_vault_goes_through_json_and_never_shows_its_values(caplog):
    redaction = redact(conversation("mail a@example.com"), RedactionPolicy(pseudonym_key=b"k" * 16))
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("%s %r", redaction.vault, redaction.vault)
    assert "example" not in caplog.text
    assert "Vault(3 values, hidden)" in caplog.text
    assert "example" not in repr(redaction.vault)
    assert Vault.from_json(redaction.vault.to_json()) == redaction.vault
    assert "kkkk" not in repr(RedactionPolicy(pseudonym_key=b"k" * 16))


@pytest.mark.parametrize(
    "broken", [None, {}, {"version": 9, "originals": {}}, {"version": 1, "originals": {"a": 7}}]
)
def test_a_broken_vault_is_refused(broken):
    with pytest.raises(ValueError, match="vault"):
        Vault.from_json(broken)


def test_a_policy_is_the_same_every_time():
    original = conversation("a@example.com and +34 612 345 678", "192.0.2.7")
    assert redact(original) == redact(original)


@pytest.mark.parametrize("cut", ["...", "…", ""])
def test_a_title_that_is_cut_within_a_value_keeps_nothing_of_it(cut):
    said = "My new address is rosa.lindt@example.org, write there"
    talk = Conversation("c", "chat", (Participant("A"),), (Turn(0, said),), title=said[:29] + cut)
    redaction = redact(talk)
    assert redaction.conversation.title.startswith("My new address is [EMAIL_")
    assert "rosa" not in redaction.conversation.title
    assert redaction.restore(redaction.conversation.title) == talk.title


def test_an_address_is_known_again_without_its_article():
    turns = (Turn(0, "wir wohnen in der Ahornstraße 31, 01099 Dresden"), Turn(0, "Ahornstraße 31, 01099 Dresden, ja"))  # fmt: skip
    talk = Conversation("c", "chat", (Participant("A"),), turns)
    assert "Ahorn" not in redact(talk).conversation.transcript


def test_an_answer_to_a_recovery_phrase_is_no_part_of_it():
    # Prepare: "great" is a word of BIP39's list too.
    phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    turns = (
        Turn(0, f"The seed phrase is {phrase}"),
        Turn(1, "Great. I will write it down."),
        Turn(0, "A great day."),
    )
    talk = Conversation("c", "test", (Participant("Ann"), Participant("Bo")), turns)

    # Execute
    redacted = redact(talk).conversation

    # Assert
    assert [turn.text for turn in redacted.turns] == [
        "The seed phrase is [SECRET_1]",
        "Great. I will write it down.",
        "A great day.",
    ]
