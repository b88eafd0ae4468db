"""The datasheet: making, contents and permitted uses of a dataset.

Its questions are those of Gebru et al. 2021, "Datasheets for Datasets". Figures come from the
manifest; what nobody told the program, it says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cgp.counts import counted
from cgp.foreign_text import markdown

DATASHEET = "DATASHEET.md"


def datasheet(document: Mapping[str, Any]) -> str:
    """Return the datasheet of the dataset that a manifest describes, as Markdown."""
    return "\n".join((*_lines(document), ""))


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield "# Datasheet"
    yield from _motivation()
    yield from _composition(document)
    yield from _collection(document)
    yield from _preprocessing(document)
    yield from _uses(document)
    yield from _distribution(document)
    yield from _maintenance(document)


def _motivation() -> Iterator[str]:
    yield from ("", "## Motivation", "")
    yield (
        "Made to study and to train programs that say what conversations are about: tags, claims "
        "about participants with the turns that they rest on, and measures of quality. The program "
        "that made it is Conversation Genome; its publisher is the one who ran it."
    )


def _numbers(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{markdown(name)} {number:,}" for name, number in counts.items()) or "none"


def _composition(document: Mapping[str, Any]) -> Iterator[str]:
    facts = document["statistics"]
    count, duplicates = facts["conversations"], facts["duplicates"]
    yield from ("", "## Composition", "")
    yield f"- Instances: {counted(count, 'conversation')} of people, or of people with programs."
    splits = ", ".join(f"{split} {number:,}" for split, number in facts["by_split"].items())
    yield f"- Splits, by the hash of the words: {splits or 'none'}."
    yield f"- Languages, as the sources name them: {_numbers(facts['by_language'])}."
    if recognised := facts["by_language_recognised"]:
        yield (
            f"- Where none is named, as the software recognises them: {_numbers(recognised)} "
            "(column `language_recognised`)."
        )
    repeats = duplicates["exact"] + duplicates["near"]
    share = repeats / count if count else 0.0
    yield (
        f"- Duplicates: {duplicates['exact']:,} with the words of an earlier conversation, "
        f"{duplicates['near']:,} that nearly repeat one (`near_duplicate_of`), "
        f"{duplicates['near_across_splits']:,} of these in another split. Together at most "
        f"{share:.1%} of all. Equal content was taken once."
    )
    yield (
        "- A sample, not a census: of whatever its publisher imported. Nothing says that it "
        "represents people, places or times evenly."
    )
    for reason, number in document["left_out"].items():
        if number:
            yield f"- Left out: {counted(number, 'conversation')} ({reason.replace('_', ' ')})."


def _collection(document: Mapping[str, Any]) -> Iterator[str]:
    facts = document["statistics"]
    yield from ("", "## Collection", "")
    for source, about in facts["sources"].items():
        licence = markdown(about["licence"] or "not known")
        credit = f", credit to {markdown(about['attribution'])}" if about["attribution"] else ""
        yield (
            f"- {markdown(source)}: {counted(about['conversations'], 'conversation')}, licence "
            f"{licence}{credit}."
        )
    yield (
        "- Consent: the program does not know whether the people agreed. The publisher answers for "
        "the right to publish each source."
    )


def _preprocessing(document: Mapping[str, Any]) -> Iterator[str]:
    facts, privacy = document["statistics"], document["recipe"]["privacy"]
    yield from ("", "## Preprocessing and labels", "")
    if privacy["kinds"]:
        replacements = sum(facts["redaction"]["by_kind"].values())
        yield (
            f"- Redacted: {counted(replacements, 'item')} replaced by placeholders. Looked for were: "
            f"{', '.join(privacy['kinds'])}. Detection is not perfect."
        )
    else:
        yield "- Not redacted: personal data stands as the sources have it."
    names = "pseudonyms" if privacy["pseudonymised"] else "the names that the sources show"
    yield f"- Participants have {names}; their account ids are left out."
    makers = {
        "miners": "annotated by miners and scored by validators",
        "annotator": "annotated by one annotator, checked by nobody",
    }
    for maker, number in facts["made_by"].items():
        yield f"- {counted(number, 'conversation')} {makers.get(maker, maker)}."
    yield "- Labels were made by programs, not by people."


def _uses(document: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Uses", "")
    yield "- Fit: tagging, search, summaries of topics, dialogue models, studies of talk."
    if "messages" in document["tables"]:
        yield (
            "- Roles of messages are assigned, not observed: in talk between people the assistant "
            "is a person. A model trained on it speaks as such people do, errors included."
        )
    yield (
        "- Unfit: to identify or to judge people, to decide about them, or to train what imitates a "
        "named person."
    )


def _distribution(document: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Distribution", "")
    yield (
        "- The licence of each conversation is that of its source: column `licence`, null where it "
        "is not known. `croissant.json` describes the files with their SHA-256."
    )
    yield f"- Schema version {document['schema_version']}, made by {document['recipe']['generator']}."


def _maintenance(document: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Maintenance", "")
    yield (
        "- Takedown: ask the publisher, with the conversation's id. `cgp store forget ID` removes it "
        "and refuses it from then on; the next version, exported to the same place, lacks it in "
        f"every table. Conversations forgotten up to this version: {document['forgotten']:,}."
    )
    yield "- Earlier versions that others have copied are beyond the publisher's reach."
