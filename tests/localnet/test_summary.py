"""The tables of a run: what is of this run, and what is left of earlier ones."""

from collections import Counter
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cgp import samples
from cgp.annotators.report import AnnotatorReport
from cgp.cli.localnet_summary import legend, print_summary
from cgp.conversation import Conversation, Participant, Turn
from cgp.localnet.reasons import AnswerRecord, reason_of
from cgp.localnet.summary import (
    ConversationSummary,
    MinerSummary,
    Summary,
    conversation_summaries,
    finished_ids,
)
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.miner_names import MinerNames, add_miner_names
from cgp.mining import MinedWindow
from cgp.privacy import STANDARD
from cgp.quality import Quality
from cgp.sources.importing import ImportReport, import_conversations
from cgp.store import AnnotatedConversation, QualityRecord, Store


def miner(name, *, runs):
    return MinerSummary(
        name=name,
        uid=2,
        hotkey="5Hotkey",
        runs=runs,
        annotator="embedded/3" if runs else "",
        answers=3,
        score=0.3,
        reward=0.5,
        weight=0.5,
        report=None,
        why="",
    )


def printed(capsys, **changes):
    return " ".join(page(capsys, **changes).split())


def page(capsys, *, in_browser=False, **changes):
    fields = {
        "imported": ImportReport(),
        "conversations": [ConversationSummary("talk", "test", "done", "", ("ferry",), "")],
        "conversations_done": 1,
        "done_before": 0,
        "windows": 1,
        "answers": 3,
        "weights_set": True,
        "block": 9,
        "seconds": 1.0,
        "miners": [miner("miner-1", runs=True)],
        "truth": [],
        "truth_annotators": ["embedded/3"],
        "store": Path("store.sqlite"),
    }
    print_summary(Summary(**(fields | changes)), Path("localnet"), in_browser=in_browser)
    return capsys.readouterr().out


def test_a_run_of_its_own_has_no_remarks(capsys):
    said = printed(capsys, truth=[AnnotatorReport("embedded/3")])
    assert "Ground truth: embedded/3" in said
    assert "Nothing was left to tag" not in said
    assert "does not run" not in said
    assert "imported" not in said


def test_the_sum_says_which_of_the_given_files_could_not_be_read(capsys, tmp_path):
    talk, junk = tmp_path / "talk.txt", tmp_path / "junk.jsonl"
    talk.write_text("Ann: The tram is late again.\nBen: Buy a bicycle, then.\n", encoding="utf-8")
    junk.write_text('{"turns": []}\n', encoding="utf-8")

    said = printed(capsys, imported=import_conversations([talk, junk], None))

    assert "1 of 1 conversation imported" in said
    assert "1 could not be read" in said


def test_an_annotator_that_failed_is_named_whole_in_a_narrow_terminal(capsys):
    report = AnnotatorReport("tagger/Phrases", asked=6, failed=6, last_failure="no model")
    bad = replace(miner("bad", runs=True), annotator="tagger.py:Phrases", report=report)
    text = printed(capsys, miners=[bad])
    assert "tagger.py:Phrases" in text
    assert "6 failed" in text


def test_a_run_with_nothing_to_do_says_so_and_names_the_miners_that_do_not_run(capsys):
    miners = [miner("miner-1", runs=True), miner("early", runs=False)]
    said = printed(capsys, done_before=1, miners=miners)
    assert "Nothing was left to tag: all conversations (1) were finished by earlier runs" in said
    assert "Ground truth: embedded/3" in said
    assert said.count("does not run now") == 1
    assert "Of an earlier run, with what they earned in it: early." in said


def test_a_miner_that_stopped_keeps_its_name(tmp_path):
    add_miner_names(tmp_path, {"5A": "early"})
    add_miner_names(tmp_path, {"5B": "late"})
    names = MinerNames(tmp_path)
    assert (names.of("5A"), names.of("5B"), names.of("5C")) == ("early", "late", "")


SHARE = Claim("talk_share", "60% of the talk", (0, 2))
STANCE = Claim("stance", "wants a bicycle", (1,))
QUESTIONS = Claim("question", 'asks "Is it late?"', (0, 2))


@pytest.mark.parametrize(
    ("profiles", "shown"),
    [
        ([ParticipantProfile(0, (SHARE,))], ""),
        ([ParticipantProfile(0, (SHARE,)), ParticipantProfile(1, (STANCE,))], "Ben - stance: "),
        (
            [ParticipantProfile(0, (QUESTIONS,)), ParticipantProfile(1, (STANCE,))],
            "Ben - stance: ",
        ),
        ([], ""),
    ],
)
def test_the_person_shown_is_one_of_whom_statements_are_known_and_not_who_asks_or_talks_most(
    tmp_path, profiles, shown
):
    turns = (Turn(0, "The tram is late."), Turn(1, "Buy a bicycle."), Turn(0, "No."))
    people = (Participant("Ana"), Participant("Ben"))
    talk = Conversation("talk", "test", people, turns, title="Ask ana@example.org")
    found = MinedWindow(0, None, 0, 0, 3, Metadata((Tag("tram"),), tuple(profiles)))
    quality = QualityRecord("1", "e", Quality(0.5, 0.5, 0.5, 0.5, 0.5))
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        store.add_conversations([talk])
        store.finish_annotated([AnnotatedConversation(talk, "embedded/5", [found], quality)])
        (summary,) = conversation_summaries(store, STANDARD)
        (again,) = conversation_summaries(store, STANDARD, earlier=finished_ids(store))
    assert summary.tags == ("tram",)
    assert summary.title == "Ask [EMAIL_1]"
    assert again == replace(summary, earlier=True)
    assert summary.profile == (shown and f"{shown}{STANCE.value}")


def test_the_legend_is_printed_and_stands_in_the_readme_as_printed(capsys):
    assert legend([]) in printed(capsys)
    page = Console(width=80, file=StringIO())
    page.print(legend([]), highlight=False)
    lines = "\n".join(line.rstrip() for line in page.file.getvalue().splitlines())
    readme = Path(__file__).parents[2] / "README.md"
    assert lines in readme.read_text(encoding="utf-8")


def test_the_legend_explains_only_words_that_are_said(capsys):
    assert "Not supported:" not in printed(capsys)
    record = AnswerRecord(windows=1, verdicts=Counter(ungrounded=1))
    why = reason_of(record, 0.0)
    said = printed(capsys, miners=[replace(miner("miner-1", runs=True), why=why)])
    assert "Not supported: no more by the window than by other conversations. More:" in said


def test_the_next_steps_search_for_a_tag_of_the_run(capsys):
    tags = ("--weak", "a\x1b[2Jb", '$(reboot)\'s "end"')
    talk = ConversationSummary("talk", "test", "done", "", tags, "")
    said = printed(capsys, conversations=[talk])
    assert "cgp index; cgp search '$(reboot)'\"'\"'s \"end\"' " in said
    assert "./run_localnet.sh --web shows it in a browser" in said
    assert "cgp index ./" in printed(capsys, conversations=[]).replace("cgp export", "./")


def test_the_next_steps_search_for_a_tag_of_the_conversations_of_this_run(capsys):
    talks = [
        ConversationSummary("sample", "test", "done", "", ("headaches",), ""),
        ConversationSummary("own", "test", "done", "", ("late trams",), ""),
    ]
    ours = [replace(talks[0], earlier=True), talks[1]]
    assert "cgp index; cgp search 'late trams' " in printed(capsys, conversations=ours)
    assert "cgp search headaches" in printed(capsys, conversations=talks)
    without_tags = [ours[0], replace(ours[1], tags=())]
    assert "cgp search headaches" in printed(capsys, conversations=without_tags)


def test_the_table_shows_the_conversations_of_this_run_and_counts_the_others(capsys):
    earlier = ConversationSummary("old", "test", "done", "", ("ferry",), "", earlier=True)
    own = ConversationSummary("new", "test", "done", "", ("tram",), "")
    said = printed(capsys, conversations=[earlier, own, replace(earlier, id="older")])
    assert "│ new " in said
    assert "│ old" not in said
    assert "and 2 of earlier runs: cgp store list" in said
    said = printed(capsys, conversations=[earlier])
    assert "│ old " in said
    assert "of earlier runs:" not in said


def test_a_conversation_has_its_title_and_its_whole_id_as_the_readme_shows(capsys):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    cubesat = next(c for c in samples.load() if "cubesat" in c.id)
    talk = ConversationSummary(cubesat.id, "test", "done", "", (), "", title=cubesat.title)
    table = page(capsys, conversations=[talk]).split("Who found it")[0]
    names = [line.split("│")[1] for line in table.splitlines() if "│" in line]
    assert " ".join("".join(names).split()) == f"{cubesat.title} {cubesat.id}"
    for name in names:
        assert f"│{name}│" in readme


@pytest.mark.parametrize("title", ["", "市の電車" * 200, "a [b] " * 200])
def test_no_title_takes_the_place_of_the_id(capsys, title):
    identifier = "json-50fd26" + "0" * 26
    talk = ConversationSummary(identifier, "test", "done", "", ("tram",), "", title=title)
    said = page(capsys, conversations=[talk])
    assert identifier in said
    assert len(said.split(identifier)[0].splitlines()) < 10


def test_words_without_spaces_are_wrapped_whole(capsys):
    claim = "二十三か所のうち二つは私が滑ったところです" * 4
    talk = ConversationSummary(
        "talk", "test", "done", "", ("停留所" * 30,), f"梅津 - fact: {claim}"
    )
    said = page(capsys, conversations=[talk]).split("Who found it")[0]
    assert "…" not in said
    cells = "".join(line.split("│")[2].strip() for line in said.splitlines() if "│" in line)
    assert "停留所" * 30 in cells
    assert claim in cells


def test_a_run_that_is_in_a_browser_does_not_advise_it(capsys):
    assert "--web" not in printed(capsys, in_browser=True)
