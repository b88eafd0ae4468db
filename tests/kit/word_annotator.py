"""An annotator for tests: the words of the text are its tags."""

from cgp.annotators import AnnotationError
from cgp.metadata import Metadata, Tag


class WordAnnotator:
    """``failures`` is how often it fails before it answers; ``texts`` is what it was given."""

    name = "words/1"

    def __init__(self, failures=0):
        self.failures = failures
        self.texts = []

    async def annotate(self, conversation, *, max_tags, purpose="window"):
        self.texts.append(conversation.turns[0].text)
        if self.failures:
            self.failures -= 1
            raise AnnotationError("away")
        return Metadata(tuple(Tag(word) for word in conversation.turns[0].text.split()[:max_tags]))

    async def close(self):
        pass
