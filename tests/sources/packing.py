"""Talk in files and archives, and what was read of them."""

import io
import tarfile
import zipfile

from cgp.conversation_json import Record
from cgp.sources import SkippedError

TALK = "Ana: Hello there.\nBo: Hello yourself.\nAna: How is the tide?\n"


SAID = ["Hello there.", "Hello yourself.", "How is the tide?"]


CHAT = "31/12/2025, 18:05 - Ana: The boat is back\n31/12/2025, 18:06 - Bo: With fish?\n"


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(members, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def written(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


def texts(pairs):
    return [t.text for _, r in pairs if r.conversation for t in r.conversation.turns]


def reasons(pairs):
    return {
        r.path.name: r.error.reason
        for _, r in pairs
        if isinstance(r, Record) and isinstance(r.error, SkippedError)
    }


def errors(pairs):
    return [str(record.error) for _, record in pairs if record.conversation is None]
