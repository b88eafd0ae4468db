"""What an annotator says about its own work."""

from cgp.annotators.choose import annotator_of, open_annotator
from cgp.annotators.report import AnnotatorReport, report_of
from cgp.config import Settings
from tests.kit.llm_server import Says, Status


async def test_failures_fallbacks_and_dropped_tags_are_counted(serve, settings, talk):
    said = '{"tags": ["ticket prices", "Ada", "moon landing"], "profiles": []}'
    server = await serve(Says(said), Status(500))
    async with open_annotator(
        settings(server, fallback="embedded", cache_megabytes=0)
    ) as annotator:
        for _ in range(3):
            await annotator.annotate(talk, max_tags=4)
        report = report_of(annotator)
    assert (report.asked, report.failed, report.fell_back) == (3, 0, 2)
    assert report.dropped == {"a speaker's name": 1, "not in the conversation": 1}
    assert "HTTP 500" in report.last_failure
    assert report.annotator == annotator.name
    assert AnnotatorReport.from_json(report.to_json()) == report


async def test_without_a_fallback_a_failure_is_one(serve, settings, talk):
    server = await serve(Status(500))
    async with open_annotator(settings(server)) as annotator:
        try:
            await annotator.annotate(talk, max_tags=4)
        except RuntimeError:
            report = report_of(annotator)
    assert (report.asked, report.failed, report.fell_back) == (1, 1, 0)


async def test_every_annotator_of_a_spec_reports(talk):
    annotator = annotator_of("embedded,max_tags=2", Settings(_env_file=None))
    await annotator.annotate(talk, max_tags=4)
    assert report_of(annotator).asked == 1
