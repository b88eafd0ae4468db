"""The formats, described: one source for ``cgp import --list-formats`` and the documentation's
table.
"""

from __future__ import annotations

from cgp.foreign_text import markdown
from cgp.sources.registry import sources
from cgp.sources.source import Fact


def markdown_table() -> str:
    """Return a table in Markdown with a row for each format that is there."""
    head = (
        "| Format | Its name | Files | Where people get the file | Kept | Left out "
        "| Not in the file | A broken byte costs |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    rows = (
        "| "
        + " | ".join(
            (
                markdown(source.description),
                f"`{source.name}`",
                " ".join(f"`{suffix}`" for suffix in source.files.split()),
                markdown(source.where),
                markdown(source.kept),
                markdown(source.left_out),
                ", ".join(fact.value for fact in Fact if fact in source.lacks),
                source.loss.value,
            )
        )
        + " |\n"
        for source in sorted(sources(), key=lambda source: source.name)
    )
    return head + "".join(rows)
