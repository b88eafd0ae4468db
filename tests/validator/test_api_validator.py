"""A whole validator that takes its conversations from a CGP API: real miners, chain, HTTP."""

from contextlib import closing
from dataclasses import replace

from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.api.server import opened_validators
from cgp.chain import open_chain
from cgp.embedders import default_embedder
from cgp.gold import bundled_gold
from cgp.scoring import Answer, Seal, default_rule
from tests.api.served import serving_on
from tests.validator.local_subnet import make_subnet, talk
from validator.mirror import open_store
from validator.service import Validator


async def test_conversations_of_an_api_become_results_there_and_standings_here(tmp_path):
    subnet = await make_subnet(tmp_path, miners=3)
    talks = [talk(number) for number in range(2)]
    async with opened_validators(subnet.settings()) as permitted:
        with serving_on(tmp_path / "central", permitted) as api:
            api.store.add_conversations(talks)
            settings = subnet.settings(
                "own",
                cgp_api_url=api.url,
                window={"characters": 1800, "turns": 8, "overlap": 0},
                validator={"gold_share": 0.5},
            )
            with closing(open_store(settings)) as mirror:
                mirror.add_gold([small_gold()], 1)
                async with subnet.mining(), open_chain(settings, subnet.validator) as chain:
                    annotator, embedder = EmbeddedAnnotator(), default_embedder()
                    validator = Validator(
                        settings,
                        subnet.validator,
                        chain,
                        mirror,
                        annotator,
                        embedder,
                        default_rule(embedder),
                    )
                    summary = await validator.run(until_empty=True)
                    await annotator.close()
                check_the_api(api.store, talks, summary)
                hotkey = subnet.validator.hotkey.ss58_address
                known = api.store.count_windows()[1]
                assert mirror.times_asked(hotkey) == {
                    wallet.hotkey.ss58_address: known + 1 for wallet in subnet.miners
                }
                (use,) = mirror.gold_uses()
                assert len(use.answers) == 3
                assert not api.store.gold(), "gold windows stay with the validator"
                assert not api.store.gold_uses()
                assert mirror.last_weights(hotkey) is not None
                assert not api.store.validators(), "standings stay with the validator"


def small_gold():
    """Return a bundled gold window's first turns."""
    gold = bundled_gold()[0]
    return replace(gold, window=gold.window.excerpt(0, 4))


def check_the_api(store, talks, summary):
    """Check that the API has everything, once."""
    assert (summary.done, summary.failed, summary.weights_set) == (2, 0, True)
    assert store.count_conversations()["done"] == 2
    done, known = store.count_windows()
    assert done == known == summary.windows > 4
    for each in talks:
        truth = store.ground_truth(each.id)
        assert Seal(truth.seal, truth.document).holds()
        assert store.metadata_of(each.id).tags
        answers = store.answers_of(each.id)
        assert len(answers) == 3 * len(store.windows_of(each.id))
        assert all(isinstance(a.answer, Answer) and a.score.valid and a.evidence for a in answers)
