"""Annotators of other authors: from a file that a person names, and from an installed package."""

import asyncio
import os
import sys

import pytest

from cgp import samples
from cgp.annotators import AnnotationError
from cgp.annotators.choose import annotator_of, open_annotator
from cgp.annotators.report import report_of
from cgp.annotators.spec import AnnotatorSpec, AnnotatorSpecError
from cgp.config import Settings
from cgp.settings_sources import CodeInSettingsError

TALK = samples.load()[0]
CODE = '''
"""A file of annotators, as a miner writes it."""

from cgp.metadata import Metadata, Tag


class Longest:
    def __init__(self, least="7"):
        self.least = int(least)

    def tags(self, conversation, max_tags):
        words = (word for turn in conversation.turns for word in turn.text.split())
        return [word for word in dict.fromkeys(words) if len(word) >= self.least]


class Whole:
    name = "whole/1"
    closed = 0

    async def annotate(self, conversation, *, max_tags, purpose):
        return Metadata((Tag(f"{purpose} of {len(conversation.turns)} turns"),))

    async def close(self):
        Whole.closed += 1


class Broken:
    def tags(self, conversation, max_tags):
        raise ZeroDivisionError("no words")


class Unclosed:
    def tags(self, conversation, max_tags):
        return ["night trams"]

    def close(self):
        raise OSError("the disk is full")


class Text:
    def tags(self, conversation, max_tags):
        return "night trams"


class Nothing:
    def tags(self, conversation, max_tags):
        return None


class Empty:
    pass
'''


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(CODE, encoding="utf-8")
    return path


def annotated(spec, **arguments):
    async def run():
        async with open_annotator(Settings(_env_file=None), spec) as annotator:
            return annotator.name, await annotator.annotate(TALK, **arguments)

    return asyncio.run(run())


def test_a_class_in_a_file_annotates_with_its_options_and_the_limit(file):
    name, metadata = annotated(f"{file}:Longest,least=9,max_tags=3", max_tags=12)
    assert name == "mine/Longest"
    assert len(metadata.tags) == 3
    assert all(len(tag.text) >= 9 for tag in metadata.tags)


def test_the_whole_protocol_may_be_written_too(file):
    name, metadata = annotated(f"{file}:Whole", max_tags=4, purpose="index")
    assert name == "whole/1"
    assert [tag.text for tag in metadata.tags] == [f"index of {len(TALK.turns)} turns"]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("Longest,most=3", "unexpected keyword argument 'most'"),
        ("Longset", "mine.py has Longest, Whole, Broken"),
        ("Empty", "neither a method tags nor a method annotate"),
    ],
)
def test_a_wrong_name_or_option_says_what_there_is(file, named, said):
    with pytest.raises(AnnotatorSpecError, match=said):
        annotator_of(f"{file}:{named}", Settings(_env_file=None))


def test_a_missing_file_and_a_broken_one_are_named(tmp_path):
    (tmp_path / "wrong.py").write_text("import nothing_of_that_name", encoding="utf-8")
    for name, said in (("none.py", "no file"), ("wrong.py", "nothing_of_that_name")):
        with pytest.raises(AnnotatorSpecError, match=said):
            annotator_of(f"{tmp_path / name}:Mine", Settings(_env_file=None))


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("Broken", r"ZeroDivisionError: no words \(\w+\.py, line 29\)"),
        ("Text", "must return texts"),
        ("Nothing", "must return texts"),
    ],
)
def test_a_fault_in_it_is_a_failed_annotation_that_is_counted(file, named, said):
    annotator = annotator_of(f"{file}:{named}", Settings(_env_file=None))
    with pytest.raises(AnnotationError, match=said):
        asyncio.run(annotator.annotate(TALK, max_tags=3))
    assert report_of(annotator).failed == 1


def test_a_fault_in_closing_it_is_named_too(file):
    with pytest.raises(AnnotationError, match=r"OSError: the disk is full \(mine\.py, line 37\)"):
        annotated(f"{file}:Unclosed", max_tags=3)


def test_an_installed_package_brings_one_by_name(tmp_path, monkeypatch, file):
    # Prepare: a package as pip leaves it, its code and its entry points
    (tmp_path / "tagger_of_ann.py").write_text(CODE, encoding="utf-8")
    metadata = tmp_path / "tagger_of_ann-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: tagger-of-ann\nVersion: 1.0\n", encoding="utf-8")
    lines = "[cgp.annotators]\nlongest-words = tagger_of_ann:Longest\n"
    (metadata / "entry_points.txt").write_text(lines, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    # Execute
    _, tagged = annotated("longest-words,least=8", max_tags=2)
    with pytest.raises(AnnotatorSpecError) as unknown:
        annotator_of("longest", Settings(_env_file=None))

    # Assert
    assert len(tagged.tags) == 2
    assert "an installed one (longest-words)" in str(unknown.value)
    sys.modules.pop("tagger_of_ann", None)


def test_specs_of_files_are_read_back_as_written():
    for text in ("./a b/mine.py:Mine,depth=3", "mine.py:Mine", "/srv/mine.py:Mine,max_tags=4"):
        spec = AnnotatorSpec.parse(text)
        assert spec.is_file
        assert str(spec) == text


def test_only_the_command_line_names_code(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    flags = Settings.from_command_line(["--annotator", "mine.py:Mine"])
    assert flags.annotator == "mine.py:Mine"

    (tmp_path / ".env").write_text("ANNOTATOR=mine.py:Mine\n", encoding="utf-8")
    with pytest.raises(CodeInSettingsError, match=r"ANNOTATOR in \.env"):
        Settings()
    (tmp_path / ".env").unlink()
    monkeypatch.setenv("VALIDATOR_TRUTH_ANNOTATORS", "embedded,./mine.py:Mine")
    with pytest.raises(SystemExit):
        Settings.from_command_line([])
    assert "VALIDATOR_TRUTH_ANNOTATORS in the environment" in capsys.readouterr().err
    assert "mine.py" not in os.environ.get("ANNOTATOR", "")
