"""Forms of Japanese in which a speaker tells of themselves."""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.languages.forms import Language, forms

JAPANESE = Language(
    "「{}」と話す",
    "「{}？」と尋ねる",
    forms(
        18,
        stance=r"(?:が(?:大)?好き|は(?:大)?好き|苦手|嫌い|派です)"
        r"|(?:と思(?:い|う|って)|と考え|べき|気がし|ほうがいい|方がいい|方が良い)",
        wish=r"(?:たいです|たいと|(?<!み)たいな|欲しい|ほしい|たいん)",
        fact=r"(?:私|僕|俺|自分|うち|わたし|我が家)(?:は|も|が|には)|我が家の",
    ),
    re.compile(
        r"(?:そこ|ここ|つまり|それ|これ|あれ|そう|ありがとう|こちらこそ|はい|いえ|なるほど|ですよね|でしょうね|たしかに|確かに)"
    ),
    content=18,
    unspaced=True,
)
