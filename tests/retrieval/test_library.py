"""Files of one's own are indexed, cited by paragraph, and removed again."""

import json

import pytest

from cgp.cli import main
from cgp.config import Settings
from cgp.retrieval import Level, RetrievalError, cited_answer, open_retriever
from cgp.retrieval.documents import paragraphs, read_file
from cgp.retrieval.library import Library

NOTE = """# Greenhouse

The thermostat of the greenhouse is set to eleven degrees in winter.

Call Petra (petra@example.org) when the vents jam.
"""
TALK = "Ana: The ferry leaves at nine from the old quay.\nBen: Then we meet at eight.\n" * 3


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "notes.md").write_text(NOTE, encoding="utf-8")
    (tmp_path / "talk.txt").write_text(TALK, encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    return tmp_path


@pytest.fixture
def library(tmp_path):
    return Library.of(Settings(data_dir=tmp_path / "data"))


def test_files_are_found_by_their_owner_alone_and_cited(desk, library):
    # Execute
    report = library.add([desk / "notes.md", desk / "talk.txt"])
    retriever = open_retriever(Settings(data_dir=desk / "data"))
    question = "How warm is the greenhouse in winter?"
    own = retriever.search(question, levels=frozenset(Level))
    others = retriever.search(question, levels=frozenset({Level.PUBLIC, Level.GROUP}))
    answer = cited_answer(question, own, sentences=1)
    ferry = retriever.search("When does the ferry leave?", levels=frozenset(Level))
    retriever.close()

    # Assert
    assert (report.files, report.added, report.problems) == (2, 2, [])
    assert own[0].title == "notes.md"
    assert own[0].level is Level.PRIVATE
    assert answer.citations[0].turn == 1
    assert "eleven degrees" in answer.citations[0].quote
    assert not any(passage.source.startswith("library") for passage in others)
    assert ferry[0].turns[0].speaker == "Ana"
    # The gate is in force for files too.
    assert "petra@example.org" not in own[0].text
    assert "[EMAIL_1]" in own[0].text


def test_a_bad_file_is_named_and_the_rest_is_added(desk, library):
    report = library.add([desk])
    assert report.files == 2
    assert [path.name for path, _ in report.problems] == ["picture.png"]
    with pytest.raises(FileNotFoundError):
        library.add([desk / "nothing"])


def test_a_changed_file_replaces_itself_and_its_level(desk, library):
    library.add([desk / "notes.md"])
    (desk / "notes.md").write_text("The greenhouse was sold.", encoding="utf-8")
    library.add([desk / "notes.md"], Level.GROUP)
    [entry] = library.entries()
    assert (entry.title, entry.level, entry.turns) == ("notes.md", Level.GROUP, 1)


def test_files_are_removed_by_path_title_or_id(desk, library):
    library.add([desk / "notes.md", desk / "talk.txt"])
    assert library.remove([str(desk / "notes.md")]) == 1
    [entry] = library.entries()
    assert library.remove([entry.id]) == 1
    assert library.remove(["talk.txt"]) == 0
    assert library.entries() == []


def test_an_export_that_shrinks_leaves_nothing_behind(desk, library):
    talk = [
        {"id": str(n), "participants": ["A", "B"], "turns": [[0, f"tide {n}"], [1, "yes it is"]]}
        for n in range(3)
    ]
    file = desk / "talks.json"
    file.write_text(json.dumps(talk), encoding="utf-8")
    assert library.add([file]).added == 3
    file.write_text(json.dumps(talk[:2]), encoding="utf-8")
    library.add([file])
    assert len(library.entries()) == 2


def test_paragraphs_are_cut_at_sentences_and_keep_every_word():
    text = "One two three. " * 200 + "\n\n" + "x" * 3000 + "\n\n \n\nlast"
    pieces = paragraphs(text)
    assert max(map(len, pieces)) <= 1200
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.txt", b"", "no text"),
        ("blank.md", b" \n\n \n", "no text"),
        ("zeros.txt", bytes(200), "not text"),
        ("sheet.xlsx", b"PK\x03\x04", "neither"),
    ],
)
def test_a_file_without_text_is_refused_with_the_reason(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RetrievalError, match=words):
        read_file(tmp_path / name)


def test_the_command_adds_lists_and_removes(desk, monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr("sys.argv", ["cgp", "library", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, capsys.readouterr()

    monkeypatch.setenv("DATA_DIR", str(desk / "data"))
    monkeypatch.chdir(desk)
    assert run("list", "--json")[1].out.strip() == "[]"
    status, shown = run("add", "notes.md", "picture.png", "--level", "group")
    assert status == 1
    assert "1 file in the library now (group), 1 document or conversation;" in shown.out
    assert "picture.png" in shown.err
    [entry] = json.loads(run("list", "--json")[1].out)
    assert (entry["title"], entry["level"]) == ("notes.md", "group")
    assert run("remove", "notes.md")[0] == 0
    status, shown = run("remove", "notes.md")
    assert status == 1
    assert "nothing of that name" in shown.err
