"""Words that stand in display names and are not names, or are everyday words too.
Without accents.
"""

_NO_NAMES = """
mr mrs ms miss dr prof professor sir madam dame lord lady the and von van der den del della dos
das speaker participant user guest host moderator interviewer interviewee agent customer client
caller doctor patient nurse teacher student manager project product marketing industrial designer
user interface team support admin bot assistant human system unknown anonymous member chair
chairman president minister person grad phd professor narrator voice man woman boy girl mother
father mum mom dad herr frau senor senora monsieur madame senhor senhora participante cliente
usuario utilisateur benutzer sprecher orador locuteur chatgpt claude deleted account
"""
_EVERYDAY = """
will may mark rose grace hope art bill rob sue pat jack june april august summer autumn dawn
joy faith rich frank grant chance chase hunter mason carter cooper baker ray drew dean duke earl
guy chuck cliff dale glen ivy lily violet daisy ruby pearl amber iris olive sky star angel max
case chip dot gene jay kit ken lane lee miles nick norm penny peter porter reed robin sandy scott
skip stone wade ward wood young sol luz mar paz cruz rosa flor blanca pilar consuelo dolores
mercedes rocio ernst frank gut lang klein wolf stein engel king page price long brown black white
green bell field hall hill king knight love rice short small swift walker west winter
"""

NO_NAMES = frozenset(_NO_NAMES.split())
"""A role, a title or a pronoun: never a mention of a person by itself."""

EVERYDAY = frozenset(_EVERYDAY.split())
"""First names that are everyday words: a mention only where written with a capital letter."""
