"""A corpus made to harm: escapes, direction marks, bombs, links, deep and wide trees, floods."""

import json
import zipfile

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202etxt.exe\u2066"
LINK = "![x](http://evil.example/p.png)[click](http://evil.example)<img src=x>"


def turns(count, text="The ferry is late, the tide is out."):
    return [{"speaker": i % 2, "text": text} for i in range(count)]


def talk(identifier, **fields):
    return {
        "id": identifier,
        "source": "test",
        "participants": ["Ann", "Bo"],
        "turns": turns(6),
    } | fields


def make(folder, victim):
    """Write the corpus into a folder; ``victim`` is a file outside that nothing may touch."""
    folder.mkdir()
    talks = [
        talk("plain"),
        talk("escapes", title=f"Ferry {ESCAPES}", participants=[f"Ann {ESCAPES}", "Bo"], turns=turns(4, f"ferry {ESCAPES}")),
        talk("markup", title=LINK, source=LINK, turns=turns(4, f"{LINK} about a ferry")),
        talk("wide", participants=[f"P{i}" for i in range(9_000)], turns=turns(4, "ferry")),
        talk("addresses", turns=turns(60, "a@example.com 07911 823466 " * 20)),
        talk("digits", turns=turns(5, "1 2 3 4 5 6 7 8 9 0 " * 100)),
        talk("long title", title="x" * 10_000),
        talk("long source", source="x" * 7_000_000),
        talk("flood", turns=turns(2_000, "ferry " * 30)),
    ]  # fmt: skip
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in talks)
    (folder / "talks.jsonl").write_text(lines, encoding="utf-8")
    (folder / "deep.json").write_text("[" * 200_000)
    (folder / "objects.json").write_text('{"a":' * 100_000)
    (folder / "tags.html").write_text("<cite>A:</cite><time>0:01</time><p>hi " + "<a " * 20_000)
    (folder / "voice.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nhi " + "<v." * 20_000)
    (folder / f"name {ESCAPES.replace('/', '')}.txt").write_text("Ann: one\nBo: two\n")
    (folder / "link.txt").symlink_to(victim)
    (folder / "folder").symlink_to(victim.parent, target_is_directory=True)
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.xml", "<rss><channel><item>" + "<a/>" * 1_500_000)
        archive.writestr("../../outside.txt", "Ann: one\nBo: two\n")
        archive.writestr(f"esc{ESCAPES}.txt", "Ann: one\nBo: two\n")
        archive.writestr("zeros.json", b"0" * 100_000_000)
