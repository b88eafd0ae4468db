"""English sentences: what each says of its speaker, and what says nothing that stands alone."""

import pytest

from cgp.annotators.embedded.claims.english import english_claims
from cgp.annotators.embedded.claims.sentences import Sentence


def claims(text):
    asks = text.endswith("?")
    sentence = Sentence(0, text.rstrip("?."), (0,), asks=asks, complete=not text.endswith("--"))
    return [(reading.pattern.kind.value, reading.value) for reading in english_claims(sentence)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("I'm the project manager here", "role", "is the project manager"),
        ("As a nurse, I see it daily", "role", "speaks as a nurse"),
        ("I work as a teacher", "role", "works as a teacher"),
        ("I think that the report is far too long.", "stance", "thinks the report is far too long"),
        ("I don't think we need a second survey.", "stance", "does not think we need a second survey"),
        ("I really love hiking, you know.", "stance", "loves hiking"),
        ("I'd rather take the night train.", "stance", "would rather take the night train"),
        ("I'm worried about my daughter's exams.", "stance", "is worried about their daughter's exams"),
        ("We should test the new microphones first.", "stance", "says we should test the new microphones first"),
        ("Unit tests are important for refactoring.", "stance", "says Unit tests are important for refactoring"),
        ("Well, I'll send you the invoice on Friday", "commitment", "will send you the invoice on Friday"),
        ("Let me check the train timetable for you.", "commitment", "will check the train timetable for you"),
        ("We will publish the minutes on the website.", "commitment", "says we will publish the minutes on the website"),
        ("Let's go with the yellow rubber case.", "decision", "proposes to go with the yellow rubber case"),
        ("We decided to drop the speech recognition.", "decision", "says we decided to drop the speech recognition"),
        ("Let's meet tomorrow.", "decision", "proposes to meet tomorrow"),
        ("Let's take the one at 8.", "decision", "proposes to take the one at 8"),
        ("lets sell the old tent", "decision", "proposes to sell the old tent"),
        ("Let's wait until Monday.", "decision", "proposes to wait until Monday"),
        ("We agreed on Tuesday.", "decision", "says we agreed on Tuesday"),
        ("We decided on the lemon cake, right?", "decision", "says we decided on the lemon cake"),
        ("We're going with the smaller venue.", "decision", "says we are going with the smaller venue"),
        ("So it's settled: the early ferry.", "decision", "says it is decided: the early ferry"),
        ("Let's decide: we take the early ferry.", "decision", "proposes: we take the early ferry"),
        ("I book the hall.", "commitment", "will book the hall"),
        ("I buy the bread tomorrow.", "commitment", "will buy the bread tomorrow"),
        ("Decision: no gifts this year.", "decision", "says it is decided: no gifts this year"),
        ("Agreed, we ship on Monday.", "decision", "says it is decided: we ship on Monday"),
        ("yep lemon cake it is", "decision", "decides on lemon cake"),
        ("nice, then ill get the drinks", "commitment", "will get the drinks"),
        ("I'll ask Marta about the tent.", "commitment", "will ask Marta about the tent"),
        ("I'll take a look at the flaky test.", "commitment", "will take a look at the flaky test"),
        ("I'll give him a spare key for the barn.", "commitment", "will give him a spare key for the barn"),
        ("On Friday I'll bring the ladder back.", "commitment", "will bring the ladder back on Friday"),
        ("I'll go and fetch the long ladder.", "commitment", "will go and fetch the long ladder"),
        ("I'll take the van to the garage.", "commitment", "will take the van to the garage"),
        ("I'll have the mural ready by Easter.", "commitment", "will have the mural ready by Easter"),
        ("I'll probably rewire the chapel lamps.", "commitment", "will probably rewire the chapel lamps"),
        ("I'll tell the lighthouse keeper.", "commitment", "will tell the lighthouse keeper"),
        ("I'll be back in Bergen on Tuesday.", "commitment", "will be back in Bergen on Tuesday"),
        ("I won't sell the orchard.", "commitment", "will not sell the orchard"),
        ("Let me print the boarding passes.", "commitment", "will print the boarding passes"),
        ("let me scan that first", "commitment", "will scan that first"),
        ("I'll send it tonight.", "commitment", "will send it tonight"),
        ("will post the keys tomorrow", "commitment", "will post the keys tomorrow"),
        ("I can mend the fence by Sunday.", "commitment", "can mend the fence by Sunday"),
        ("I'm meeting the beekeeper on Thursday.", "commitment", "is meeting the beekeeper on Thursday"),
        ("What I'm going to do is ask the caretaker.", "commitment", "will ask the caretaker"),
        ("We're moving the piano on Friday.", "commitment", "says we are moving the piano on Friday"),
        ("im looking for a cheap hotel near the beach", "fact", "is looking for a cheap hotel near the beach"),
        ("Please book a table for two at Ichu.", "decision", "asks to book a table for two at Ichu"),
        ("Please check the rental agreement.", "question", "asks to check the rental agreement"),
        ("check the trains to Hamburg please", "question", "asks to check the trains to Hamburg"),
        ("Find a hotel near the harbour.", "question", "asks to find a hotel near the harbour"),
        ("Why don't you check the rental agreement first?", "question", 'asks "Why don\'t you check the rental agreement first?"'),
        ("I have two dogs and I've lived in Lyon since 2014.", "fact", "has two dogs"),
        ("I have two dogs and I've lived in Lyon since 2014.", "fact", "has lived in Lyon since 2014"),
        ("I'm looking for a cheap hotel near the beach.", "fact", "is looking for a cheap hotel near the beach"),
        ("I bought a second-hand surfboard.", "fact", "bought a second-hand surfboard"),
        ("My daughter plays the cello in an orchestra.", "fact", None),
        ("The train leaves Birmingham at 17:40.", "fact", "says the train leaves Birmingham at 17:40"),
        ("I was wondering whether the museum opens on Mondays.", "question", "wonders whether the museum opens on Mondays"),
        ("So, where does the neural network go?", "question", 'asks "Where does the neural network go?"'),
        ("Will the glass museum open on Sundays?", "question", 'asks "Will the glass museum open on Sundays?"'),
        ("How would a longer pier help the fishermen?", "question", 'asks "How would a longer pier help the fishermen?"'),
        ("Can you repair the organ pipe by Easter?", "question", 'asks "Can you repair the organ pipe by Easter?"'),
        ("Would you like to come to our harvest party?", "question", 'asks "Would you like to come to our harvest party?"'),
        ("I'd like to plant a plum tree for me and my sister.", "fact", "would like to plant a plum tree for them and their sister"),
        ("In that case, I'll take the early ferry.", "decision", "will take the early ferry"),
        ("My kettle and my old toaster have one noisy plug.", "fact", "says their kettle and their old toaster have one noisy plug"),
        ("I think you should prune the roses before March", "stance", "thinks you should prune the roses before March"),
        ("how do i mount an encrypted partition", "question", 'asks "How do i mount an encrypted partition?"'),
    ],
)  # fmt: skip
def test_a_sentence_makes_its_claim(text, kind, value):
    found = claims(text)
    if value is None:
        assert found == [], "a verb that is not read makes no claim: better none than a clipped one"
    else:
        assert (kind, value) in found


@pytest.mark.parametrize(
    "text",
    [
        "I like that.",
        "I like put down some inspirational words.",
        "We'll have some seafood and vegetables.",
        "I use that too for mirroring repositories.",
        "A slow and cheap trickle, whose size depends on fees and loans.",
        "I think so.",
        "I think it's a good idea.",
        "I'll be honest.",
        "I'm a bit better.",
        "I have a question.",
        "I have no idea.",
        "Let's see.",
        "Let's see what happens next week.",
        "Let's face it.",
        "Let's move on to item two.",
        "Let's just go.",
        "We're going the long way.",
        "We're waiting for the answer until Friday.",
        "Agreed, it is.",
        "Agreed.",
        "Agreed, we all are.",
        "That's the way it is.",
        "I know what it is.",
        "I'll tell you the truth.",
        "I'll ask the Minister again.",
        "I'll get back to you.",
        "I'll take a look at it.",
        "I'll give you an example of a tidal mill.",
        "I'll put the next question to the harbour master.",
        "I'll take this opportunity to thank the bakers of the town.",
        "I'll send it.",
        "I'll give you a hand.",
        "I'm going to have a presentation about the lighthouse.",
        "I shall have no alternative but to leave the orchard.",
        "I will now address the second topic of the harbour report.",
        "I can mend fences.",
        "I can mend the fence by Sunday if you bring the planks.",
        "I might paint the barn on Sunday.",
        "Give me the lease of the mill and I'll build a weir.",
        "Let me use your ladder for the barn.",
        "Let me try not to forget any of the boats.",
        "Let me add one more point about the harbour.",
        "Listen, if you paint the barn, I'll mend the long fence.",
        "She goes, 'I'll burn the old letters'",
        "Then he said: we'd meet, 'Let's sell the red boat'",
        "We will now move on to the honourable member for the islands.",
        "We will ensure that those ferries and harbours.",
        "We will be discussing the harbour budget of the islands.",
        "My ill neighbour slept.",
        "Let's decide: is it the early ferry or the late one.",
        "I book a table there every week.",
        "Let me think.",
        "He is a doctor.",
        "You like jazz.",
        "I'd like to thank you all for coming.",
        "How are you?",
        "You know what I mean?",
        "That's the new one, right?",
        "Can I help you?",
        "What is it?",
        "Do you have any questions?",
        "If it rains, I'll cancel the picnic.",
        "She said, I will pay the whole bill.",
        "I think the budget committee should have --",
        "I think the the is of we",
        "I have a follow-up on the harbour budget.",
        "I have an unpopular opinion.",
        "I think I should be quicker next time.",
        "I think your point is relevant for the harbour budget.",
        "I feel like if you had painted the boats in here, perhaps that would have changed their price.",
        "The boiler which is which needs a new valve is the oldest boiler in town.",
        "The recipe that we're going to use for the fruit bread, that has three stages as such.",
        "check the old boat for leaks btw",
        "Check the rental agreement before you sign.",
        "set the oven to 200 for the sourdough",
        "Would you like to order your starters?",
        "Would you care to greet our listeners in Norway?",
        "Could you repair that by Easter?",
        "Could you heat the barn with it?",
        "When you are baking your own rye bread?",
        'So they go "Okay, in light of that, would this be the wise choice for our town?',
        "Is it the effective width that the Is it the harbour's width?",
        "Visit https://example.org for the whole catalogue of books.",
        "My e-mail address is [EMAIL_1], send me the budget of the library.",
        # Words of somebody else.
        "He told me, I'll send you the harbour report tomorrow.",
        "My boss wrote: I'll repair the bicycle shed on Monday.",
        "According to him, I'll sell the sailing boat tomorrow.",
        "Tomorrow I'll send the harbour report, he said.",
        "I bought a sailing boat in Norway, she told us.",
        "I'll repair the bicycle shed by Easter, said the minister.",
        "We decided to sell the sailing boat, they said, and went home.",
    ],
)
def test_nothing_is_claimed_where_nothing_stands_alone(text):
    assert claims(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("I doubt I'll repair the bicycle tomorrow.", "stance",
         "doubts they will repair the bicycle tomorrow"),
        ("I hope I'll finish the boat race on Sunday.", "stance",
         "hopes they will finish the boat race on Sunday"),
        ("I can never finish the harbour report by Friday.", "fact",
         "can never finish the harbour report by Friday"),
        ("As I told you, I'll repair the bicycle tomorrow.", "commitment",
         "will repair the bicycle tomorrow"),
        ("I'll repair the bicycle tomorrow, I told him.", "commitment",
         "will repair the bicycle tomorrow"),
    ],
)  # fmt: skip
def test_what_is_doubted_hoped_or_never_possible_is_no_promise(text, kind, value):
    assert claims(text) == [(kind, value)]


def claims_after(before, text):
    sentence = Sentence(0, text, (0,), asks=False, complete=True)
    return [reading.value for reading in english_claims(sentence, before)]


@pytest.mark.parametrize(
    ("before", "value"),
    [
        ("The lease is nearly ready", "says the lease is nearly ready, and will send it tonight"),
        ("My printer is broken", "says their printer is broken, and will send it tonight"),
        ("If the lease is ready", "will send it tonight"),
        ("Send me the lease", "will send it tonight"),
        ("It is fine", "will send it tonight"),
        ("", "will send it tonight"),
    ],
)
def test_a_promise_of_it_is_told_with_the_statement_before(before, value):
    assert claims_after(before, "I'll send it tonight") == [value]


def test_a_going_to_a_place_is_no_promise():
    assert claims("I'm going to the sailing museum tomorrow.") == [
        ("fact", "is going to the sailing museum tomorrow")
    ]


def test_a_condition_stays_with_what_it_conditions():
    assert claims("I'll come to the harbour party if the ferry runs.") == []
    found = claims("I'll repair the bicycle if the shop has the parts.")
    assert found == [("commitment", "will repair the bicycle if the shop has the parts")]


def test_a_long_sentence_is_cut_at_a_clause_of_its_own():
    text = (
        "I think the northern ferry terminal should close for the whole winter, because the wind turns every "
        "crossing into a gamble and the insurance company has asked for a new risk assessment of the pier "
        "before it renews anything at all"
    )
    assert claims(text) == [
        ("stance", "thinks the northern ferry terminal should close for the whole winter")
    ]
