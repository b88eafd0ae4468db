"""Addresses of wallets: Bitcoin, Ethereum and its kin, Substrate, Solana, Tron and others, and
their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cgp.privacy.context import said_before
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.word_places import WordPlaces

_BASE58 = "1-9A-HJ-NP-Za-km-z"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BY_FORM = LatePattern(
    rf"(?<![\w])(?:0x[0-9a-fA-F]{{40}}|(?:bc|tb|ltc|bcrt)1[{_BECH32}]{{25,87}}"
    rf"|(?:addr|stake)(?:_test)?1[{_BECH32}]{{40,110}}|(?:cosmos|osmo|terra|juno|inj|celestia|sei|kava|dydx|erd|zil|one)1[{_BECH32}]{{38,62}}"
    rf"|(?:bitcoincash:)?[qp][{_BECH32}]{{41}}|[48][{_BASE58}]{{94}}|[EU]Q[\w-]{{46}}|tz[123][{_BASE58}]{{33}}"
    rf"|[15CDEFGHJ][{_BASE58}]{{46,47}})(?!\w)",
    re.ASCII,
)
_SAID_WALLET = LatePattern(
    rf"(?<!\w)(?:[13mn2][{_BASE58}]{{25,34}}|[LMD][{_BASE58}]{{26,33}}|[Tt][{_BASE58}]{{33}}|r[{_BASE58}]{{24,34}}|[{_BASE58}]{{32,44}}"
    r"|G[A-Z2-7]{55}|0\.0\.\d{4,10}|[0-9a-f]{64}|[\w-]{2,64}\.near)(?!\w)",
    re.ASCII,
)
_WALLET_SAID = said_before(
    r"(?:btc|bitcoin|xbt|eth|ethereum|sol|solana|tron|trx|usdt|usdc|ltc|litecoin|doge|xrp|ripple|xlm|stellar|ada|bch|dash|xmr|monero)\b",
    r"wallet\w*", r"tao\b", r"(?:cold|hot)key\b", r"ss58\b", r"hbar\b", r"near\b", r"address\b", r"crypto\w*", r"coins?\b",
    r"портмоне", r"кошел\w*", "钱包", "ウォレット", "지갑", r"cartera\b", r"monedero\b", r"carteira\b", r"c[üu]zdan\w*", gap=24,
)  # fmt: skip
_NAME = LatePattern(
    r"(?<![\w.@/-])[\w-]{3,63}\.(?:eth|sol|crypto|tez|bnb|lens)(?![\w-]|\.\w)", re.ASCII
)
NAME_STEMS = frozenset({".eth", ".sol", ".crypto", ".tez", ".bnb", ".lens"})
"""Endings of wallets' names."""


def find_wallets(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield the addresses of wallets in a plain text."""
    for start, stop in places.long_words(24):
        for match in _BY_FORM.finditer(text, start, stop):
            yield Find(*match.span(), Kind.WALLET)
        for match in _SAID_WALLET.finditer(text, start, stop):
            # By form alone these are any long word, so a word for a coin must stand near.
            if any(c.isdigit() for c in match.group()) and _WALLET_SAID.is_said(
                text, match.start()
            ):
                yield Find(*match.span(), Kind.WALLET)
    for place in places.of(NAME_STEMS):
        start = max(0, place - 64)
        # Around the ending only: a search of the whole text would look at every word.
        for match in _NAME.finditer(text, start, min(len(text), place + 8)):
            yield Find(*match.span(), Kind.WALLET)
