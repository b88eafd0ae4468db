"""Numbers on the pages: the same figure in each language's digits, with units in its words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.explorer.numbers import Numbers
from cgp.explorer.preferences import Language
from tests.explorer.test_pages import get

ENGLISH, PERSIAN = Numbers(Language.ENGLISH), Numbers(Language.PERSIAN)
LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٬٫٪", "0123456789,.%")


@given(st.integers(-(10**12), 10**12) | st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_persian_number_is_the_english_one_in_other_digits(value, digits):
    number = PERSIAN.number(value, digits)
    assert not re.search(r"[0-9.,]", number)
    assert number.translate(LATIN) == ENGLISH.number(value, digits)


@given(st.floats(0, 1))
def test_a_share_has_the_language_s_sign(value):
    assert PERSIAN.share(value).translate(LATIN) == ENGLISH.share(value)
    assert PERSIAN.share(value).endswith("٪")


@given(st.floats(0, 1e7))
def test_a_time_span_has_one_number_and_one_unit(seconds):
    number, unit = PERSIAN.duration(seconds).split(" ")
    assert re.fullmatch("[۰-۹٬٫]+", number)
    assert unit in {"ثانیه", "دقیقه", "ساعت"}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.42, "0.42 s"), (12, "12 s"), (180.0, "3 min"), (7200, "2.0 h")],
)
def test_a_time_span_is_told_in_the_unit_that_fits(seconds, words):
    assert ENGLISH.duration(seconds) == words


def test_a_version_and_a_date_keep_their_marks():
    assert PERSIAN.numeral("0.1.0") == "۰.۱.۰"
    assert PERSIAN.moment(1700000000).startswith("۲۰۲۳-۱۱-۱۴ ۲۲:۱۳ ")


@pytest.mark.parametrize("path", ["/", "/incentive", "/conversation/ferry?window=0", "/tags"])
def test_a_persian_page_has_persian_digits_alone(site, path):
    text = get(site, path, cookies={"language": "fa"}).text
    figures = re.findall(
        r'class="(?:n|no|cite|big|state)"[^>]*>([^<]*)|<(?:b|small|dd)>([^<]*)', text
    )
    shown = " ".join(a + b for a, b in figures)
    assert re.search("[۰-۹]", shown)
    assert not re.search("[0-9]", shown)
    assert "<button>تأیید</button>" in text
