"""Threads of mail: found by every reference, over the files of a folder, and stored once as they fill."""

import pytest

from cgp.sources import import_conversations, read_path
from cgp.store import Store


def mail(number, hour, *references, answers=None):
    answered = f"In-Reply-To: <{answers}@x>\n" if answers else ""
    named = f"References: {' '.join(f'<{n}@x>' for n in references)}\n" if references else ""
    return (
        f"From: {'ann' if number % 2 else 'bob'}@x.org\nSubject: {number}\nDate: Fri, 5 Jan 2024 {hour}:00:00 +0000\n"
        f"Message-ID: <{number}@x>\n{answered}{named}\nwords {number}\n\n"
    )


def mailbox(*mails):
    return "".join(f"From x@x.org Fri Jan  5 10:00:00 2024\n{one}" for one in mails)


FIRST, SECOND = mail(1, 10), mail(2, 11, 1, answers=1)
THIRD, FOURTH = mail(3, 12, 1, 2, answers=2), mail(4, 13, 1)

FOLDERS = {
    "one between is missing": {"Inbox.mbox": mailbox(FIRST, THIRD)},
    "the first is missing, its answers name it": {"Inbox.mbox": mailbox(SECOND, FOURTH)},
    "one file each": {"c.eml": FIRST, "b.eml": SECOND, "a.eml": THIRD},
    "received and sent": {"Inbox.mbox": mailbox(FIRST, THIRD), "Sent.mbox": mailbox(SECOND)},
    "a copy in each": {"Inbox.mbox": mailbox(FIRST, SECOND), "All.mbox": mailbox(FIRST, SECOND)},
}  # fmt: skip


def write(folder, files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("name", FOLDERS)
def test_mail_of_a_thread_is_one_conversation_in_order_of_time(tmp_path, name):
    # Prepare
    folder = write(tmp_path / "mail", FOLDERS[name])
    numbers = sorted({n for n in "1234" for text in FOLDERS[name].values() if f"words {n}" in text})

    # Execute
    records = [record for _, record in read_path(folder)]

    # Assert
    assert [[turn.text for turn in r.conversation.turns] for r in records] == [[f"words {n}" for n in numbers]]  # fmt: skip


def test_a_broken_file_costs_its_own_mail_and_is_named(tmp_path):
    folder = write(tmp_path / "mail", {"a.eml": FIRST, "b.eml": SECOND, "c.eml": mail(3, 12) + "x" * 300_000})  # fmt: skip
    found = {record.path.name: record for _, record in read_path(folder)}
    assert [turn.text for turn in found["a.eml"].conversation.turns] == ["words 1", "words 2"]
    assert "c.eml" in str(found["c.eml"].error)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["fills up", "has gaps later"])
def test_a_thread_that_fills_up_is_stored_once(tmp_path, order):
    # Prepare
    exports = [
        write(tmp_path / "inbox", {"Inbox.mbox": mailbox(FIRST, THIRD)}),
        write(tmp_path / "all", {"All.mbox": mailbox(FIRST, SECOND, THIRD)}),
    ]
    store = Store(f"sqlite:///{tmp_path / 's.db'}")

    # Execute
    for number in order:
        import_conversations([exports[number]], store)
    found = [store.conversation(name) for name in store.recent_conversation_ids(10)]
    store.close()

    # Assert
    assert [[turn.text for turn in one.turns] for one in found] == [["words 1", "words 2", "words 3"]]  # fmt: skip


HEADERS = "From: Bo <bo@x>\nSubject: Fwd: Lease\nDate: Wed, 4 Jan 2023 20:05:00 +0000\nMessage-ID: <9@x>\n"
ORIGINAL = "From: Ana <ana@x>\nSubject: Lease\nDate: Wed, 4 Jan 2023 19:02:00 +0000\nMessage-ID: <8@x>\n\nIt ends in May.\n"
ATTACHED = (
    f'{HEADERS}Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nSee.\n'
    f"--b\nContent-Type: message/rfc822\n\n{ORIGINAL}--b--\n"
)
FORWARDS = {
    "below a line": f"{HEADERS}\nSee.\n\n---------- Forwarded message ---------\nFrom: Ana <ana@x>\n"
    "Date: Wed, Jan 4, 2023 at 7:02 PM\nSubject: Lease\nTo: <bo@x>\n\nIt ends in May.\n",
    "below a line, quoted": f"{HEADERS}\nSee.\n\nBegin forwarded message:\n> \n> From: Ana <ana@x>\n"
    "> Date: 4 January 2023 at 19:02:00 GMT\n> To: bo@x\n> \n> It ends in May.\n",
    "below headers": HEADERS.replace("Fwd", "WG") + "\nSee.\n\nVon: Ana <ana@x>\n"
    "Gesendet: Mittwoch, 4. Januar 2023 19:02\nAn: Bo\nBetreff: Lease\n\nIt ends in May.\n",
    "attached": ATTACHED,
}  # fmt: skip


def said(folder):
    return [
        [(r.conversation.participants[t.speaker].name, t.text, t.at) for t in r.conversation.turns]
        for _, r in read_path(folder)
    ]


@pytest.mark.parametrize("form", FORWARDS)
def test_a_forwarded_mail_is_said_by_its_sender_at_its_time(tmp_path, form):
    folder = write(tmp_path / "mail", {"a.eml": FORWARDS[form]})
    assert said(folder) == [[("Ana", "It ends in May.", 0.0), ("Bo", "See.", 3780.0)]]


@pytest.mark.parametrize("form", FORWARDS)
def test_a_forwarded_mail_whose_original_is_there_is_said_once(tmp_path, form):
    folder = write(tmp_path / "mail", {"a.eml": FORWARDS[form], "b.eml": ORIGINAL})
    assert [words for talk in said(folder) for _, words, _ in talk].count("It ends in May.") == 1


def test_words_of_an_attached_mail_are_not_those_of_the_mail_around_it(tmp_path):
    around = ATTACHED.replace("Content-Type: text/plain\n\nSee.\n--b\n", "")
    folder = write(tmp_path / "mail", {"a.eml": around})
    assert said(folder) == [[("Ana", "It ends in May.", 0.0)]]
