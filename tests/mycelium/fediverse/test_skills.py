"""Skills: requests are read as data, recommendations follow features, proposals wait apart."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.embedders import default_embedder
from cgp.mycelium.fediverse.catalogue import read_catalogue
from cgp.mycelium.fediverse.errors import CatalogueFileError
from cgp.mycelium.fediverse.post_text import MAX_ANSWER, harmless, plain_text, shortened
from cgp.mycelium.fediverse.quarantine import MAX_PER_AUTHOR, MAX_PER_SERVER, Proposal
from cgp.mycelium.fediverse.skills import HELP, Request, Skill, Skills, request_in, wants_answer
from tests.kit.word_annotator import WordAnnotator

# Invented songs: five genres, each at five tempos.
GENRES = {
    "synthpop": (171, 118, 104, 126, 95), "jazz": (72, 140, 88, 160, 112), "reggae": (76, 80, 84, 92, 70),
    "heavy metal": (150, 168, 184, 132, 200), "folk": (90, 100, 108, 84, 120),
}  # fmt: skip


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    file = tmp_path_factory.mktemp("songs") / "songs.csv"
    rows = [
        f"{10 * g + n},Song {genre.title()} {n},{genre},Artist {10 * g + n},{tempo},200"
        for g, (genre, tempos) in enumerate(GENRES.items())
        for n, tempo in enumerate(tempos)
    ]
    file.write_text("song_id,title,genre,artist,tempo,duration\n" + "\n".join(rows) + "\n", "utf-8")
    return read_catalogue(file, default_embedder())


@pytest.mark.parametrize(
    ("post", "request_"),
    [
        (
            "<p>@fungus@a.example tag: Ferries &amp; trains</p>",
            Request(Skill.TAG, "Ferries & trains"),
        ),
        ("<p>Hello #babyfungus</p><p>LIKE : Song Jazz 1</p>", Request(Skill.LIKE, "Song Jazz 1")),
        ("add: a, b\nc", Request(Skill.ADD, "a, b\nc")),
        ("<p>tag: one<br>two</p><p>three</p>", Request(Skill.TAG, "one\ntwo\nthree")),
        ("<script>tag: evil</script>hello", None),
        ("I like: nothing", None),
        ("tags: none", None),
        ("tag:", None),
        ("", None),
    ],
)
def test_a_request_is_read_from_the_plain_text_of_a_post(post, request_):
    assert request_in(plain_text(post)) == request_


@pytest.mark.parametrize(
    ("text", "is_mention", "is_reply", "expected"),
    [
        ("tag: ferries", False, True, True),
        ("hello", True, False, True),
        ("hello", False, False, False),
        # Two programs that help each other would never end, nor would two that read our own answers.
        (HELP, True, True, False),
        ("@us Tags: ferries, trains", True, True, False),
        ("@us Like “One”: Two", True, True, False),
    ],
)
def test_requests_and_first_mentions_get_an_answer(text, is_mention, is_reply, expected):
    assert wants_answer(text, is_mention=is_mention, is_reply=is_reply) is expected


def test_a_hostile_post_costs_no_time():
    def seconds():
        started = time.process_time()
        assert request_in("\n" * 4000 + "x") is None
        return time.process_time() - started

    assert any(seconds() < 0.05 for _ in range(5))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_an_answer_neither_mentions_nor_links_whatever_it_repeats(text):
    line = harmless(text)
    assert not set("@#＠＃\n") & set(line)
    assert "://" not in line
    assert len(shortened(text * 5)) <= MAX_ANSWER


@pytest.mark.parametrize("genre", GENRES)
def test_the_nearest_song_has_the_genre_and_is_near_in_tempo(songs, genre):
    for number, tempo in enumerate(GENRES[genre]):
        advice = songs.like(f"song {genre} {number}", 4)
        best = advice.items[0]
        nearest = min(abs(tempo - other) for other in GENRES[genre] if other != tempo)
        assert advice.title == f"Song {genre.title()} {number}"
        assert best.cells["genre"] == genre
        assert abs(float(best.cells["tempo"]) - tempo) == nearest
        assert all(item.cells["genre"] == genre for item in advice.items)


def test_a_misspelt_title_is_known_and_another_one_is_said_to_be_unknown(songs):
    assert songs.like("Sonng Jazz 1", 1).title == "Song Jazz 1"
    by_words = songs.like("loud metal music", 3)
    assert by_words.title == ""
    assert by_words.items[0].cells["genre"] == "heavy metal"
    assert songs.like("", 3).items == ()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a,b\n1,2\n",
        "title\n",
        b"title\n\xff\xfe\n",
        "title," + ",".join(map(str, range(40))) + "\nx\n",
    ],
)
def test_a_wrong_catalogue_is_named(tmp_path, content):
    file = tmp_path / "songs.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CatalogueFileError, match=r"songs\.csv"):
        read_catalogue(file, default_embedder())
    file.unlink()
    with pytest.raises(CatalogueFileError, match=r"songs\.csv cannot be read"):
        read_catalogue(file, default_embedder())


def test_empty_cells_and_words_among_numbers_are_left_out(tmp_path):
    file = tmp_path / "items.csv"
    file.write_text("name,tempo,genre\nA,100,pop\nB,,pop\nC,fast,jazz\nD,101,pop\n", "utf-8")
    catalogue = read_catalogue(file, default_embedder())
    assert [item.title for item in catalogue.like("a", 3).items][:2] == ["B", "D"]


async def test_each_skill_answers(songs, quarantine):
    skills = Skills(WordAnnotator(), quarantine, songs)
    bare = Skills(WordAnnotator(), quarantine)

    async def ask(text, of=skills):
        return await of.answer(request_in(text), "ada", "post 1")

    assert await ask("tag: @bob ferries #x") == "Tags: ferries"
    assert (await ask("like: song reggae 1")).startswith("Like “Song Reggae 1”: Song Reggae")
    assert (await ask("like: loud metal music")).startswith(
        "I do not know that title. By its words"
    )
    assert await ask("like: song reggae 1", bare) == "I have no catalogue to recommend from."
    assert (await ask("add: a song")).startswith("Thank you")


async def test_an_answer_holds_nothing_personal_of_the_post(quarantine):
    skills = Skills(WordAnnotator(), quarantine)
    answer = await skills.answer(
        Request(Skill.TAG, "ferries: my password is Kestrel77, call 0176 44829173"), "ada", "post 1"
    )
    assert "ferries" in answer
    assert not [word for word in ("Kestrel77", "44829173") if word.lower() in answer.lower()]


async def test_proposals_are_kept_once_each_and_within_bounds(quarantine):
    hostile = 'x" } ; DELETE WHERE {?s ?p ?o} #'
    for _ in range(2):
        assert await quarantine.add(Proposal("post 0", "ada", hostile))
    for number in range(1, MAX_PER_AUTHOR):
        assert await quarantine.add(Proposal(f"post {number}", "ada", "x"))
    assert not await quarantine.add(Proposal("one more", "ada", "x"))
    assert await quarantine.add(Proposal("of ben", "ben", "x" * 5000))
    proposals = await quarantine.proposals()
    assert proposals[0].text == hostile
    assert len(proposals) == MAX_PER_AUTHOR + 1
    assert len(proposals[-1].text) == 1000
    assert await quarantine.remove("post 0")
    # One person may have any number of accounts on a server of their own.
    kept = [
        await quarantine.add(Proposal(f"flood {n}", f"https://flood.example/users/{n}", "x"))
        for n in range(MAX_PER_SERVER + 5)
    ]
    assert kept == [True] * MAX_PER_SERVER + [False] * 5
    assert await quarantine.add(Proposal("of zoe", "zoe@c.example", "x"))
    assert not await quarantine.remove("post 0")
