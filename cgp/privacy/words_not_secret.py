"""Plain words beside a password that are none: said of one, or an answer that tells none."""

from __future__ import annotations

_DESCRIPTIONS = """
a an the not no yes none ok okay still also too so very just now here there this that these
those it its required needed missing wrong incorrect invalid valid expired changed reset set
stored saved hidden empty blank correct right fine good bad weak strong short long simple easy
hard secure unsafe safe same different new old random unique encrypted hashed shared private
public secret lost forgotten leaked stolen known unknown available below above attached case
sensitive in on at by for from with without what which who where when why how something anything
nothing everything important mandatory optional being been going gone coming enough your my our
their his her mine yours ours broken disabled enabled protected accepted rejected refused
updated written printed taped underneath under upstairs downstairs nobody always never maybe
probably really actually basically like kind sort all only up down out off over about because if
or and but then sure please sorry working failing generated provided given sent nicht kein keine
falsch richtig abgelaufen erforderlich ungültig leer gleich geändert zu sehr das der die ein
eine mein dein unser noch schon nötig notwendig sicher unsicher vergessen gespeichert weg da
hier pas ne plus faux fausse incorrecte expiré requis obligatoire vide bon le la les un une mon
ton trop très toujours déjà oublié changé ici là perdu même incorrecta incorrecto errónea
caducada obligatoria necesaria vacía buena mala el los las una mi tu su muy demasiado siempre ya
aquí olvidada cambiada misma mismo débil segura fuerte secreta não errada errado inválida
expirada obrigatória necessária vazia boa má o os as um uma meu minha muito sempre já aqui
esquecida mudada mesma fraca forte non sbagliata errata scaduta richiesta necessaria vuota
giusta il lo gli mio mia molto troppo già qui dimenticata cambiata stessa debole sicura niet
fout verkeerd verlopen vereist leeg juist het een mijn jouw te erg altijd al vergeten veranderd
nie błędne złe wygasło wymagane puste moje twoje bardzo zawsze już tutaj zmienione не неверный
неправильный истёк истек обязателен пустой мой твой очень всегда уже здесь забыл забыли нужен
нужно неверен изменён изменен сложный простой тот такой yanlış hatalı geçersiz gerekli boş doğru
çok değil aynı yeni eski unuttum unutuldu inte fel ogiltigt krävs tomt rätt mitt ditt för alltid
redan här glömt ändrat ikke feil ugyldig forkert glemt kort lang grøn forkjert väärä vääriä väärin
unohtunut pitkä lyhyt helppo pakollinen špatné spatne správné dlouhé krátké jednoduché povinné zapomenuté
λάθος σωστός λανθασμένος υποχρεωτικός μεγάλος μικρός ξέχασα salah benar lupa panjang pendek sama wajib
sai đúng dài ngắn quên hibás rossz hosszú rövid elfelejtettem greșită gresita corectă uitată
לא שגויה נכונה ארוכה קצרה שכחתי خطأ خاطئة صحيحة طويلة قصيرة قديمة جديدة नहीं गलत सही भूल लंबा छोटा
great awful terrible ugly clever silly stupid funny boring perfect crazy weird slow fast down
"""
NOT_SECRET: frozenset[str] = frozenset(_DESCRIPTIONS.casefold().split())
"""Words that are said of a password, and are none."""

_ANSWERS = """
yeah yep nope nah hi hello hey thanks thank you great cool nice wait hmm hm mm um uh huh mhm
right exactly well alright done got see look hold moment second sec minute one two three again
pardon excuse oh ah what's who's idk dunno guess me us him them ja nein doch danke bitte klar
gut genau oui non merci d'accord attends si sí gracias vale claro bueno espera sim obrigado
obrigada sì grazie certo aspetta nee dank bedankt tak nie dzięki proszę да нет спасибо хорошо
ладно сейчас hayır evet teşekkürler tamam nej tack نعم لا شكرا हाँ नहीं धन्यवाद 是 好 不 谢谢 はい いいえ
ありがとう 네 아니요 감사합니다 disfmarker vocalsound
"""
COMMON_ANSWERS: frozenset[str] = NOT_SECRET | frozenset(_ANSWERS.split())
"""Words that answer a question about a password without telling it."""

_SMALL_WORDS = """
are was were has have had does did will would can could should shall must may might let get gets got make makes
made take takes took need needs use uses used using change changes changing know knows think thinks want wants
ask asks asking tell tells told give gives say says said see seen put puts keep keeps find finds work works worked
you she they them him her its who whom whose all any some each every both few more most much many other another
only own such than too than as into onto until while during before after between through against since within
inside outside near behind beside next last first second once twice ever yet even however though although unless
today tomorrow yesterday morning evening night week month year time times day days soon later ago often sometimes
usually normally currently recently temporarily apparently obviously definitely certainly exactly almost nearly
quite rather pretty totally completely fully partly mostly mainly simply clearly probably possibly perhaps
somewhere anywhere nowhere someone anyone everyone nobody people person user users admin administrator company
office department default initial temporary permanent original actual real proper usual standard common typical
characters character letters letter digits digit numbers number symbols symbol words word long ago minimum maximum
least most about around under over above below across along part note notes sticky paper board wall desk drawer
manager file email mail message chat channel document folder page site website account login system server
als wie wenn weil dass auch nur noch mit ohne bei nach von vom zum zur auf aus über unter vor seit bis wird werden
wurde wurden ist sind war waren hat haben hatte hatten kann können muss müssen soll sollen darf ich wir ihr sie
uns euch man sich immer nie heute morgen gestern jetzt bald lange zettel
que con sin por para del los las una unos unas pero como cuando donde porque está están estaba son era fue ser
estar tiene tienen hay más menos muy bien mal hoy mañana ayer ahora luego siempre nunca todo toda todos todas
nous vous ils elles avec sans pour par dans sur sous chez mais comme quand est sont était étaient ont avait peut
doit faut plus moins tout toute tous toutes aujourd'hui demain hier maintenant jamais
con senza per tra fra nel nella sul sulla dal dalla del della dei delle che chi come quando dove perché sono era
erano hanno aveva può deve più meno tutto tutta tutti tutte oggi domani ieri adesso mai
com sem por para pelo pela dos das nos nas mas quando onde porque está estão era foi tem têm pode deve mais menos
"""
IN_SENTENCES: frozenset[str] = COMMON_ANSWERS | frozenset(_SMALL_WORDS.split())
"""Words of sentences about a password; a password of several plain words has none of them."""
