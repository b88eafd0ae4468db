"""API keys and tokens by their form: known ones, random strings, and hexadecimal ones that words
announce.

Hashes, UUIDs and names in code are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from cgp.privacy.context import said_before
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.word_places import WordPlaces

MIN_TOKEN_CHARACTERS = 16
MIN_RANDOM_CHARACTERS = 24
# Letters of one case with digits may be a part number: only a long run counts as random.
MIN_ONE_CASE_CHARACTERS = 32
# Longer runs are data, such as images in base64, and would cost much time to weigh.
_MAX_TOKEN_CHARACTERS = 8192

_TOKEN_CHARACTERS = LatePattern(r"[A-Za-z0-9_+/=.~:-]{16,}")
_URL_TOKEN_CHARACTERS = LatePattern(r"[A-Za-z0-9_.~:-]{16,}")
_NAME = LatePattern(r"[\w.-]{1,64}[=:]+", re.ASCII)

# Forms of keys and tokens, from the providers' documentation; matched at the start of a token.
_KNOWN_FORM = LatePattern(
    r"sk-(?:ant-|proj-|svcacct-|or-v1-|lf-)?[\w-]{16,}|(?:gsk|sk|rk|pk|whsec|tok)_[A-Za-z0-9_]{16,}"
    r"|gh[opusr]_\w{20,}|github_pat_\w{20,}|gl(?:pat|dt|rt|ptt|cbt|agent|soat|oas|imt|ffct)-[\w-]{16,}"
    r"|xox[abeoprs][.-][\w.-]{10,}|xapp-[\w-]{16,}|(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{16}\b|AIza[\w-]{30,}"
    r"|ya29\.[\w-]{16,}|1//0[\w-]{20,}|GOCSPX-[\w-]{16,}|AQ\.[\w-]{20,}|hf_\w{16,}|api_org_\w{20,}|npm_\w{20,}"
    r"|pypi-[\w-]{16,}|r8_\w{16,}|xai-\w{16,}|pplx-\w{16,}|fw_\w{16,}|csk-\w{20,}|jina_\w{20,}|voy?-[\w-]{20,}"
    r"|SG\.[\w-]{12,}\.[\w-]{12,}|key-[0-9a-f]{32}\b|(?:SK|AC)[0-9a-f]{32}\b|d(?:op|oo|or)_v1_[0-9a-f]{32,}"
    r"|[0-9a-f]{32}-us\d{1,2}\b|xkeysib-[0-9a-f]{40,}-\w+|re_[A-Za-z0-9_]{20,}|dapi[0-9a-f]{32}(?:-\d)?"
    r"|sh(?:pat|pss|pca|ppa)_[0-9a-fA-F]{16,}|\d{8,10}:AA[\w-]{30,}|lin_(?:api|oauth)_\w{16,}|ntn_\w{16,}"
    r"|secret_[A-Za-z0-9]{24,}|sb[_-](?:secret|publishable)[_-][\w-]{16,}|sbp_[0-9a-f]{32,}|hv[bsr]\.[\w-]{24,}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{20,}|glsa_\w{20,}|glc_[\w+/=-]{20,}|eyJrIjoi[\w+/=-]{20,}|figd_[\w-]{20,}"
    r"|PMAK-[0-9a-f]{20,}-[0-9a-f]{20,}|CFPAT-[\w-]{20,}|dckr_[a-z]{2,4}_[\w-]{16,}|nvapi-[\w-]{16,}"
    r"|tvly-[\w-]{16,}|pcsk_\w{20,}|phc_\w{20,}|phx_\w{20,}|nfp_\w{20,}|vcp_\w{20,}|FlyV1 [\w+/=,-]{20,}|fo1_[\w-]{20,}"
    r"|rnd_\w{20,}|dp\.(?:st|pt|ct|sa|scim|audit)\.[\w.-]{20,}|(?:NRAK|NRJS|NRII)-[\w-]{16,}|ATATT3[\w=+/-]{20,}|ATCTT3[\w=+/-]{20,}|ATBB\w{20,}"
    r"|pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}|pat-(?:na|eu)\d-[0-9a-f-]{30,}|sntry[su]_[\w+/=-]{20,}|ops_eyJ[\w-]{20,}"
    r"|A3-[A-Z0-9]{6}-[A-Z0-9-]{20,}|LTAI[A-Za-z0-9]{16,}|AKID[A-Za-z0-9]{16,}|t1\.[A-Z0-9a-z_-]+=*\.[\w-]{20,}|y[0-3]_[\w-]{30,}|AQVN[\w-]{30,}"
    r"|oy2[a-z0-9]{43}|rubygems_[0-9a-f]{40,}|cio[A-Za-z0-9]{32}|crates?io_\w{20,}|pscale_(?:tkn|pw|oauth)_[\w.=-]{20,}"
    r"|EZ[AT]K[A-Za-z0-9]{40,}|shippo_(?:live|test)_[0-9a-f]{30,}|live_[A-Za-z0-9]{30,}|test_[A-Za-z0-9]{30,}|rzp_(?:live|test)_\w{14,}"
    r"|access_token\$(?:production|sandbox)\$[\w$]{20,}|APP_USR-[\w-]{20,}|FLWSECK(?:_TEST)?-[\w-]{12,}|EAAA[\w-]{50,}"
    r"|AccountKey=[A-Za-z0-9+/=]{40,}|[\w~.-]{3}\dQ~[\w~.-]{31,34}|[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,}|mfa\.[\w-]{60,}"
    r"|eyJ[\w-]{6,}={0,2}\.[\w-]{6,}={0,2}(?:\.[\w-]*={0,2}){0,3}|EAA[A-Za-z0-9]{40,}|sq0[a-z]{3}-[\w-]{20,}"
    r"|IGQV[\w-]{40,}|T3BlbkFJ\w{10,}|sl\.[\w-]{40,}|gho?st_\w{20,}|tfp_\w{20,}|[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}"
    r"|bkua_[0-9a-f]{30,}|CCIPAT_\w{20,}|v1\.0-[0-9a-f]{20,}-[0-9a-f]{60,}|cloudsmith_\w{20,}|sq[a-z]{1,3}_[0-9a-f]{40,}"
    r"|HRKU-[\w-]{30,}|(?:sdk|mob)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|access-(?:sandbox|development|production)-[0-9a-f-]{30,}|xsmtpsib-[0-9a-f]{40,}-\w+"
    r"|ATTA[0-9a-f]{60,}|tskey-[\w-]{16,}|wandb_v1_[\w-]{20,}|lsv2_(?:pt|sk)_\w{20,}|(?:pk|sk)-lf-[\w-]{30,}|apify_api_\w{20,}|LA-[\w-]{30,}",
    re.ASCII,
)

_HEXADECIMAL = LatePattern(
    r"(?<![\w.-])(?:0x)?(?:[0-9a-f]{32,128}|[0-9A-F]{32,128})(?![\w-]|\.\w)", re.ASCII
)
_PROVIDERS = [
    "wandb",
    "weights",
    "twilio",
    "databricks",
    "mailgun",
    "mailchimp",
    "datadog",
    "newrelic",
    "relic",
    "heroku",
    "algolia",
    "cloudflare",
    "pagerduty",
    "sentry",
    "rollbar",
    "segment",
    "mixpanel",
    "amplitude",
    "okta",
    "auth0",
    "linode",
    "akamai",
    "vultr",
    "digitalocean",
    "fastly",
    "circleci",
    "travis",
    "jenkins",
    "snyk",
    "sonar",
    "sonarqube",
    "codecov",
    "shodan",
    "virustotal",
    "alchemy",
    "infura",
    "etherscan",
    "moralis",
    "openweather",
    "openweathermap",
    "tmdb",
    "lastfm",
    "newsapi",
    "giphy",
    "trello",
    "asana",
    "dropbox",
    "zendesk",
    "intercom",
    "elevenlabs",
    "deepgram",
    "assemblyai",
    "pinecone",
    "weaviate",
    "supabase",
    "firebase",
    "mapbox",
    "twitch",
    "spotify",
    "steam",
    "bitly",
    "messagebird",
    "vonage",
    "nexmo",
    "plivo",
    "telnyx",
    "sendinblue",
    "postmark",
    "mailjet",
    "clickup",
    "monday",
    "bugsnag",
    "honeycomb",
    "logdna",
    "papertrail",
    "loggly",
    "splunk",
    "grafana",
    "opsgenie",
    "statuspage",
    "netlify",
    "vercel",
    "render",
    "hetzner",
    "ovh",
    "scaleway",
    "godaddy",
    "namecheap",
    "gandi",
    "airtable",
    "typeform",
    "hubspot",
    "salesforce",
    "pipedrive",
    "freshdesk",
    "stripe",
    "adyen",
    "mollie",
    "coinbase",
    "binance",
    "kraken",
    "bitfinex",
    "polygonscan",
    "quicknode",
    "ankr",
    "chainstack",
    "covalent",
    "nansen",
    "cohere",
    "mistral",
    "replicate",
    "stability",
    "runway",
    "together",
    "anthropic",
    "openai",
    "azure",
    "tavus",
    "heygen",
    "synthesia",
    "lambda",
    "runpod",
    "vast",
    "comet",
    "neptune",
    "exa",
    "npmrc",
    "authtoken",
    "brevo",
    "resend",
    "deepseek",
    "langsmith",
    "launchdarkly",
    "plaid",
    "pulumi",
    "e2b",
    "firecrawl",
]
_KEY_SAID = said_before(
    r"(?:api|auth|access|secret|private|priv|signing|encryption|master|bearer|license)?[ _-]?(?:keys?|tokens?)\b",
    r"secrets?\b", r"credentials?\b", r"api\b", r"auth\b", r"wallet\b", r"hotkey\b", r"coldkey\b", r"seed\b",
    r"schl[üu]ssel\w*", r"cl[ée]s?\b", r"claves?\b", r"chaves?\b", r"chiave\b", r"sleutel\w*", r"klucz\w*",
    r"ключ\w*", r"токен\w*", r"anahtar\w*", r"nyckel\w*", r"مفتاح", "कुंजी", "密钥", "私钥", "密鑰", "令牌", "キー",
    "秘密鍵", "トークン", "키", "토큰", *(rf"{provider}\b" for provider in _PROVIDERS), gap=40,
)  # fmt: skip
_HASH_SAID = said_before(
    r"md5\w*", r"sha[-_]?\d*\w*", r"hash\w*", r"digest\b", r"checksum\w*", r"commit\w*", r"etag\b", r"uuid\b",
    r"guid\b", r"tx(?:id|n)?\b", r"transaction\b", r"block\b", r"fingerprint\w*", r"image\b", r"layer\b",
    r"revision\b", r"merkle\b", r"blake\w*", r"crc\w*", r"contract\b", r"trace\b", r"request\b", r"build\b",
    r"prüfsumme\b", r"хеш\w*", r"хэш\w*", "哈希", "ハッシュ", "해시", r"public[ _-]?key\b", r"pubkey\b",
    gap=40,
)  # fmt: skip


_UUID = LatePattern(
    r"(?<![\w.-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-]|\.\w)", re.ASCII
)
_ID_SAID = said_before(
    r"ids?\b", r"u?uid\b", r"guid\b", r"event\b", r"session\b", r"request\b", r"trace\b", r"job\b", r"run\b",
    r"build\b", r"record\b", r"row\b", r"message\b", r"ticket\b", r"order\b", r"issue\b", r"tenant\b", r"subscription\b",
    r"project\b", r"org\w*", r"workspace\b", r"device\b", r"disk\b", r"partition\b", r"volume\b", r"conversation\b",
    r"primary[ _-]?key\b", r"foreign[ _-]?key\b", gap=40,
)  # fmt: skip
"""Words for things that a UUID numbers: it is not a secret there."""

_PREFIX = LatePattern(r"(?:[A-Za-z][A-Za-z0-9]{1,14}[_-]){1,3}(?=[A-Za-z0-9]{32,}\Z)", re.ASCII)
_NO_KEY_PREFIX = LatePattern(
    r"(?:.*[_-])?(?:sha\d*|md5|commit|rev|git|blake\w*|build|image|layer|hash|v\d*|etag|digest|uuid|id|chunk|main|bundle|index|app|release"
    r"|branch|tag|app|tx|block|container|volume|trace|span|req|request|session|cache|key)[_-]\Z",
    re.IGNORECASE,
)
_ALL_HEXADECIMAL = LatePattern(r"[0-9a-f]+|[0-9A-F]+")
_PREFIXED_HEXADECIMAL = LatePattern(
    r"(?<![\w.-])[A-Za-z][A-Za-z0-9]{1,14}[_-](?:[0-9a-f]{32,128}|[0-9A-F]{32,128})(?![\w-]|\.\w)",
    re.ASCII,
)
_MIN_CHANGES_PREFIXED = 0.3
_MIN_DIGITS_PREFIXED = 6


def _is_prefixed(value: str) -> bool:
    """Tell if a word such as "pul-" or "e2b_" stands before a long random string, as in keys."""
    prefix = _PREFIX.match(value) if "_" in value or "-" in value else None
    if prefix is None or _NO_KEY_PREFIX.match(prefix.group()):
        return False
    rest = value[prefix.end() :]
    if _ALL_HEXADECIMAL.fullmatch(rest):
        return False  # an id made from a hash, as ours are: a key only where words say so
    classes = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in rest]
    changes = sum(a != b for a, b in pairwise(classes))
    digits = classes.count("d")
    is_of_three_classes = digits >= 2 and "u" in classes and "l" in classes
    has_enough_digits = digits >= min(_MIN_DIGITS_PREFIXED, len(rest) - digits)
    return (
        len(set(rest)) >= 10
        and (is_of_three_classes or has_enough_digits)
        and changes >= _MIN_CHANGES_PREFIXED * len(classes)
    )


def find_tokens(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield keys by their form and random strings in a plain text, looking at long words only."""
    for start, stop in places.long_words(MIN_TOKEN_CHARACTERS):
        characters, check = _TOKEN_CHARACTERS, _token
        if "://" in text[start:stop]:
            characters, check = _URL_TOKEN_CHARACTERS, _known_token
        for token in characters.finditer(text, start, stop):
            yield from check(token)
        for match in _HEXADECIMAL.finditer(text, start, stop):
            if _KEY_SAID.is_nearer(_HASH_SAID, text, match.start()):
                yield Find(*match.span(), Kind.SECRET)
        if "-" not in text[start:stop] and "_" not in text[start:stop]:
            continue
        for match in (
            *_UUID.finditer(text, start, stop),
            *_PREFIXED_HEXADECIMAL.finditer(text, start, stop),
        ):
            place = match.start()
            if _KEY_SAID.is_nearer(_HASH_SAID, text, place) and not _ID_SAID.is_said(text, place):
                yield Find(*match.span(), Kind.SECRET)


def _known_token(token: re.Match[str]) -> Iterator[Find]:
    if stop := _known_end(token.group(), 0):
        yield Find(token.start(), token.start() + stop, Kind.SECRET)


def _known_end(value: str, start: int) -> int:
    """Return where the key of a known form that begins at ``start`` ends, else 0."""
    match = _KNOWN_FORM.match(value, start)
    return match.end() if match and (_has_digit(match.group()) or _is_mixed(match.group())) else 0


def _has_digit(value: str) -> bool:
    return any(c.isdigit() for c in value)


def _is_mixed(value: str) -> bool:
    """Tell if upper and lower case change as often as by chance: keys of letters alone do."""
    classes = [c.isupper() for c in value if c.isalpha()]
    return sum(a != b for a, b in pairwise(classes)) >= 0.35 * len(classes)


def _token(token: re.Match[str]) -> Iterator[Find]:
    """Yield the secret in one run of token characters: after a name and ``=`` or ``:``, or all of
    it.
    """
    value = token.group().rstrip(".:-/")
    offset = 0
    end = _known_end(value, 0)
    if not end and (name := _NAME.match(value)):
        offset = name.end()
        end = _known_end(value, offset)
    if end or _is_random(value[offset:]) or _is_prefixed(value[offset:]):
        yield Find(token.start() + offset, token.start() + (end or len(value)), Kind.SECRET)


def _is_random(value: str) -> bool:
    """Tell if a string looks drawn at random from letters of both cases and digits.

    In such a string about six in ten neighbours are of different classes (upper, lower, digit);
    in names in code, paths and words it is fewer than four. Without letters of one case a string
    must be longer, in one piece, and more than a hexadecimal number.
    """
    if not MIN_RANDOM_CHARACTERS <= len(value) <= _MAX_TOKEN_CHARACTERS or value.count("/") > 3:
        return False
    classes = "".join(
        "d" if c.isdigit() else "u" if c.isupper() else "l" for c in value if c.isalnum()
    )
    if not classes or len(set(value)) < 12:
        return False
    changes = sum(a != b for a, b in pairwise(classes))
    if min(classes.count(c) for c in "dul") >= 2:
        return changes >= 0.45 * len(classes)
    return (
        len(value) >= MIN_ONE_CASE_CHARACTERS
        and value.isalnum()
        and min(classes.count("d"), len(classes) - classes.count("d")) >= 6
        and changes >= 0.3 * len(classes)
        and re.fullmatch(r"(?:0x)?[0-9a-fA-F]+", value) is None
    )
