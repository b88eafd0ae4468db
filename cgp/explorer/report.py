"""A report of conversations in one file: HTML with its styles inside, no script, nothing to fetch.

A browser prints it, or saves it as PDF.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup

from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.explorer.preferences import Language
from cgp.explorer.rendering import environment
from cgp.explorer.shell import phrase_in, word_in
from cgp.explorer.talk import TalkAnalytics, analytics_of
from cgp.metadata import Metadata
from cgp.privacy import Gate, RedactionPolicy
from cgp.quality import Quality, measure


@dataclass(frozen=True, slots=True)
class ReportedConversation:
    """One conversation of a report, redacted, with its metadata, quality and analytics."""

    conversation: Conversation
    metadata: Metadata
    quality: Quality
    analytics: TalkAnalytics


def report_of(
    conversation: Conversation, metadata: Metadata, policy: RedactionPolicy, embedder: Embedder
) -> ReportedConversation:
    """Return a conversation as a report shows it: redacted and measured.

    ``metadata`` is that of the whole conversation; its texts go through the gate as well.
    """
    # The annotator read the original; its words about it are cleaned like the turns.
    gate = Gate.of(conversation, policy)
    clean = gate.metadata(metadata)
    safe = gate.conversation
    return ReportedConversation(safe, clean, measure(safe, embedder), analytics_of(safe, clean))


def report_page(
    conversations: Sequence[ReportedConversation], title: str, language: Language
) -> str:
    """Return the whole report as an HTML document."""
    styles = files(__package__).joinpath("static", "explorer.css").read_text(encoding="utf-8")
    return (
        environment(language, ())
        .get_template("report.html")
        .render(
            t=phrase_in(language),
            word=word_in(language),
            language=language,
            title=title,
            conversations=conversations,
            # The package's own file, without a closing tag in it.
            css=Markup(styles),  # noqa: S704
        )
    )
