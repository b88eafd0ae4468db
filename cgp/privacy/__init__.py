"""Privacy: personal data is taken out of a conversation before it leaves the machine.

``redact`` gives a conversation fit for miners, language models and datasets, counts of what was
taken out, and a ``Vault`` that undoes it and stays in the local store.
"""

from cgp.privacy.choose import choose_policy, policy_of
from cgp.privacy.gate import Gate, loggable, loggable_label, without_personal_labels
from cgp.privacy.names import NameFinder, PresidioNames, PrivacyExtraError, presidio_names
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.pseudonym_key import pseudonym_key
from cgp.privacy.redaction import (
    REDACTION_VERSION,
    STANDARD,
    Redaction,
    RedactionPolicy,
    redact,
)
from cgp.privacy.scanner import find_personal_data
from cgp.privacy.vault import Vault, restore_metadata, restore_text

__all__ = [
    "REDACTION_VERSION",
    "STANDARD",
    "Find",
    "Gate",
    "Kind",
    "NameFinder",
    "PresidioNames",
    "PrivacyExtraError",
    "Redaction",
    "RedactionPolicy",
    "Vault",
    "choose_policy",
    "find_personal_data",
    "loggable",
    "loggable_label",
    "policy_of",
    "presidio_names",
    "pseudonym_key",
    "redact",
    "restore_metadata",
    "restore_text",
    "without_personal_labels",
]
