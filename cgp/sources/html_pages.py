"""Pages of HTML that programs export chats to, parsed by ``lxml`` (the extra ``documents``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cgp.conversation_json import ConversationError
from cgp.extras import how_to_install
from cgp.sources.files import File
from cgp.sources.markup import text_of_html

MAX_BYTES = 24 * 1024 * 1024
"""Bytes of the longest page. It is held whole, and its tree takes about twelve times as much."""

MAX_TAGS = 1_000_000
"""Signs that open or close an element; a page of nothing else takes more memory for its size."""

_NEEDS = f"a page of HTML needs a library: {how_to_install('documents')}"

Element = Any
"""An element of a page; the library has no types of its own."""


def page(file: File) -> Element:
    """Return the root of a page.

    Raises:
        ConversationError: if it is too large or empty, has too many tags, or the library is
            missing.
    """
    try:
        from lxml import etree, html
    except ImportError as error:
        raise ConversationError(_NEEDS) from error
    data = file.whole(MAX_BYTES, "HTML")
    if data.count(b"<") > MAX_TAGS:
        raise ConversationError(f"more than {MAX_TAGS} tags in a page: export it in parts")
    # Nothing is fetched, and what is broken is mended as browsers do.
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise ConversationError(f"no HTML: {error}") from error
    return root


def with_class(root: Element, name: str, tag: str = "*") -> Iterator[Element]:
    """Yield the elements below ``root`` that have a class, in the page's order."""
    class_name = f" {name} "
    for element in root.iter(tag):
        if isinstance(element.tag, str) and class_name in f" {element.get('class', '')} ":
            yield element


def first_with_class(root: Element, name: str) -> Element | None:
    """Return the first element below ``root`` that has a class, None where there is none."""
    return next(with_class(root, name), None)


def shown_text(element: Element | None) -> str:
    """Return the text that an element shows, a line for each block; nothing for None."""
    if element is None:
        return ""
    from lxml import html

    source: str = html.tostring(element, encoding="unicode", with_tail=False)
    return text_of_html(source)
