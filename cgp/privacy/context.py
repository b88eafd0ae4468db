"""What stands before a number and says what it is: "call me on", "order no.", "Steuer-ID".

Words of English, German, French, Spanish, Portuguese, Italian and Dutch. Context may reach over the
end of a turn: the answer to "what's your number?" is a number.
"""

from __future__ import annotations

import re

REACH = 64
"""Characters before a number in which its context is looked for."""


def said_before(*words: str, gap: int = 32) -> re.Pattern[str]:
    """Return a pattern that finds one of ``words`` just before the end, without a digit between.

    ``words`` are regular expressions for lower case; each begins where a word begins.
    """
    joined = "|".join(words)
    return re.compile(rf"(?<!\w)(?:{joined})[^\d]{{0,{gap}}}\Z", re.IGNORECASE)


def is_said(context: re.Pattern[str], text: str, start: int) -> bool:
    """Return whether ``context`` stands before ``text[start]``."""
    return context.search(text[max(0, start - REACH) : start]) is not None


PHONE = said_before(
    r"(?:tele|cell|smart)?phones?\b", r"tel\b", r"cell\b", r"mobile\b", r"fax\b", r"whats ?app\b",
    r"(?:call|text|ring|dial|reach)\b", r"(?:my|your|his|her|our|their) (?:new )?number\b",
    r"hotline\b", r"landline\b", r"fijo\b", r"festnetz\w*", r"tel[eé]fonos?\b", r"m[oó]vil\b", r"celular\b", r"ll[aá]m[ae]\w*",
    r"(?:mi|tu|su) n[uú]mero\b", r"t[eé]l[eé]phone\b", r"t[eé]l\b", r"r?appel\w*", r"portable\b",
    r"(?:mon|ton|son|votre|notre) num[eé]ro\b", r"joindre\b", r"joignable\b", r"telefon\w*",
    r"handy\w*", r"(?:meine|deine|ihre|seine|unsere)r? (?:neue )?nummer\b", r"r[uü]ckruf\w*",
    r"anrufen\b", r"erreich\w*", r"ruf\w* (?:mich|uns|ihn|sie)\b", r"telem[oó]vel\b",
    r"(?:me )?lig(?:a|ue|ar)\b", r"(?:meu|seu|nosso) n[uú]mero\b", r"zap\b", r"cellulare\b",
    r"chiam\w*", r"(?:mio|suo|tuo) numero\b", r"(?:mijn|jouw|uw) nummer\b", r"bellen\b", "電話",
    "电话", "手机", r"телефон\w*",
)  # fmt: skip

NOT_PERSONAL = said_before(
    r"isbn\b", r"issn\b", r"doi\b", r"ean\b", r"upc\b", r"sku\b", r"rma\b", r"imei\b", r"asin\b",
    r"order\b", r"invoice\b", r"receipt\b", r"ticket\b", r"case\b", r"tracking\b", r"parcel\b",
    r"serial\b", r"part\b", r"model\b", r"item\b", r"article\b", r"product\b", r"batch\b", r"lot\b",
    r"flight\b", r"build\b", r"version\b", r"release\b", r"patent\b", r"grant\b", r"issue\b",
    r"po\b", r"timestamp\b", r"transaction\b", r"booking\b", r"reference\b", r"ref\b", r"coordinates?\b",
    r"bestell\w*", r"rechnung\w*", r"auftrag\w*", r"sendung\w*", r"artikel\w*", r"aktenzeichen\b",
    r"vorgang\w*", r"commande\b", r"facture\b", r"dossier\b", r"colis\b", r"r[eé]f[eé]rence\b",
    r"pedido\b", r"factura\b", r"expediente\b", r"env[ií]o\b", r"referencia\b", r"encomenda\b",
    r"fatura\b", r"processo\b", r"refer[eê]ncia\b", r"ordine\b", r"fattura\b", r"bestelling\b",
    r"factuur\b", gap=16,
)  # fmt: skip
