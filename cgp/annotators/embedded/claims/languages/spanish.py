"""Forms of Spanish in which a speaker tells of themselves."""

from __future__ import annotations

from cgp.annotators.embedded.claims.languages.forms import Language, form, no_subject

_HABIT = r"\b(?:cada|siempre|todos los|todas las|a veces|normalmente|nunca|desde|antes|ayer|pasad[oa]|suelo|solía)\b"
_TALK = (
    r"\b(?:dicho|digo|decir|dije|hablar|hablado|preguntar|preguntado|agradecer|agradezco|recordar|responder|comentado|comentar|escuchado|oído|entendido|señalar"
    r"|en (?:la )?línea|una (?:pregunta|duda|idea)|la palabra|la impresión|razón|miedo|claro|seguro|segura)\b"
)
_KIN = (
    r"(?:^(?:(?:y|pero|pues|bueno|también|ya),? ){0,2}(?:mi|mis)|\b(?:con|para|por)"
    r" (?:mi|mis)) (?:marido|mujer|esposa|esposo|hij[oa]s?|herman[oa]s?|padre|madre|papá|mamá|abuel[oa]|prim[oa]|tí[oa]|novi[oa]|jef[ea]|vecin[oa]|perr[oa]|gat[oa]|suegr[oa]|familia)\b"
)

SPANISH = Language(
    "dice: «{}»",
    "pregunta: «{}?»",
    (
        form(
            "decision",
            2,
            r"\b(?:hemos|he) (?:decidido|acordado|elegido)\b|\bdecid(?:í|imos)\b|\b(?:quedamos (?:en|el|a las)|queda (?:decidido|acordado)|decidido:|nos quedamos con|me quedo con|me llevo (?:el|la|los|las|un|una|dos))\b",
            r"\b(?:todavía no|aún no|si|no)\b",
        ),
        form(
            "promise",
            3,
            r"\b(?:voy|vamos) a (?!decir|leer|hablar|citar|preguntar|empezar|terminar|acabar|responder|contestar|contar|explicar|repetir|concluir|ser|intentar|dar|ver|estar|tener|comenzar|seguir|morir|salir bien|necesitar|poder|por|hacer una pregunta)\w+r(?:l[aeo]s?|me|te|se|nos|los)?\b"
            r"|(?<!si )\b(?!(?:prepar|compar|separ|declar|repar|dispar|esper|oper|gener|super|recuper|consider|alter|mir|tir|retir|gir|admir|inspir|respir|estir|hablar|contar|explicar|pod|tend|hab|est|ser|terminar|empezar|intentar|responder|recordar|par|entrar|pedir)é)"
            r"(?:haré|pondré|vendré|saldré|traeré|\w{3,}(?:aré|eré|iré))\b|\b(?:yo )?me encargo (?:de|del|yo)\b",
            rf"{_TALK}|\b(?:si|no (?:\w+ ){{0,3}}(?:voy|vamos)|que (?:\w+ ){{0,3}}(?:voy|vamos))\b",
        ),
        form(
            "promise",
            2,
            r"\b(?:te|le|les|os|se) (?:lo |la |los |las )?(?:mando|envío|llevo|traigo|preparo|dejo|llamo|compro|escribo|reservo|saco|pago|hago|pongo|paso|bajo|busco|imprimo|devuelvo)\b(?! (?:que|muy|la palabra|un saludo))"
            r"|^(?:y |entonces |vale,? |bueno,? )?yo (?:llevo|traigo|hago|preparo|compro|pago|transcribo|escribo|reservo|mando|imprimo|limpio|cocino|recojo|bajo|subo|reviso|busco) (?:el|la|los|las|un|una|unos|unas|dos|tres|\d+)\b",
            rf"{_TALK}|{_HABIT}|\b(?:si|cuando|años|meses|semanas)\b",
        ),
        form(
            "stance",
            3,
            r"\b(?:(?:no )?me (?:gustan?|encantan?|preocupan?|molestan?)|prefiero|odio|apoyo|recomiendo|detesto|estoy (?:totalmente |completamente )?(?:de acuerdo|a favor|en contra))\b"
            r"|\b(?:creo(?!$)|pienso|opino|considero|espero|dudo|lamento|me parece|en mi opinión|estoy convencid[oa])\b",
        ),
        form(
            "wish",
            3,
            r"\b(?:quiero|yo quería|(?<=^)quería|quisiera|necesito|busco|me gustaría|queremos|solicito|propongo)\b",
            _TALK,
        ),
        form(
            "fact",
            2,
            rf"{_KIN}(?: \w+){{0,2}} (?:es|son|está|están|tiene|tienen|tenía|era|trabaja|vive|fue)\b",
            _TALK,
        ),
        form(
            "fact",
            4,
            _KIN,
            _TALK,
        ),
        form(
            "fact",
            2,
            r"\b(?:yo )?(?:vivo|trabajo(?! (?:que|de que|es|está))|estudio (?:en|para|la|el)|enseño|dirijo|cultivo|llevo (?:\w+ ){1,3}(?:años|meses|semanas|días))\b(?<!el trabajo)(?<!de trabajo)(?<!un trabajo)(?<!su trabajo)(?<!mi trabajo)"
            r"|\b(?:soy (?!yo)|yo fui|fui \w+(?:al|or|ora|ero|era|ista)\b|estoy (?:de turno|en paro|casad|jubilad|\w+(?:ando|iendo)))",
            _TALK,
        ),
        form(
            "fact",
            3,
            r"\b(?:yo (?:soy|era|tengo|tenía)|tengo (?!que\b)|teníamos|tenemos (?!que\b)|estuve|compré|fui|viajo|empecé|yo (?:uso|pago|toco|juego|(?!\w*ría\b|iba|había|podía|decía|hablaba|pensaba|creía|sabía)\w+(?:aba|ía))|nosotros (?:hicimos|\w+(?:amos|imos))|duermo|corro|he \w+[ai]do|hemos \w+(?:[ai]do|to|cho))\b"
            r"|^(?:(?:y|pero|yo|me|le|les|ya|no|luego|después) ){0,3}(?!(?:qué|sé|aquí|así|allí|ahí|sí|también|café|té|creí|pensé|supongo|está|porqué|josé|andré|fijé)\b)\w{3,}[éí]\b(?<!ré)",
            _TALK,
        ),
        form("norm", 4, r"\b(?:hay que|debería(?:n|mos)?|debemos|tenemos que|deben)\b"),
    ),
    no_subject(
        r"l[ao]s? \w+(?:é|í|aba|ía)|eso|esto|él|ella|ellos|es|era|son|está|gracias|muchas gracias|así"
    ),
)
