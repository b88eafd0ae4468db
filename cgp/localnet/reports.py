"""The work of each neuron's annotator so far, as the neuron's health page tells."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from cgp.annotators.report import AnnotatorReport

_SECONDS = 2.0  # a neuron at full work may be slow to tell; the next time will do

Reports = Mapping[str, Sequence[AnnotatorReport]]


class ReportReader:
    """Reads the reports of neurons at known addresses; keeps the last where one does not answer."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = dict(addresses)
        self._last: dict[str, Sequence[AnnotatorReport]] = {}

    async def read(self) -> Reports:
        """Return each neuron's reports (a validator may have several annotators), by its name."""
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            await asyncio.gather(
                *(self._read(session, name, url) for name, url in self._addresses.items())
            )
        return dict(self._last)

    async def _read(self, session: aiohttp.ClientSession, name: str, address: str) -> None:
        try:
            async with session.get(f"{address}/healthz") as response:
                document = await response.json()
            self._last[name] = reports_in(document)
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
            # What a neuron cannot tell now it tells the next time; a dead one is noticed elsewhere.
            return


def reports_in(document: Mapping[str, Any]) -> list[AnnotatorReport]:
    """Return the reports in a health page.

    Raises:
        KeyError, TypeError: if it holds none.
    """
    return [AnnotatorReport.from_json(entry) for entry in document["annotations"]]


def trouble_in(reports: Reports) -> str:
    """Return the failures and fallbacks so far in a few words; empty where nothing did."""
    troubles = []
    for name, neuron_reports in reports.items():
        failures, fell_back = (
            sum(r.failed for r in neuron_reports),
            sum(r.fell_back for r in neuron_reports),
        )
        parts = [f"{failures} failed"] * bool(failures) + [f"{fell_back} fell back"] * bool(
            fell_back
        )
        if parts:
            troubles.append(f"{name}: {', '.join(parts)}")
    return "; ".join(troubles)
