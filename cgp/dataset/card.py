"""The dataset card: Markdown for a person, the Hugging Face Hub and ``datasets``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cgp.counts import counted
from cgp.dataset.columns import COLUMNS, Column
from cgp.dataset.splits import SPLITS
from cgp.foreign_text import markdown

TITLE = "Conversation Genome"
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)
# Licences that the Hub knows by these names; any other needs "other" and a name of its own.
_LICENCES = frozenset(
    {
        "apache-2.0",
        "cc-by-4.0",
        "cc-by-nc-4.0",
        "cc-by-nc-sa-4.0",
        "cc-by-sa-4.0",
        "cc0-1.0",
        "mit",
        "odbl",
        "odc-by",
        "pddl",
    }
)
# Addresses without characters that could end the Markdown around them.
_PLAIN_ADDRESS = re.compile(r"https?://[\w.~:/?#@!$&'*+,;=%-]{1,2000}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def card(document: Mapping[str, Any]) -> str:
    """Return the card of the dataset that a manifest describes."""
    return "\n".join((*_front_matter(document), "", *_body(document), ""))


def _front_matter(document: Mapping[str, Any]) -> Iterator[str]:
    facts = document["statistics"]
    yield "---"
    yield f"pretty_name: {TITLE}"
    yield from _licence(facts["sources"])
    yield from _list("language", _languages(facts["by_language"]))
    yield from _list("size_categories", [_size(facts["conversations"])])
    yield from _list(
        "task_categories", ["text-classification", "feature-extraction", "text-generation"]
    )
    yield from _list("tags", ["conversations", "dialogue", "tagging", "embeddings", "bittensor"])
    yield from _configurations(document)
    yield "---"


def _configurations(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tables that ``datasets`` loads, with their files."""
    suffix = "jsonl" if document["format"] == "messages" else "parquet"
    tables = _tables_with_rows(document)
    if tables:
        yield "configs:"
    for table in tables:
        yield f"  - config_name: {table}"
        if table in {"conversations", "messages"}:
            yield "    default: true"
        yield "    data_files:"
        for split in document["tables"][table]:
            yield f"      - split: {split}"
            yield f"        path: {table}/{split}-*.{suffix}"


def _tables_with_rows(document: Mapping[str, Any]) -> list[str]:
    """Return the tables that have a row: ``datasets`` fails on one that has none."""
    return [
        table
        for table, splits in document["tables"].items()
        if any(split["rows"] for split in splits.values())
    ]


def _licence(sources: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the licence where all sources share one that the Hub has a name for, else ``other``."""
    licences = {str(about["licence"]).lower() for about in sources.values()}
    only = licences.pop() if len(licences) == 1 else ""
    if only in _LICENCES:
        yield f"license: {only}"
    else:
        yield "license: other"
        yield "license_name: by-source"


def _list(name: str, items: Iterable[str]) -> Iterator[str]:
    values = list(items)
    if values:
        yield f"{name}:"
        yield from (f"  - {_scalar(value)}" for value in values)


def _scalar(text: str) -> str:
    """Return a text as a YAML scalar (a JSON string is one)."""
    return json.dumps(text, ensure_ascii=False)


def _languages(counts: Mapping[str, int]) -> list[str]:
    # The Hub knows languages without regions: ``pt-BR`` counts as ``pt``.
    primary = (tag.partition("-")[0].lower() for tag in counts if tag != "unknown")
    return sorted({code for code in primary if _LANGUAGE.fullmatch(code)})


def _size(count: int) -> str:
    return next((name for limit, name in _SIZES if count < limit), "n>1B")


def _body(document: Mapping[str, Any]) -> Iterator[str]:
    facts = document["statistics"]
    yield f"# {TITLE}"
    yield ""
    if "messages" in document["tables"]:
        yield "Conversations in chat form, with roles, tags and a measure of quality."
    else:
        yield "Conversations with tags, participant profiles, embeddings and quality measures."
    if facts["made_by"].get("miners"):
        yield (
            f"{facts['made_by']['miners']:,} of them were annotated by miners and scored by validators: "
            "miners annotate windows of each conversation, validators score their answers against a "
            "sealed ground truth, and what they establish is merged up to the whole conversation. "
            "Whether these were many people's machines or one (`cgp localnet`) is not recorded."
        )
    if facts["annotators"]:
        yield (
            f"{facts['made_by']['annotator']:,} of them were annotated by one annotator alone, without "
            f"miners and without a check by others: {', '.join(map(markdown, facts['annotators']))}."
        )
        if "tags" in document["tables"]:
            yield (
                "Of these, `scores` has no row, and a tag has neither `confidence` nor `in_ground_truth`; "
                "its `support` counts how often a reading (of the whole, of each window) gave it."
            )
    yield ""
    yield (
        f"Schema version {document['schema_version']}. {counted(facts['conversations'], 'conversation')}. "
        "Every row of a conversation, in every configuration, is in the same split."
    )
    yield from _loading(document)
    yield from _splits(document)
    yield from _columns(document)
    yield from _provenance(facts)
    yield from _privacy(document)
    yield from _duplicates(facts)
    yield from _limits(document)


def _loading(document: Mapping[str, Any]) -> Iterator[str]:
    configurations = _tables_with_rows(document)
    yield from ("", "## Loading", "", "```python", "from datasets import load_dataset", "")
    for table in ("conversations", "tags", "messages"):
        if table in configurations:
            yield f'{table} = load_dataset("OWNER/NAME", "{table}", split="train")'
    yield from ("```", "", f"Configurations: {', '.join(configurations)}.")
    if empty := [table for table in document["tables"] if table not in configurations]:
        yield (
            "Tables without a row, which `datasets` does not load and which are not a configuration: "
            f"{', '.join(empty)}."
        )


def _splits(document: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Splits", "")
    yield (
        "A conversation's split is decided by the SHA-256 of its normalised text (`text_hash`): "
        "90 % train, 5 % validation, 5 % test. Conversations with the same words are in the same "
        "split, in this version and in later ones. A split without rows has no files."
    )
    yield ""
    rows = (
        [table, *(f"{splits.get(split, {}).get('rows', 0):,}" for split in SPLITS)]
        for table, splits in document["tables"].items()
    )
    yield from _table(["table", *SPLITS], rows)


def _columns(document: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Columns")
    for table in document["tables"]:
        yield from ("", f"### {table}", "")
        yield from columns_table(table, document["embedder"]["dimension"])


def columns_table(table: str, dimension: int | None = None) -> Iterator[str]:
    """Yield the lines of a Markdown table of a table's columns."""
    rows = (
        [f"`{name}`", _type(column, dimension), column.meaning]
        for name, column in _flat(COLUMNS[table])
    )
    yield from _table(["column", "type", "meaning"], rows)


def _flat(columns: Iterable[Column], prefix: str = "") -> Iterator[tuple[str, Column]]:
    for column in columns:
        yield prefix + column.name, column
        yield from _flat(column.fields, f"{prefix}{column.name}[].")


def _type(column: Column, dimension: int | None) -> str:
    names = {"strings": "list of string", "int32s": "list of int32", "records": "list of records"}
    if column.type == "vector":
        return f"{dimension or 'fixed number of'} x float32"
    return names.get(column.type, column.type)


def _provenance(facts: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Licence and provenance", "")
    yield (
        "Each conversation keeps the licence of its source. Where none is given below it is not "
        "known: ask the source before you use or pass on those conversations."
    )
    yield ""
    yield from _table(
        ["source", "conversations", "licence", "attribution", "address"],
        (
            [
                markdown(source),
                f"{about['conversations']:,}",
                markdown(about["licence"] or "not known"),
                markdown(about["attribution"] or ""),
                _address(about["url"] or ""),
            ]
            for source, about in facts["sources"].items()
        ),
    )


def _privacy(document: Mapping[str, Any]) -> Iterator[str]:
    facts, policy = document["statistics"]["redaction"], document["recipe"]["privacy"]
    yield from ("", "## Personal data", "")
    if policy["kinds"]:
        yield (
            f"Looked for, and replaced by placeholders such as `[EMAIL_1]`: {', '.join(policy['kinds'])}. "
            f"{counted(facts['conversations'], 'conversation')} held such data:"
        )
        yield ""
        rows = ([kind, f"{count:,}"] for kind, count in facts["by_kind"].items())
        yield from _table(["kind", "replaced"], rows)
        yield ""
    else:
        yield from ("Nothing was replaced by placeholders.", "")
    yield (
        "Participants have pseudonyms, different in every conversation."
        if policy["pseudonymised"]
        else "Participants' names are those that the source shows."
    )
    if policy["names"]:
        yield "Other people's names in free text were looked for by a language model and replaced."
    yield (
        "Participants' account ids are never part of the dataset. Detection is not perfect: if you "
        "find personal data, tell the publisher of this dataset."
    )


def _duplicates(facts: Mapping[str, Any]) -> Iterator[str]:
    duplicates = facts["duplicates"]
    yield from ("", "## Duplicates", "")
    yield (
        "Conversations with equal content are taken once. "
        f"{duplicates['exact']:,} conversations differ from an earlier one in speakers, letter case, "
        f"spacing or redacted data only. {duplicates['near']:,} nearly repeat an earlier one "
        "(column `near_duplicate_of`); "
        f"{duplicates['near_across_splits']:,} of those are in another split than that one."
    )


def _limits(document: Mapping[str, Any]) -> Iterator[str]:
    quality = document["recipe"]["min_quality"]
    left_out = document["left_out"]
    yield from ("", "## Limits", "")
    yield (
        "- `language` is the one that the source names, never a guess. `language_recognised` is a "
        "guess of the software, by script and function words; it is null in doubt."
    )
    yield "- Tags and profiles are made by models and checked by scoring, not by people."
    yield "- Confidence, support and quality are relative measures, not probabilities of truth."
    if "messages" in document["tables"]:
        yield (
            "- Roles are assigned: in talk between people the assistant is one of them. Talk of one "
            f"speaker is left out ({left_out['one_speaker']:,})."
        )
    else:
        yield "- Scores tell how answers were paid, by the rule version that each row names."
        yield (
            f"- Embeddings are those of {document['embedder']['id']}; other vectors cannot be "
            "compared with them."
        )
    if quality is not None:
        yield (
            f"- Conversations with a quality below {quality} ({left_out['below_quality']:,}), or "
            f"without a measured quality ({left_out['unmeasured']:,}), are left out."
        )


def _address(url: str) -> str:
    """Return a web address unchanged, which Markdown shows as a link; other text is escaped."""
    return url if _PLAIN_ADDRESS.fullmatch(url) else markdown(url)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(_cell(value) for value in row)} |"


def _cell(text: str) -> str:
    """Return Markdown that ends neither its cell nor its row, and holds no HTML.

    Text of other people is escaped already.
    """
    line = re.sub(r"(?<!\\)\|", r"\|", " ".join(text.split()))
    return re.sub(r"(?<!\\)<", "&lt;", line)
