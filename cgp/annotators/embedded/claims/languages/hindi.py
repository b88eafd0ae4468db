"""Forms of Hindi in which a speaker tells of themselves."""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.languages.forms import Language, forms

HINDI = Language(
    "कहा: “{}”",
    "पूछा: “{}?”",
    forms(
        4,
        stance=r"मुझे .{0,60}(?:पसंद|अच्छा लग|अच्छी लग)"
        r"|(?:मुझे (?:नहीं )?लगता|मेरा मानना|मेरे विचार|मेरे ख्याल|मेरी राय)",
        wish=r"(?:चाहिए|चाहता हूँ|चाहती हूँ|चाहता हूं|चाहती हूं|चाहते हैं)",
        fact=r"(?:^|\s)(?:मैं|मैंने|मेरा|मेरी|मेरे|हमने)\s",
    ),
    re.compile(r"(?:यह|वह|ये|वे|इससे|उससे|धन्यवाद|जी हाँ|जी)\s"),
)
