"""A model somewhere else sees no personal data."""

from cgp.annotators.redacting import RedactingAnnotator
from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Metadata
from cgp.privacy import STANDARD


class Listening:
    """An annotator that remembers what it was shown."""

    name = "listening/1"

    def __init__(self):
        self.shown = []
        self.closed = False

    async def annotate(self, conversation, *, max_tags, purpose="window"):
        self.shown.append((conversation, max_tags, purpose))
        return Metadata()

    async def close(self):
        self.closed = True


async def test_only_redacted_text_reaches_the_model():
    listening = Listening()
    annotator = RedactingAnnotator(listening, STANDARD)
    turn = Turn(0, "Write to jane.doe@example.com about the bus.")
    conversation = Conversation("c", "test", (Participant("Ana"),), (turn,))
    await annotator.annotate(conversation, max_tags=5, purpose="ground_truth")
    await annotator.close()
    shown, max_tags, purpose = listening.shown[0]
    assert shown.turns[0].text == "Write to [EMAIL_1] about the bus."
    assert (max_tags, purpose, annotator.name) == (5, "ground_truth", "listening/1")
    assert listening.closed
