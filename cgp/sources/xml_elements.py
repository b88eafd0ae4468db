"""Elements of large XML files, one at a time, without declarations that make a parser fetch or
explode.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Protocol
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from cgp.conversation_json import ConversationError

MAX_DEPTH = 64

# An episode has some dozen elements, a message with all its parts some hundred. A few kilobytes of
# an archive can hold millions, which take a second for each 200,000.
MAX_BETWEEN = 100_000


class Readable(Protocol):
    """A stream of bytes, as far as the parser needs it."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, nothing at the end."""


def elements(
    stream: Readable, tags: Container[str], is_needed: Callable[[Element, Element], bool]
) -> Iterator[Element]:
    """Yield each element of some tags when it ends, holding one at a time.

    ``is_needed`` tells of an element and its parent whether the parent keeps it, as a part of an
    element that is yet to be yielded.

    Raises:
        ConversationError: where it is not XML, is too deep, has too many elements around or
            within one that is asked for, or declares a document type or entities.
    """
    open_elements: list[Element] = []
    between = 0
    try:
        for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                open_elements.append(element)
                if len(open_elements) > MAX_DEPTH:
                    raise ConversationError(f"nested deeper than {MAX_DEPTH} elements")
                continue
            open_elements.pop()
            between += 1
            if between > MAX_BETWEEN:
                raise ConversationError(f"more than {MAX_BETWEEN:,} elements to one entry")
            if element.tag in tags:
                between = 0
                yield element
            # What is not needed goes at once, so that a large file takes no more memory.
            if open_elements and not is_needed(element, open_elements[-1]):
                open_elements[-1].remove(element)
    except ParseError as error:
        raise ConversationError(f"not XML: {error}") from error
    except DefusedXmlException as error:
        raise ConversationError("the file must not declare a document type or entities") from error
