"""Months by their names in the languages of exports (Unicode CLDR, abbreviated and wide)."""

from __future__ import annotations

import unicodedata

_NAMES = (
    """jan january januar jänner janvier janv enero ene janeiro gennaio gen januari tammikuu tammik января янв
    stycznia sty ocak oca ledna led ianuarie ian január jan""",
    """feb february februar février févr fév febrero fevereiro fev febbraio februari helmikuu helmik февраля февр фев
    lutego lut şubat şub února úno februarie február""",
    """mar march märz mär mrz mars marzo março maart mrt maaliskuu maalisk марта мар marca mart března bře martie március márc""",
    """apr april avril avr abril abr aprile huhtikuu huhtik апреля апр kwietnia kwi nisan nis dubna dub aprilie április ápr""",
    """may mai mayo maio maggio mag mei maj toukokuu toukok мая май maja mayıs května kvě május máj""",
    """jun june juni juin junio junho giugno giu kesäkuu kesäk июня июн czerwca cze haziran haz června čvn iunie iun június jún""",
    """jul july juli juillet juil julio julho luglio lug heinäkuu heinäk июля июл lipca lip temmuz tem července čvc iulie iul július júl""",
    """aug august août agosto ago augustus elokuu elok августа авг sierpnia sie ağustos ağu srpna srp augusztus""",
    """sep sept september septembre septiembre setembro set settembre syyskuu syysk сентября сент сен września wrz eylül eyl září
    zář septembrie szeptember szept""",
    """oct october oktober okt octobre octubre outubro out ottobre ott lokakuu lokak октября окт października paź ekim eki
    října říj octombrie október""",
    """nov november novembre noviembre novembro marraskuu marrask ноября нояб listopada lis kasım kas listopadu noiembrie noi""",
    """dec december dez dezember décembre déc diciembre dic dezembro dicembre desember des joulukuu jouluk декабря дек grudnia gru
    aralık ara prosince pro decembrie""",
)


def _plain(name: str) -> str:
    """Return a name without accents, for people leave them out."""
    plain_name = unicodedata.normalize("NFKD", name.casefold().rstrip("."))
    return "".join(c for c in plain_name if not unicodedata.combining(c))


_MONTHS = {_plain(name): i for i, names in enumerate(_NAMES, 1) for name in names.split()}


def month_named(name: str) -> int | None:
    """Return the number of a month, from 1, None for a word that is none."""
    plain = _plain(name)
    # Finnish dates have months in the partitive: tammikuuta.
    return _MONTHS.get(plain) or _MONTHS.get(plain.removesuffix("ta"))
