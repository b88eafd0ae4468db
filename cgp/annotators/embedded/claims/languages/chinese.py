"""Forms of Chinese in which a speaker tells of themselves."""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.languages.forms import Language, forms

CHINESE = Language(
    "说：“{}”",
    "问：“{}？”",
    forms(
        12,
        stance=r"我(?:比较|很|最|也|更|挺|不|不太|特别)?(?:喜欢|爱|讨厌|支持|反对)"
        r"|我(?:们)?(?:也|还是|个人)?(?:觉得|认为|相信|希望|担心|感觉)",
        wish=r"我(?:们)?(?:就|还|也)?(?:想|要|需要|打算)",
        promise=r"我(?:们)?(?:会|来|马上|这就)",
        fact=r"我(?:们|家|的)?(?:是|在|有|住|买|去|做|就|已经|以前|今年|家)",
    ),
    re.compile(r"(?:所以|这|那|它|他|她|好的|谢谢|不客气|嗯)"),
    content=12,
    unspaced=True,
)
