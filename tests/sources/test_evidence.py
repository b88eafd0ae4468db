"""Plain text that is talk, and text of the same shape that is none: lists, forms, songs, settings."""

import pytest

from cgp.sources import read_path

TALK = {
    'lower': 'ann: hi\nbob: hello\nann: how are you?\nbob: fine\n',
    'lower2': 'zed: u there\nkim: yeah\nzed: lol ok\n',
    'court': 'THE COURT: Please be seated.\nMR. VANCE: Thank you, your honor.\nTHE COURT: Call your witness.\n',
    'de': 'Uwe: Kommst du heute?\nGisela: Ja, um acht.\nUwe: Gut.\n',
    'de2': 'Hannelore: Hast du Brot gekauft?\nDetlef: Nein, der Laden war zu.\nHannelore: Schade.\n',
    'fr': "Bertrand : Tu viens ?\nOdile : Oui, j'arrive.\nBertrand : Super.\n",
    'es': 'Paco: ¿Vienes mañana?\nInma: Sí, claro.\nPaco: Vale.\n',
    'it': 'Ludovica: Ciao, come stai?\nGaspare: Bene, grazie.\nLudovica: E tu?\n',
    'pt': 'Thiago: Você vem?\nJuliana: Não posso.\nThiago: Que pena.\n',
    'nl': 'Sjoerd: Kom je morgen?\nFemke: Ja hoor.\nSjoerd: Mooi.\n',
    'pl': 'Zbyszek: Cześć, co robisz?\nGrażyna: Nic, a ty?\nZbyszek: Nudzę się.\n',
    'ru': 'Светлана: Ты где?\nПаша: Дома.\nСветлана: Иду к тебе.\n',
    'tr': 'Kerem: Merhaba, nasılsın?\nDefne: İyiyim, sen?\nKerem: Ben de.\n',
    'zh': '老陈：你吃了吗？\n阿芳：吃了。\n老陈：我也吃了。\n',
    'ja': '健太：おはようございます。\n美咲：おはよう。今日は早いですね。\n健太：はい。\n',
    'ko': '준호: 안녕하세요?\n수진: 네, 안녕하세요.\n준호: 어디 가요?\n',
    'ar': 'هدى: كيف حالك؟\nسامي: بخير، وأنت؟\nهدى: الحمد لله\n',
    'he': 'נועה: מה שלומך?\nאיתי: בסדר, ואת?\nנועה: גם\n',
    'hi': 'कविता: तुम कहाँ हो?\nविजय: घर पर हूँ\nकविता: मैं आ रही हूँ\n',
    'vi': 'Hương: Bạn khỏe không?\nTuấn: Tôi khỏe, cảm ơn.\nHương: Tốt quá.\n',
    'id': 'Budi: Kamu di mana?\nSiti: Saya di rumah.\nBudi: Oke.\n',
    'interview': 'Interviewer: Where did you grow up?\nDr. Quill: In a small town by the sea.\nInterviewer: And then?\nDr. Quill: Then the war came.\n',
    'podcast': 'Show notes\nRecorded: 3 March\n\nHost: Welcome back to the show.\nGuest: Glad to be here.\nHost: Tell us about bees.\nGuest: They dance.\n',
    'support': 'Agent: How may I help you?\nCustomer: My order is late.\nAgent: Let me look.\nCustomer: Thanks.\n',
    'therapy': 'Therapist: How was the week?\nClient: Long. I slept badly.\nTherapist: Go on.\n',
    'play': "VLADIMIR: Well? What do we do?\nESTRAGON: Don't let's do anything. It's safer.\nVLADIMIR: Let's wait and see what he says.\n",
    'two': 'Ann: Hi\nBob: Hello\n',
    'listinside': 'Priya: what do we need?\nTobias: my list\nMilk: two\nEggs: six\nPriya: fine, you go\nTobias: ok\n',
    'marked': '[SPEAKER_00]: the harvest came late\n[SPEAKER_01]: the rain did it\n[SPEAKER_00]: so it seems\n',
    'panel': 'Attendees: Ann, Bob\n\nAnn: shall we start?\nBob: yes, I have the numbers.\nAnn: go ahead\nBob: we sold nine.\n',
    'machine': 'User: hi\nAssistant: Hello! How can I help?\n',
    'questions': 'Q: Why did you leave?\nA: It was time.\nQ: And now?\nA: I rest.\n',
    'letters': 'A: Where were you?\nB: At home.\nC: Me too.\nA: All evening?\n',
    'show': 'Host: Welcome back.\nGuest: Thanks for having me.\nHost: So, bees.\n',
    'clinic': 'Doctor: What brings you in?\nPatient: My back.\nDoctor: Since when?\nPatient: Monday.\n',
    'quarters': '[00:00] Ann: Good morning\n[00:05] Bob: Morning\n[00:30] Ann: Shall we?\n',
    'clock': '10:02 Ann: are you there?\n10:03 Bob: yes\n10:05 Ann: come down\n',
    'small': 'zed: u up\nkim: ya\nzed: call me\n',
    'harvest': 'Speaker 1: the harvest came late this year\nSpeaker 2: because of the rain in May\nSpeaker 1: and then the frost\n',
    'agent': 'Agent: May I have your name?\nCustomer: Ines Rot.\nAgent: Thank you.\n',
    'numbered': 'S00: Hallo\nS01: Ja\nS00: Tschüss\n',
    'lesson': 'Teacher: What is two and two?\nPupil: Four.\nTeacher: Good.\n',
    'players': 'Player 1: I roll for it.\nPlayer 2: You lost.\nPlayer 1: Again!\n',
    'session': 'Client: I slept badly.\nTherapist: Go on.\nClient: The dream came back.\n',
    'gate': '09:00 Maria: I am here\n09:01 Peter: where?\n09:02 Maria: at the gate\n',
    'colours': 'White: What do you think?\nBlack: No idea.\nWhite: Me neither.\n',
    'masks': 'Love: Where are you?\nHate: Here.\nLove: Come.\n',
    'veteran': 'Interviewer: Tell us about the war.\nVeteran: It was long and cold.\nInterviewer: Go on.\n',
    'train': 'Ann: Train at nine?\nBob: Platform two\nAnn: Bring the tickets\n',
    'shell': 'User: ls\nAssistant: I see three files.\nUser: delete them\nAssistant: Done.\n',
    'panel of guests': 'Host: Good evening.\nPanel: Good evening.\nHost: First question: why?\n',
    'deposition': 'Q: Please state your age.\nA: Forty.\nB: Objection.\nQ: Go on.\n',
    'dinner': 'Mom: dinner!\nKid: coming\nMom: now\n',
    'meeting': '[09:00] Ann: hello all\n[09:15] Bob: sorry, the bus was late\n[09:30] Ann: no problem\n',
}  # fmt: skip
NO_TALK = {
    'shop': 'Milk: 2 l\nEggs: 12\nBread: 1 loaf\nMilk: 1 l oat\n',
    'shop2': 'Dairy: milk, butter\nBakery: rye bread\nDairy: yoghurt\nFruit: apples\n',
    'recipe': 'Step: mix flour and salt\nStep: add water\nStep: rest one hour\n',
    'recipe2': 'Dough: flour, water, salt\nFilling: apples, sugar\nDough: knead ten minutes\nFilling: cook until soft\n',
    'rezept': 'Teig: Mehl und Wasser\nFüllung: Äpfel\nTeig: zehn Minuten kneten\nFüllung: weich kochen\n',
    'form': 'Name: Ann Lee\nAddress: 3 Elm St\nName: Bob Ray\nAddress: 4 Oak St\n',
    'formular': 'Name: Uwe Klein\nAnschrift: Hauptstr. 3\nName: Gisela Groß\nAnschrift: Ring 4\n',
    'glossary': 'Cache: a store of data that is near\nIndex: a list of places\nCache: see also buffer\nHeap: a tree\n',
    'vocab': 'der Hund: dog\ndie Katze: cat\ndas Haus: house\nder Hund: hound\n',
    'reviews': 'Pros: light, cheap\nCons: weak battery\nPros: good screen\nCons: loud\n',
    'reviews2': 'Battery: lasts two days\nScreen: bright\nBattery: charges slowly\nScreen: scratches easily\n',
    'contacts': 'Name: Ann\nMobile: +49 30 123456\nEmail: a@x.org\n\nName: Bob\nMobile: +49 30 654321\nEmail: b@x.org\n',
    'vcard': 'BEGIN:VCARD\nVERSION:3.0\nFN:Ann Lee\nTEL:+4930123456\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:Bob Ray\nTEL:+4930654321\nEND:VCARD\n',
    'ini': 'timeout: 30\nretries: 5\nendpoint: https://x.example\ntimeout: 60\nendpoint: https://y.example\n',
    'yaml': 'metadata:\n  labels: web\nspec: pods\nmetadata: again\nspec: more\n',
    'changelog': 'Added: export of tags\nFixed: crash on start\nAdded: dark mode\nFixed: typo\n',
    'minutes': 'Present: Ann, Bob\nAnn: reported on sales\nBob: asked for figures\nAnn: will send them\nDecision: meet on Monday\n',
    'song': 'Verse 1: the rain came down\nChorus: oh the river\nVerse 2: the sun came up\nChorus: oh the river\n',
    'lied': 'Strophe 1: Der Mond ist aufgegangen\nRefrain: Die goldnen Sternlein\nStrophe 2: Wie ist die Welt so stille\nRefrain: Die goldnen Sternlein\n',
    'bib': 'Title: On Bees\nAuthor: K. Frisch\nYear: 1950\n\nTitle: On Ants\nAuthor: E. Wilson\nYear: 1990\n',
    'timetable': '09:00 Registration: coffee in the hall\n09:30 Keynote: the sea and the city\n10:30 Break: coffee\n11:00 Panel: harbours\n',
    'workout': 'Squats: 3 x 12\nPlank: 60 s\nSquats: 3 x 10\nPlank: 90 s\n',
    'weather': 'Berlin: rain, 12 degrees\nParis: sun, 18 degrees\nBerlin: rain, 11 degrees\nParis: cloud, 15 degrees\n',
    'specs': 'Engine: 1.6 litre diesel\nGearbox: six gears\nEngine: 2.0 litre petrol\nGearbox: automatic\n',
    'compras': 'Leche: dos litros\nHuevos: una docena\nLeche: un litro de avena\n',
    'courses': 'Fruits : pommes, poires\nLégumes : carottes\nFruits : bananes\n',
    'zhlist': '牛奶：两升\n鸡蛋：十个\n牛奶：一升\n',
    'jarecipe': '材料：小麦粉、塩\n作り方：混ぜる\n材料：砂糖\n作り方：焼く\n',
    'quiz': 'Question: What is 2+2?\nAnswer: 4\nQuestion: And 3+3?\nAnswer: 6\n',
    'logs': 'worker: started\nqueue: empty\nworker: stopped\nqueue: closed\n',
    'plants': 'Rose: full sun, water twice a week\nFern: shade\nRose: prune in March\n',
    'letter': 'From: Ann\n\nDear Bob,\n\nthe boat is back. Will you come?\n\nAnn\n',
    'ruslist': 'Молоко: два литра\nХлеб: один\nМолоко: ещё литр\n',
    'budget': 'Rent: 900 per month\nFood: 300 per month\nRent: paid\nFood: over by 20\n',
    'ssh': 'Host: example.org\nPort: 22\nUser: ann\nHost: other.org\nPort: 22\nUser: bob\n',
    'ssh2': 'Host: web\nUser: deploy\nHost: db\nUser: root\n',
    'mailcfg': 'Server: imap.x.org\nUser: ann\nServer: smtp.x.org\nUser: ann\n',
    'agentcfg': 'Agent: Mozilla/5.0\nClient: curl\nAgent: wget\nClient: http\n',
    'quiz2': 'Q: Which river runs through Cairo?\nA: Nile\nB: Niger\nC: Volta\nD: Congo\nQ: Which is a fish?\nA: whale\nB: carp\nC: seal\nD: otter\n',
    'quiz3': '1. What is the largest planet?\nA: Mars\nB: Jupiter\nC: Venus\n2. Which is the smallest?\nA: Mercury\nB: Mars\nC: Earth\n',
    'sched': '10:00 Ann: Opening\n11:00 Bob: Keynote\n12:00 Lunch\n13:00 Ann: Workshop\n',
    'sched2': '09:00 Maria: Registration\n09:30 Peter: The sea and the city\n10:30 Coffee\n11:00 Maria: Harbours\n',
    'sched3': '[09:00] Room 1: Opening\n[10:00] Room 2: Workshop\n[11:00] Room 1: Closing\n',
    'rota': 'Mon Ann: kitchen\nTue Bob: bathroom\nWed Ann: garden\n',
    'shift': '08:00 Ann: front desk\n12:00 Bob: front desk\n16:00 Ann: back office\n',
    'gloss': 'API: an interface for programs\nSDK: a kit for developers\nAPI key: a secret for an API\nAPI: see also SDK\n',
    'gloss2': 'Term: meaning of it\nNode: a place in a graph\nEdge: what joins two nodes\nNode: may be a leaf\n',
    'gloss3': 'Bull: someone who thinks that prices rise\nBear: someone who thinks that prices fall\nBull: also an optimist\n',
    'gloss4': 'Doctor: a person who heals\nPatient: a person who is treated\nDoctor: also a degree\n',
    'verse': 'Winter: a white field\nSpring: the first green\nWinter: my breath in the air\nSummer: your hand in mine\n',
    'verse3': 'Love: it is a rose\nHate: it is a thorn\nLove: it fades\n',
    'proverb': 'Monday: wash\nTuesday: iron\nWednesday: mend\nMonday: wash again\n',
    'score': 'Ann: 3 - 2\nBob: 1 - 4\nAnn: 2 - 2\n',
    'stats': 'Lakers: 102\nBulls: 99\nLakers: 110\n',
    'menu': 'Starter: soup of the day\nMain: fish with rice\nStarter: green salad\nDessert: ice cream\n',
    'faq': 'Q. Is it free?\nA. It is.\n',
    'todo': 'Ann: slides\nBob: catering\nAnn: invitations\nCy: music\n',
    'credits': 'Director: Ann Lee\nCamera: Bob Ray\nDirector: Cy Dee\nMusic: Di Fox\n',
    'cast': 'Hamlet: played by Ann Lee\nOphelia: played by Bea Ray\nHamlet: understudy Cy Dee\n',
    'env': 'HOST: db.local\nUSER: app\nPASS: x\nHOST: cache.local\nUSER: app\n',
    'http': 'User: ann\nAgent: x\nUser: bob\nAgent: y\n',
    'cv': 'Teacher: 2010-2015, Rome\nClerk: 2015-2018, Paris\nTeacher: 2018-2020, Berlin\n',
    'jobs': 'Nurse: full time, night shifts\nDriver: part time\nNurse: holiday cover\n',
    'prices': 'Coach: 20 an hour\nTeacher: 30 an hour\nCoach: 15 for members\n',
    'rules': 'Player 1: draws two cards\nPlayer 2: draws one card\nPlayer 1: places a token\n',
    'chess': 'White: e4\nBlack: e5\nWhite: Nf3\nBlack: Nc6\n',
    'errors': 'client: connection refused\nserver: timeout\nclient: retrying\nserver: closed\n',
    'survey': 'Participant 1: yes\nParticipant 2: no\nParticipant 1: 34\nParticipant 2: 51\n',
}  # fmt: skip
REASONS = {
    "shop": "after the names stand values",
    "song": "('Verse 1', 'Chorus', 'Verse 2'), not names",
    "minutes": "'Present', 'Decision' is a label of minutes",
    "weather": "nothing shows that 'Berlin', 'Paris' speak",
    "vcard": "no line of it begins with a name and a colon",
}


def written(tmp_path, name, text):
    path = tmp_path / f"{name}.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", TALK)
def test_talk_of_many_kinds_and_languages_is_read(tmp_path, name):
    records = [record for _, record in read_path(written(tmp_path, name, TALK[name]))]
    assert [record.error for record in records] == [None]


@pytest.mark.parametrize("name", NO_TALK)
def test_text_in_the_shape_of_talk_is_refused(tmp_path, name):
    records = [record for _, record in read_path(written(tmp_path, name, NO_TALK[name]))]
    assert [record.conversation for record in records] == [None]
    assert "not in a known format: " in str(records[0].error)


@pytest.mark.parametrize("name", REASONS)
def test_a_refusal_says_what_is_missing(tmp_path, name):
    records = [record for _, record in read_path(written(tmp_path, name, NO_TALK[name]))]
    assert REASONS[name] in str(records[0].error)


def test_a_list_of_once_named_goods_is_refused_since_no_speaker_comes_back(tmp_path):
    path = written(tmp_path, "goods", "Apples: red\nPears: green\nPlums: blue\n")
    assert "no speaker comes back: 'Apples', 'Pears', 'Plums'" in str(
        next(iter(read_path(path)))[1].error
    )


@pytest.mark.parametrize("bold", ["minutes", "glossary"])
def test_bold_words_that_are_no_speakers_are_refused(tmp_path, bold):
    text = NO_TALK[bold].replace("\n", "\n\n")
    lines = (line.partition(":") for line in text.splitlines())
    path = tmp_path / "notes.md"
    path.write_text("\n".join(f"**{name}:**{words}" if words else "" for name, _, words in lines))
    records = [record for _, record in read_path(path)]
    assert "bold words that begin its lines speak" in str(records[0].error)
