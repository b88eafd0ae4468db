"""Forms of French in which a speaker tells of themselves."""

from __future__ import annotations

from cgp.annotators.embedded.claims.languages.forms import Language, form, no_subject

_HABIT = r"\b(?:chaque|tous les|toutes les|toujours|souvent|d'habitude|fois par|depuis|parfois|hier|dernière?|jamais|avant,|à l'époque)\b"
_TALK = (
    r"\b(?:dire|dis|dit|demander|demandé|parlé|parler|entendu|rappeler|rappelle|répondre|répondu|ajouter|souligner|remercier|remercie|saluer|préciser"
    r"|expliquer|citer|l'impression|une question|l'honneur|confiance|raison|tort|peur|compris|entends|désolée?|sûre?|ravie?|contente?|la parole)\b"
)
_TIME = (
    r"\b(?:demain|ce soir|cet après-midi|tout de suite|tout à l'heure|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|dans (?:une|un|deux|trois|cinq|dix|\d+)"
    r"|d'ici|avant (?:le|la|ce|lundi|midi|\d)|la semaine prochaine|le mois prochain|le (?:\d+|premier|deux|trois|dix|onze|douze|treize|quatorze|quinze|seize|vingt)"
    r"|à (?:\d+|midi|une|deux|trois|cinq|six|sept|huit|neuf|dix) ?h|en (?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)|après-demain)\b"
)
_KIN = (
    r"(?:^(?:(?:et|mais|moi|alors|bon|enfin|oui|non),? ){0,2}(?:mon|ma|mes)|\b(?:avec|pour|chez|sur)"
    r" (?:mon|ma|mes)) (?:mari|femme|fille|filles|fils|enfants?|frère|sœur|père|mère|parents|patronn?e?|collègue|voisine?|chatt?e?|chien|beau-père|belle-mère|grand-père|grand-mère|oncle|tante|amie?|cop(?:ain|ine))\b"
)

FRENCH = Language(
    "dit : « {} »",
    "demande : « {} ? »",
    (
        form(
            "decision",
            2,
            r"\b(?:(?:nous avons|on a|j'ai) (?:décidé|choisi|convenu)|mettons-nous d'accord)\b|^(?:c'est (?:décidé|réglé|convenu)|va pour|d'accord pour)\b"
            r"|\bje prends (?:le|la|les|un|une|deux|trois|plutôt)\b|\bon (?:se (?:retrouve|voit)|garde|reporte|livre|vend pas|prend) .*",
            rf"{_HABIT}|\b(?:pas encore|si|quand|parce que|la parole|note|acte|en compte|train|avion|bus|voiture|avec la|et on)\b",
        ),
        form(
            "promise",
            3,
            r"\bje vais (?:te |vous |lui |leur |m'|me |en |y )?(?!dire|lire|parler|citer|répondre|commencer|terminer|finir|essayer|être|conclure|rappeler|reprendre|poser|donner|avoir|devoir|mourir|vomir)\w+(?:er|ir|re)\b"
            r"|\bje (?:te |t'|vous |leur |lui |m'|me |m'en |y )?(?:l'|le |la |les )?(?!demanderai|dirai|verrai|serai|aurai|répondrai|essaierai|parlerai|terminerai|commencerai|pourrai|devrai|saurai|voudrai|ajouterai|citerai|rappellerai|vrai)[a-zéèê]{2,}rai\b"
            r"|\bj['’](?!aurai|essaierai|ajouterai|espérerai|irai loin)[a-zéèê]{2,}rai\b|\bje (?:me charge|m'occupe) (?:de|du|des)\b",
            rf"{_TALK}|\b(?:si|ne commenterai|pas)\b",
        ),
        form(
            "promise",
            3,
            rf"\bj(?:e |['’])(?:te |t'|vous |lui |leur |m'en |m')?(?:l'|le |la |les )?(?:envoie|apporte|amène|prépare|réserve|passe|transmets|fais|pose|propose|demande|mets|imprime|achète|commande|écris|cherche|vérifie|règle|rédige|viens|ramène|relance|contacte|préviens)\b(?=.*{_TIME})"
            r"|\bj(?:e |['’])(?:te |t'|vous |lui |leur )(?:l'|le |la |les )?(?:envoie|apporte|amène|prépare|réserve|transmets|imprime|achète|ramène|passe (?:le|la|un))\b",
            rf"{_HABIT}|\b(?:si|quand|dire|dis|parler|rappelle|parole|merci|confiance|plaisir|peine)\b",
        ),
        form(
            "stance",
            3,
            r"\b(?:j'(?:aime|adore)|je (?:préfère|déteste|soutiens|n'aime pas|aime pas|suis (?:\w+ ){0,3}(?:pour|contre|favorable|opposée?|(?:pas )?d'accord)))\b"
            r"|\bje (?:ne )?(?:pense|crois|trouve|considère|regrette|doute|suis (?:convaincue?|persuadée?))\b|\b(?:j'espère|à mon avis)\b",
        ),
        form(
            "wish",
            3,
            r"\b(?:je (?:voudrais(?! (?:simplement )?(?:dire|vous|ajouter|poser))|veux|cherche|souhaite|souhaiterais)|j'(?:aimerais|ai besoin)|(?:nous|on) (?:voulons|souhaitons|voudrait|voulait|veut))\b",
            _TALK,
        ),
        form(
            "fact",
            2,
            rf"{_KIN}(?: \w+){{0,2}} (?:est|sont|a|ont|avait|était|habite|travaille|vit)\b",
            rf"{_TALK}|\b(?:si|rêve)\b",
        ),
        form(
            "fact",
            4,
            _KIN,
            rf"{_TALK}|\b(?:si|rêve)\b",
        ),
        form(
            "fact",
            2,
            r"\b(?:j'(?:habite|étudie|enseigne)|je (?:travaille|vis|loge|dirige|gère|élève|cultive|vends|loue|joue|paie|paye)|je suis (?:de |né|née|âgé|retraité|étudiant|mariée?|allergique|divorcée?|végétarien|\w+(?:eur|euse|ier|ière|iste|icien|icienne)\b))",
            rf"{_TALK}|\b(?:si|rêve)\b",
        ),
        form(
            "fact",
            3,
            r"\b(?:j'(?:ai|avais|étais|en ai)|je (?:suis|viens|fais|prends|mange|bois|dors|conduis|(?!\w*rais\b|sais\b|vais\b|connais|reconnais|savais|voulais|pensais|disais|croyais|parlais)\w+ais))\b|\b(?:mon|ma|mes) \w+ (?:est|sont|a|ont)\b|\b(?:on a|nous avons) (?!dit|parlé|vu|entendu|évoqué)[a-zéèê]+(?:é|is|it|i|u|ert)e?s?\b",
            rf"{_TALK}|\b(?:si j'avais|je suis en train|d'accord|navrée?|frappée?|étonnée?|heureu\w+|fière?|j'ai (?:dû|eu|quelques|pas envie)|on a (?:pensé|besoin|cru)|nous avons (?:pensé|besoin|eu)|puisque|est-ce)\b",
        ),
        form(
            "norm",
            4,
            r"\bil faut\b|\bil faudrait\b|\b(?:doit|doivent|devrait|devraient|devons)\b",
            r"\best-ce qu",
        ),
    ),
    no_subject("ça|ce que|cela|c'est|c’est|c'était|il|elle|ils|elles|et là|merci|voilà"),
)
