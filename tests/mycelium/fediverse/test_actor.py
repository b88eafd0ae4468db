"""An actor over real HTTP: found, followed, asked, delivering; and each answer goes out once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from cgp.mycelium.fediverse import rfc9421
from cgp.mycelium.fediverse.delivery_queue import FIRST_PAUSE
from cgp.mycelium.fediverse.signing_key import SigningKey
from cgp.mycelium.fediverse.skills import Skills
from tests.kit.fediverse import Stranger, get, post_signed, running_actor, until
from tests.kit.word_annotator import WordAnnotator


async def test_others_find_the_actor(fungus):
    origin = fungus.actor.origin
    host = origin.removeprefix("http://")
    status, finger = await get(f"{origin}/.well-known/webfinger?resource=acct:fungus@{host}")
    assert status == 200
    assert finger["links"][0]["href"] == fungus.actor.id
    assert (await get(f"{origin}/.well-known/webfinger?resource=acct:nobody@{host}"))[0] == 404
    _, actor = await get(fungus.actor.id)
    assert actor["publicKey"]["owner"] == fungus.actor.id
    assert "PRIVATE" not in json.dumps(actor)
    _, links = await get(f"{origin}/.well-known/nodeinfo")
    _, info = await get(links["links"][0]["href"])
    assert info["protocols"] == ["activitypub"]


async def test_posts_stand_in_the_outbox_page_by_page(fungus):
    for number in range(25):
        assert await fungus.publish(f"Post <{number}>", key=f"model-{number}")
    assert not await fungus.publish("Post 3 again", key="model-3")
    _, box = await get(fungus.actor.outbox)
    _, first = await get(box["first"])
    _, second = await get(first["next"])
    posts = [
        entry["object"]["content"] for entry in [*first["orderedItems"], *second["orderedItems"]]
    ]
    assert box["totalItems"] == 25
    assert posts == [f"<p>Post &lt;{number}&gt;</p>" for number in reversed(range(25))]
    _, one = await get(f"{fungus.actor.id}/statuses/model-3")
    assert one["type"] == "Note"
    assert (await get(f"{fungus.actor.id}/statuses/model-99"))[0] == 404


async def test_a_follower_is_accepted_and_gets_posts_until_it_leaves(fungus, stranger):
    # Execute: follow, twice the same.
    for _ in range(2):
        status, _ = await post_signed(
            fungus.actor.inbox, stranger.follow(fungus.actor), stranger.key
        )
        assert status == 202
    accept = (await until(lambda: stranger.inbox))[0]
    await fungus.publish("A better model")
    await until(stranger.answers)

    # Assert: one acceptance, of this follow.
    assert accept["type"] == "Accept"
    assert accept["object"]["id"] == f"{stranger.id}/follows/1"
    assert [activity["type"] for activity in stranger.inbox] == ["Accept", "Create"]
    assert (await get(fungus.actor.followers))[1]["totalItems"] == 1

    # Execute: undo.
    undo = {
        "id": f"{stranger.id}/undo/1",
        "type": "Undo",
        "actor": stranger.id,
        "object": stranger.follow(fungus.actor),
    }
    await post_signed(fungus.actor.inbox, undo, stranger.key)
    assert await fungus.store.followers() == []


ASK = "<p><span>@fungus</span> tag: ferries &amp; <b>trains</b><script>alert(1)</script></p>"


async def test_a_question_is_answered_once_however_often_it_comes(fungus, stranger):
    for _ in range(3):
        question = stranger.question(fungus.actor, ASK)
        assert (await post_signed(fungus.actor.inbox, question, stranger.key))[0] == 202
    # The same post in another activity (an edit, a relay) is the same question.
    again = stranger.question(fungus.actor, ASK) | {"id": f"{stranger.id}/other"}
    await post_signed(f"{fungus.actor.origin}/inbox", again, stranger.key, scheme=rfc9421)
    await until(stranger.answers)
    await asyncio.sleep(0.1)
    assert stranger.answers() == [
        f"<p>@stranger@{stranger.url.removeprefix('http://')} Tags: ferries, &amp;, trains</p>"
    ]
    assert stranger.inbox[0]["object"]["inReplyTo"] == f"{stranger.id}/statuses/1"
    # It is for the author alone, and not shown in the outbox.
    assert stranger.inbox[0]["to"] == [stranger.id]
    assert (await get(fungus.actor.outbox))[1]["totalItems"] == 0


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"tag": [{"type": "Hashtag", "name": "#BabyFungus"}]}, 1),
        ({"tag": [{"type": "Hashtag", "name": "#other"}]}, 0),
        # Talk about us is no question, and a reply that asks for nothing may be another program's.
        ({"tag": [{"type": "Hashtag", "name": "#BabyFungus"}], "content": "<p>Nice</p>"}, 0),
        ({"content": "<p>@fungus hello</p>"}, 1),
        ({"content": "<p>@fungus hello</p>", "inReplyTo": "https://a.example/1"}, 0),
        ({"inReplyTo": "https://a.example/1"}, 1),
        ({"tag": None, "to": ["US"]}, 1),
        ({"type": "Article"}, 0),
    ],
)
async def test_only_mentions_and_the_tag_ask(fungus, stranger, changes, count):
    if changes.get("to") == ["US"]:
        changes = changes | {"to": [fungus.actor.id]}
    question = stranger.question(fungus.actor, **{"content": ASK} | changes)
    await post_signed(fungus.actor.inbox, question, stranger.key)
    if count:
        await until(stranger.answers)
    assert await fungus.store.waiting_questions() == []
    assert len(stranger.answers()) == count


async def test_bots_are_not_answered(fungus, stranger):
    stranger.documents[f"/users/{stranger.name}"]["type"] = "Service"
    await post_signed(fungus.actor.inbox, stranger.question(fungus.actor, ASK), stranger.key)
    assert await fungus.store.waiting_questions() == []


async def test_a_crash_between_question_and_answer_costs_no_answer_and_makes_no_second(
    tmp_path, key_files, keys, quarantine
):
    async with Stranger(keys[1]).running() as stranger:
        # Prepare: an actor whose annotator is away takes the question and ends.
        folder, port = tmp_path / "fungus", 0
        away = Skills(WordAnnotator(failures=1000), quarantine)
        async with running_actor(folder, key_file=key_files[0], skills=away) as first:
            port = int(first.actor.origin.rpartition(":")[2])
            await post_signed(first.actor.inbox, stranger.question(first.actor, ASK), stranger.key)
        assert stranger.answers() == []

        # Execute: two restarts, and the question comes once more in between.
        for _ in range(2):
            skills = Skills(WordAnnotator(), quarantine)
            async with running_actor(folder, port=port, skills=skills) as later:
                await post_signed(
                    later.actor.inbox, stranger.question(later.actor, ASK), stranger.key
                )
                await until(stranger.answers)
                await asyncio.sleep(0.05)

        # Assert
        assert len(stranger.answers()) == 1


async def test_a_delivery_is_tried_again_across_restarts_and_given_up_at_410(
    tmp_path, key_files, keys, skills
):
    now = [1_795_791_600.0]
    folder = tmp_path / "fungus"
    async with Stranger(keys[1]).running() as stranger:
        # Prepare: the follower's server answers with errors.
        stranger.statuses = [202, 503, 500]
        clock = lambda: now[0]  # noqa: E731
        async with running_actor(folder, key_file=key_files[0], clock=clock) as service:
            port = int(service.actor.origin.rpartition(":")[2])
            at = datetime.fromtimestamp(now[0], UTC)
            await post_signed(
                service.actor.inbox, stranger.follow(service.actor), stranger.key, now=at
            )
            await until(lambda: len(stranger.inbox) == 1)
            await service.publish("A better model", key="1")
            await until(lambda: len(stranger.inbox) == 2)
            await until(service.store.deliveries.next_due)

        # Execute: restarts after ever longer times.
        for deliveries, pause in ((3, FIRST_PAUSE), (4, 2 * FIRST_PAUSE)):
            now[0] += pause + 1
            async with running_actor(folder, port=port, clock=clock) as service:
                await service.publish("A better model", key="1")
                await until(lambda count=deliveries: len(stranger.inbox) >= count)
                await asyncio.sleep(0.05)

        # Assert: it arrived at the third try, and not again.
        assert len(stranger.inbox) == 4
        assert len({activity["id"] for activity in stranger.inbox[1:]}) == 1

        # Execute: the follower is gone.
        stranger.statuses = [410]
        async with running_actor(folder, port=port, clock=clock) as service:
            await service.publish("Another one", key="2")
            await until(lambda: len(stranger.inbox) == 5)
            await until(lambda: no_followers(service))


async def no_followers(service):
    return await service.store.followers() == []


def refusals(fungus, stranger, foreign):
    """Return requests that must be refused: a document, a key, and how it is sent."""
    follow = stranger.follow(fungus.actor)
    other = "https://other.example/users/other"
    note = stranger.question(fungus.actor, ASK)["object"]
    old = datetime.now(UTC) - timedelta(days=3)
    return {
        "unsigned": (follow, stranger.key, {"change": lambda h, b: (drop(h, "signature"), b)}, 401),
        "tampered": (follow, stranger.key, {"change": lambda h, b: (h, b.replace(b"Follow", b"Delete"))}, 401),
        "foreign key": (follow, SigningKey(stranger.key.key_id, foreign.private_key), {}, 401),
        "3 days old": (follow, stranger.key, {"now": old}, 401),
        "3 days old, RFC 9421": (follow, stranger.key, {"now": old, "scheme": rfc9421}, 401),
        "key at a private address": (
            follow, SigningKey("https://169.254.169.254/users/a#main-key", foreign.private_key), {}, 401),
        "key at a malformed address": (
            follow, SigningKey("https://[x", foreign.private_key), {}, 401),
        "key that is not there": (
            follow, SigningKey(f"{stranger.url}/users/nobody#main-key", foreign.private_key), {}, 401),
        "in another's name": (follow | {"actor": other}, stranger.key, {}, 400),
        "id of another server": (follow | {"id": f"{other}/follows/1"}, stranger.key, {}, 400),
        "another's post": (
            {"id": f"{stranger.id}/1", "type": "Create", "actor": stranger.id, "object": note | {"attributedTo": other}},
            stranger.key, {}, 400),
        "undo of another's follow": (
            {"id": f"{stranger.id}/2", "type": "Undo", "actor": stranger.id,
             "object": {"type": "Follow", "actor": other, "object": fungus.actor.id}}, stranger.key, {}, 400),
        "accept of a follow that is not ours": (
            {"id": f"{stranger.id}/3", "type": "Accept", "actor": stranger.id,
             "object": {"type": "Follow", "actor": other, "object": stranger.id}}, stranger.key, {}, 400),
        "follow of another": (follow | {"object": other}, stranger.key, {}, 400),
        "a list of kinds": (follow | {"type": ["Follow"], "object": 7}, stranger.key, {}, 202),
        "no JSON": (b"{", stranger.key, {}, 400),
        "a list": (b"[]", stranger.key, {}, 400),
        "wrong types": (follow | {"object": 7, "id": "x"}, stranger.key, {}, 400),
        "no id": ({"type": "Follow", "actor": stranger.id, "object": fungus.actor.id}, stranger.key, {}, 400),
        "too deep": (b'{"a":' * 30 + b"1" + b"}" * 30, stranger.key, {}, 400),
        "half a character": (b'{"id": "\\ud800", "type": "Follow"}', stranger.key, {}, 400),
        "a huge number": (b'{"id": ' + b"9" * 200_000 + b"}", stranger.key, {}, 400),
        "delete of another": (
            {"id": f"{stranger.id}/4", "type": "Delete", "actor": other, "object": other}, stranger.key, {}, 202),
        "too large": (b'{"a":"' + b"x" * 300_000 + b'"}', stranger.key, {}, 413),
        "another media type": (
            follow, stranger.key, {"change": lambda h, b: (h | {"content-type": "text/html"}, b)}, 415),
        "compressed": (
            follow, stranger.key, {"change": lambda h, b: (h | {"content-encoding": "gzip"}, b)}, 415),
    }  # fmt: skip


def drop(headers, name):
    return {key: value for key, value in headers.items() if key != name}


async def test_none_of_the_hostile_requests_succeeds(fungus, stranger, keys):
    cases = refusals(fungus, stranger, keys[0])
    answers = {}
    for name, (document, key, how, _) in cases.items():
        answers[name], _ = await post_signed(fungus.actor.inbox, document, key, **how)
    assert answers == {name: status for name, (_, _, _, status) in cases.items()}
    assert await fungus.store.followers() == []
    assert await fungus.store.waiting_questions() == []
    assert stranger.inbox == []


async def test_an_actor_that_names_another_servers_inbox_or_key_is_refused(fungus, stranger):
    for changes in (
        {"inbox": "https://victim.example/inbox"},
        {"publicKey": stranger.actor()["publicKey"] | {"owner": "https://victim.example/users/a"}},
        {"id": "https://victim.example/users/a"},
        {"inbox": 7},
    ):
        name = f"user{len(stranger.documents)}"
        document = stranger.actor(**changes) | (
            {} if "id" in changes else {"id": f"{stranger.url}/users/{name}"}
        )
        stranger.documents[f"/users/{name}"] = document
        key = SigningKey(f"{stranger.url}/users/{name}#main-key", stranger.key.private_key)
        status, _ = await post_signed(fungus.actor.inbox, stranger.follow(fungus.actor), key)
        assert status == 401


async def test_a_key_that_its_owner_changed_is_fetched_again_and_a_forger_causes_few_fetches(
    tmp_path, key_files, keys, skills
):
    async with (
        Stranger(keys[1]).running() as stranger,
        running_actor(tmp_path / "f", key_file=key_files[0], skills=skills) as fungus,
    ):
        # Prepare: the first key is remembered; the directory's clock is ours.
        now = [0.0]
        fungus.directory._clock = lambda: now[0]
        await post_signed(fungus.actor.inbox, stranger.follow(fungus.actor, 1), stranger.key)

        # Execute: a forger signs with another key, many times within a minute.
        forged = SigningKey(stranger.key.key_id, keys[0].private_key)
        for number in range(5):
            status, _ = await post_signed(
                fungus.actor.inbox, stranger.follow(fungus.actor, 10 + number), forged
            )
            assert status == 401
        assert stranger.requests.count(f"/users/{stranger.name}") == 1

        # Execute: after a minute the owner has another key.
        now[0] = 61.0
        stranger.documents[f"/users/{stranger.name}"]["publicKey"]["publicKeyPem"] = (
            forged.public_pem
        )
        status, _ = await post_signed(fungus.actor.inbox, stranger.follow(fungus.actor, 2), forged)
        assert status == 202


MASTODON_CONTEXT = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/v1",
    {
        "ostatus": "http://ostatus.org#",
        "sensitive": "as:sensitive",
        "toot": "http://joinmastodon.org/ns#",
    },
]


async def test_documents_as_mastodon_writes_them_are_understood(fungus, stranger):
    # Prepare: an actor and a post with all that Mastodon adds.
    stranger.documents[f"/users/{stranger.name}"] |= {
        "@context": MASTODON_CONTEXT, "following": f"{stranger.id}/following", "featured": f"{stranger.id}/featured",
        "icon": {"type": "Image", "url": "https://a.example/x.png"}, "attachment": [], "discoverable": None,
        "endpoints": {"sharedInbox": f"{stranger.url}/inbox"}, "published": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    question = stranger.question(
        fungus.actor,
        '<p><span class="h-card" translate="no"><a href="http://x/@fungus" class="u-url mention">'
        "@<span>fungus</span></a></span> tag: ferries</p>",
        summary=None,
        inReplyTo=None,
        sensitive=False,
        atomUri=f"{stranger.id}/statuses/1",
        conversation="tag:a.example,2026-01-01:objectId=1:objectType=Conversation",
        contentMap={"en": "x"},
        attachment=[],
        cc=[f"{stranger.id}/followers", fungus.actor.id],
        replies={"type": "Collection", "first": {"type": "CollectionPage", "items": []}},
    ) | {
        "@context": MASTODON_CONTEXT,
        "signature": {"type": "RsaSignature2017", "signatureValue": "x"},
    }

    # Execute
    await post_signed(f"{fungus.actor.origin}/inbox", stranger.follow(fungus.actor), stranger.key)
    await post_signed(f"{fungus.actor.origin}/inbox", question, stranger.key)
    await until(stranger.answers)

    # Assert: posts for followers go to the server's one inbox.
    assert "Tags: ferries" in stranger.answers()[0]
    (follower,) = await fungus.store.followers()
    assert follower.inbox == f"{stranger.url}/inbox"


@pytest.mark.parametrize("form", ["part of the actor", "key alone"])
async def test_keys_at_addresses_of_their_own_are_understood(fungus, stranger, form):
    # GoToSocial serves a part of the actor at its key's address, others the key alone.
    key = SigningKey(f"{stranger.id}/main-key", stranger.key.private_key)
    entry = {"id": key.key_id, "owner": stranger.id, "publicKeyPem": key.public_pem}
    part = {
        "id": stranger.id,
        "type": "Person",
        "preferredUsername": stranger.name,
        "publicKey": entry,
    }
    stranger.documents[f"/users/{stranger.name}/main-key"] = (
        part if form == "part of the actor" else entry | {"type": "Key"}
    )
    follow = stranger.follow(fungus.actor)
    # The actor does not name that key as its own: not believed.
    assert (await post_signed(fungus.actor.inbox, follow, key))[0] == 401
    fungus.directory._failures.clear()
    stranger.documents[f"/users/{stranger.name}"]["publicKey"] = entry
    assert (await post_signed(fungus.actor.inbox, follow, key))[0] == 202


async def test_the_goodbye_of_a_deleted_actor_is_taken(fungus, stranger):
    await post_signed(fungus.actor.inbox, stranger.follow(fungus.actor), stranger.key)
    goodbye = {
        "id": f"{stranger.id}#delete",
        "type": "Delete",
        "actor": stranger.id,
        "object": stranger.id,
    }
    assert (await post_signed(fungus.actor.inbox, goodbye, stranger.key))[0] == 202
    assert await fungus.store.followers() == []
