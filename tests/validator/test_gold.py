"""Hidden gold windows at work: among the others, told from none of them, never twice to one miner."""

import asyncio
import json
from collections import Counter, defaultdict
from dataclasses import replace
from typing import ClassVar

import pytest
from typer.testing import CliRunner

from cgp import samples
from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.cli.app import app
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.gold import bundled_gold, truth_for
from cgp.metadata import Claim, ParticipantProfile
from cgp.privacy import STANDARD
from cgp.protocol import parse_task
from cgp.scoring import Answer, Identity, default_rule
from cgp.store import Exposure, GoldAsk, SerialWorker, Store
from cgp.windows import WindowPlan
from tests.validator.local_subnet import make_subnet, talk
from tests.validator.rogue_miners import RogueMiner, answer, hangs
from validator.gold import as_sent, fits, pick
from validator.judging import WindowJudge
from validator.selection import MinerCandidate

GOLD = [gold for gold in bundled_gold() if fits(gold, WindowPlan())]
# None of GOLD[:4] is part of it.
SEMINAR = next(c for c in samples.load() if c.id == "sample-seminar-language-revival")
ALWAYS = {"gold_share": 0.5}


@pytest.fixture
async def subnet(tmp_path):
    return await make_subnet(tmp_path, miners=3)


def miner(name, coldkey=None, axon="203.0.113.1:1"):
    return MinerCandidate(0, name, coldkey or f"cold {name}", axon, 1)


def hotkeys(wallets):
    return [wallet.hotkey.ss58_address for wallet in wallets]


# What is chosen


def test_of_miners_that_count_as_one_a_single_one_is_picked():
    order = [miner("a"), miner("b"), miner("c"), miner("d"), miner("e")]
    clusters = {"a": 0, "b": 0, "c": 1, "d": 2, "e": 3}
    identities = {"c": Identity("shared"), "d": Identity("shared"), "e": Identity("own")}

    picked = pick(order, 5, Exposure(), clusters, identities)

    assert [candidate.hotkey for candidate, _ in picked] == ["a", "c", "e"]
    assert picked[0][1].cluster == {"a", "b"}


def test_who_has_seen_a_window_is_not_picked_nor_is_its_cluster():
    order = [miner("a"), miner("b"), miner("c")]
    seen = Exposure().with_ask(GoldAsk("b", 0, frozenset({"b"})))

    picked = pick(order, 2, seen, {"a": 0, "b": 0, "c": 1}, {})

    assert [candidate.hotkey for candidate, _ in picked] == ["c"]


# What is sent


def beside(*speakers, people=6):
    participants = tuple(Participant(f"P{i}") for i in range(people))
    return Conversation("c", "test", participants, tuple(Turn(s, "words") for s in speakers))


def three_speakers():
    window = Conversation(
        "g",
        "gold",
        (Participant("Ann"), Participant("Bo"), Participant("Cy")),
        (Turn(1, "mail me: bo@example.org"), Turn(0, "I will"), Turn(2, "and me")),
    )
    profile = ParticipantProfile(2, (Claim("stance", "wants mail", (2,)),))
    return replace(GOLD[0], window=window, profiles=(profile,))


def test_participants_are_numbered_as_in_the_window_beside_it():
    sent = as_sent(three_speakers(), beside(4, 2, 4, 2), STANDARD)

    assert [turn.speaker for turn in sent.window.turns] == [4, 2, 0]
    names = [sent.window.participants[turn.speaker].name for turn in sent.window.turns]
    assert names == ["Bo", "Ann", "Cy"]
    assert sent.profiles[0].participant == 0


def test_personal_data_is_redacted_as_in_every_window():
    sent = as_sent(three_speakers(), beside(0), STANDARD)

    assert sent.window.turns[0].text == "mail me: [EMAIL_1]"


# What it is worth


async def test_accepted_wordings_earn_what_the_readers_own_do_and_bad_tags_little():
    windows = [gold for gold in GOLD if gold.window.language == "en"][:8]
    means = defaultdict(list)
    async with SerialWorker("scoring") as worker:
        embedder = default_embedder()
        judge = WindowJudge(default_rule(embedder), EmbeddedAnnotator(), embedder, worker)
        for gold in windows:
            weightiest = sorted(gold.tags, key=lambda tag: -tag.weight)
            answers = {
                "own": Answer(tuple(tag.text for tag in weightiest)),
                "other wordings": Answer(tuple(tag.wordings[-1] for tag in weightiest)),
                "bad tags": Answer(tuple(tag.text for tag in gold.reject)),
            }
            judged = await judge.judge_gold(gold, (), list(answers.values()), 12)
            for name, score in zip(answers, judged.scores, strict=True):
                means[name].append(score.value / judged.reference)

    assert means["own"] == [1.0] * len(windows)
    assert sum(means["other wordings"]) == pytest.approx(len(windows), rel=0.2)
    assert sum(means["bad tags"]) < 0.4 * len(windows)


def test_the_truth_is_worded_as_the_answer_words_it():
    gold = GOLD[0]
    wording = gold.tags[0].also[0]

    truth = truth_for(gold, ["nothing wanted", wording])

    assert truth.tags[0].text == wording
    assert [tag.text for tag in truth.tags[1:]] == [tag.text for tag in gold.tags[1:]]
    assert {tag.support for tag in truth.tags} == {1.0, 2 / 3, 1 / 3}


# What happens


class Recorder(EmbeddedAnnotator):
    """The embedded annotator, which remembers the windows that it saw."""

    seen: ClassVar[dict[int, list]] = defaultdict(list)

    async def annotate(self, conversation, *, max_tags, purpose="window"):
        texts = tuple(turn.text for turn in conversation.turns)
        Recorder.seen[id(self)].append((texts, conversation, purpose))
        return await super().annotate(conversation, max_tags=max_tags, purpose=purpose)


@pytest.fixture(autouse=True)
def nothing_seen():
    Recorder.seen.clear()


def asks_about(call, gold):
    """Tell whether a miner is asked about a gold window."""
    return parse_task(call.body).window.turns[0].text == gold.window.turns[0].text


def gold_seen(windows=GOLD):
    """Return, per miner, how often it got each gold window."""
    texts = {tuple(turn.text for turn in gold.window.turns): gold.id for gold in windows}
    return [
        Counter(texts[said] for said, _, _ in seen if said in texts)
        for seen in Recorder.seen.values()
    ]


async def test_gold_windows_go_out_among_the_others_and_count_in_the_standings(subnet):
    talks = [talk(number) for number in range(2)]
    windows = {"characters": 1800, "turns": 6, "overlap": 0}
    settings = subnet.settings(
        validator=ALWAYS, window={**windows, "turns": 40, "characters": 1800}
    )
    standings = {}
    for data, share in (("with", 0.5), ("without", 0.0)):
        settings = subnet.settings(data, validator={"gold_share": share})
        store = Store(settings.store_url)
        store.add_gold(GOLD[:6], 3)
        store.close()
        async with (
            subnet.mining(annotator=Recorder),
            subnet.validating(settings, talks) as (validator, store),
        ):
            summary = await validator.run(until_empty=True)
            assert (summary.done, summary.failed) == (2, 0)
            standings[data] = store.standings_of(
                subnet.validator.hotkey.ss58_address, validator._rule.version
            )
            uses = store.gold_uses()
            done, known = store.count_windows()
            assert done == known == summary.windows
            assert len(uses) == (min(6, known) if share else 0)
            for use in uses:
                assert use.done_at is not None
                assert sorted(a.hotkey for a in use.answers) == sorted(hotkeys(subnet.miners))
                assert all(isinstance(a.answer, Answer) and a.score.valid for a in use.answers)
            if share:
                counts = gold_seen()
                assert len([c for c in counts if c]) == 3
                assert all(times == 1 for c in counts for times in c.values())
                asked = store.times_asked(subnet.validator.hotkey.ss58_address)
                assert asked == {key: known + len(uses) for key in hotkeys(subnet.miners)}
    assert {s.hotkey: json.loads(s.standing)["asked"] for s in standings["with"]} != {
        s.hotkey: json.loads(s.standing)["asked"] for s in standings["without"]
    }


async def test_a_task_with_a_gold_window_has_the_form_of_every_task(subnet):
    bodies = []

    async def remember(call):
        bodies.append(call.body)
        call.send_signed(answer(call.task_id))

    settings = subnet.settings(validator=ALWAYS | {"miners_per_window": 1})
    store = Store(settings.store_url)
    store.add_gold(GOLD[:4], 1)
    store.close()
    async with RogueMiner(subnet.miners[0].hotkey, remember) as only:
        await subnet.advertise(subnet.miners[0], only.port)
        async with subnet.validating(settings, [SEMINAR]) as (validator, store):
            await validator.run(until_empty=True)
            sent = len(store.gold_uses())

    tasks = [json.loads(body) for body in bodies]
    gold_texts = {gold.window.turns[0].text for gold in GOLD[:4]}
    gold = [t for t in tasks if t["turns"][0]["text"] in gold_texts]
    ordinary = [t for t in tasks if t not in gold]
    assert sent == len(gold) >= 1
    assert len(ordinary) >= 1

    def form(task):
        unlike = {"task_id", "turns", "participants"}
        fields = {key: value for key, value in task.items() if key not in unlike}
        return fields, set(task), set(task["turns"][0]), set(task["participants"][0])

    assert all(form(task) == form(ordinary[0]) for task in tasks)
    assert len({task["task_id"] for task in tasks}) == len(tasks)
    assert all(len(task["task_id"]) == 32 and int(task["task_id"], 16) >= 0 for task in tasks)


@pytest.mark.peers
async def test_a_miner_never_gets_a_window_twice_over_many_runs(subnet):
    settings = subnet.settings(validator=ALWAYS | {"miners_per_window": 1})
    store = Store(settings.store_url)
    store.add_gold(GOLD[:2], 5)
    store.close()
    async with subnet.mining(annotator=Recorder):
        for number in range(4):
            async with subnet.validating(settings, [talk(10 + number)]) as (validator, store):
                await validator.run(until_empty=True)
                records = store.gold()

    assert all(times == 1 for seen in gold_seen() for times in seen.values())
    assert all(record.uses <= 3 for record in records)
    assert sum(record.uses for record in records) >= 4


async def test_a_gold_window_that_nobody_answers_is_spent_and_counts_for_nobody(subnet):
    settings = subnet.settings(validator=ALWAYS | {"deadline_seconds": 1.0})
    store = Store(settings.store_url)
    store.add_gold(GOLD[:1], 1)
    store.close()

    async def silent_on_gold(call):
        if asks_about(call, GOLD[0]):
            await hangs(call)
        else:
            call.send_signed(answer(call.task_id))

    async with RogueMiner(subnet.miners[0].hotkey, silent_on_gold) as only:
        await subnet.advertise(subnet.miners[0], only.port)
        async with subnet.validating(settings, [talk(1)]) as (validator, store):
            summary = await validator.run(until_empty=True)
            (use,) = store.gold_uses()
            (standing,) = store.standings_of(use.validator, use.rule_version)

    assert (use.done_at, use.answers) == (None, ())
    assert json.loads(standing.standing)["asked"] == summary.windows


async def test_a_validator_that_dies_between_asking_and_recording_has_spent_the_use(subnet):
    settings = subnet.settings(validator=ALWAYS)
    store = Store(settings.store_url)
    store.add_gold(GOLD[:1], 5)
    store.close()
    at_gold, times = asyncio.Event(), Counter()

    async def slow_on_gold(call):
        is_gold = asks_about(call, GOLD[0])
        times[is_gold] += 1
        if is_gold:
            at_gold.set()
            await hangs(call)
        call.send_signed(answer(call.task_id))

    async with RogueMiner(subnet.miners[0].hotkey, slow_on_gold) as only:
        await subnet.advertise(subnet.miners[0], only.port)
        async with subnet.validating(settings, [talk(1)]) as (validator, store):
            running = asyncio.create_task(validator.run())
            await asyncio.wait_for(at_gold.wait(), 240)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert [use.done_at for use in store.gold_uses()] == [None]
        async with subnet.validating(settings, [talk(2)]) as (validator, store):
            summary = await validator.run(until_empty=True)
            assert len(store.gold_uses()) == 1

    assert summary.done == 2
    assert times[True] == 1


@pytest.fixture
async def worked(subnet, monkeypatch):
    """Return the uses of a validator's run; commands work on its store."""
    settings = subnet.settings(validator=ALWAYS)
    store = Store(settings.store_url)
    store.add_gold(GOLD[:2], 1)
    store.close()
    talks = [samples.load()[-1], talk(3)]
    async with subnet.mining(), subnet.validating(settings, talks) as (validator, store):
        await validator.run(until_empty=True)
        uses = store.gold_uses()
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    return uses


def run(*arguments):
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_scores_can_be_replayed_with_cgp_score(worked, tmp_path):
    assert len(worked) == 2
    for use in worked:
        scored = use.answers[0]
        question = tmp_path / "question.json"
        printed = run("gold", "replay", use.gold.id, scored.hotkey)
        question.write_text(printed, encoding="utf-8")

        (again,) = json.loads(run("score", str(question), "--json"))["answers"]

        assert again["score"] == pytest.approx(scored.score.value)
        assert [tag["verdict"] for tag in again["tags"]] == [t.verdict for t in scored.score.tags]


def test_no_export_and_no_index_holds_a_word_of_a_gold_window(worked, tmp_path):
    out = tmp_path / "out"

    run("index")
    run("export", str(out), "--format", "jsonl")

    folders = (out, tmp_path / "data" / "index")
    made = {p: p.read_bytes() for folder in folders for p in folder.rglob("*") if p.is_file()}
    turn = samples.load()[-1].turns[0].text.encode()
    assert any(turn in content for content in made.values())
    for use in worked:
        said = use.gold.window.turns[0].text.encode()
        assert not [path for path, content in made.items() if said in content]
        assert not [path for path, content in made.items() if use.gold.id.encode() in content]
