import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.annotators.answer import (
    ATTRIBUTES,
    AnswerForm,
    answer_schema,
    clean,
    read_answer,
    without_bounds,
)
from cgp.annotators.errors import UnusableAnswerError
from cgp.annotators.json_reading import read_object
from cgp.metadata import Metadata
from cgp.scoring.form import defect_of
from cgp.scoring.settings import FormSettings
from cgp.text import normal_form
from tests.annotators.llm.conftest import conversation

FORM = AnswerForm(8, 2)
TALK = conversation("How do I get to work?", "Take the bus.")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["tags", "profiles", "participant", "claims", "attribute", "value", "turns"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "dressed",
    [
        '{"tags": ["a"]}',
        'Sure! Here it is:\n```json\n{"tags": ["a"]}\n```\nAnything else? {smile}',
        '<think>{"tags": ["not this"]} hmm</think>{"tags": ["a"]}',
        '{"note": 1} {"tags": ["a"]} {"note": 2}',
        '{"tags": ["a",],}',
        '{"tags": ["a"], "profiles": [{"participant": 0, "cla',
        '{"tags": ["a", "b',
        '{broken {"tags": ["a"]}',
    ],
)
def test_the_object_is_found_however_it_is_dressed(dressed):
    assert read_object(dressed)["tags"] == ["a"]


def test_a_line_break_and_brackets_inside_a_string_are_read():
    assert read_object('{"tags": ["a\nb", "}{", "\\"]"]}')["tags"] == ["a\nb", "}{", '"]']


@given(text=st.text(alphabet='{}[]",:\\ at1\n', max_size=200))
def test_reading_garbage_gives_an_object_or_a_clear_error(text):
    with contextlib.suppress(UnusableAnswerError):
        assert isinstance(read_object(text), dict)


@pytest.mark.parametrize("text", ["{" * 199_000, '{"a":' * 39_000, '{"' * 99_000, "{x}" * 60_000])
def test_reading_hostile_nesting_ends(text):
    with pytest.raises(UnusableAnswerError):
        read_object(text)


@given(value=JSON, tags=JSON)
@settings(deadline=None)  # the first call loads the embedder
def test_any_json_gives_checked_metadata_or_a_clear_error(value, tags):
    text = json.dumps({**(value if isinstance(value, dict) else {}), "tags": tags})
    try:
        metadata = read_answer(text, TALK, AnswerForm(5, 2)).metadata
    except UnusableAnswerError:
        return
    names = [normal_form(tag.text) for tag in metadata.tags]
    assert 1 <= len(names) <= 5
    assert len(set(names)) == len(names)
    assert all(names)
    assert all(
        defect_of(tag.text, normal_form(tag.text), FormSettings()) == "" for tag in metadata.tags
    )
    assert [profile.participant for profile in metadata.profiles] == [0, 1]
    for profile in metadata.profiles:
        for claim in profile.claims:
            assert claim.turns
            assert set(claim.turns) <= {0, 1}
    assert Metadata.from_json(metadata.to_json()) == metadata


@given(text=st.text(max_size=40))
def test_cleaning_leaves_one_visible_line_and_changes_nothing_twice(text):
    assert clean(text).isprintable() or "\u3000" in text
    assert clean(clean(text)) == clean(text)


def test_an_answer_that_fits_the_schema_is_kept_whole():
    claims = [
        {"attribute": attribute, "value": f"{attribute} of the bus", "turns": [1]}
        for attribute in ATTRIBUTES
    ]
    answer = {"tags": ["bus"], "profiles": [{"participant": 1, "claims": claims}]}
    (nobody, somebody) = read_answer(json.dumps(answer), TALK, FORM).metadata.profiles
    assert nobody.claims == ()
    assert [claim.value for claim in somebody.claims] == [claim["value"] for claim in claims]


@pytest.mark.parametrize("profiles", [True, False])
def test_every_list_and_string_of_the_schema_is_bounded(profiles):
    def check(schema):
        if schema["type"] == "array":
            assert 0 < schema["maxItems"] <= 16
            check(schema["items"])
        elif schema["type"] == "string" and "enum" not in schema:
            assert 0 < schema["maxLength"] <= 200
        for part in schema.get("properties", {}).values():
            check(part)

    schema = answer_schema(AnswerForm(12, 3, profiles=profiles))
    check(schema)
    assert not {"maxItems", "maxLength", "minimum"} & set(
        json.dumps(without_bounds(schema)).split('"')
    )
    assert ("profiles" in schema["properties"]) is profiles
