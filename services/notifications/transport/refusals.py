"""Who is to blame for a refusal: the mailbox, this one mail, or us (docs/decisions/0010). When in doubt, us.

Step, code (RFC 5321, 4954, 7504) and enhanced status code (RFC 3463, 5248) decide; the words of a reply only where the
codes say nothing.
"""

import re
from enum import StrEnum


class Step(StrEnum):
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "content"
    """The end of the mail itself."""


class Blame(StrEnum):
    """Who has to change something before the mail is accepted."""

    NOBODY = "nobody"
    """It passes by itself."""
    MAILBOX = "mailbox"
    """It does not exist or takes no mails."""
    RECIPIENT_OR_US = "recipient or us"
    """The reply does not name the mailbox: the outcomes of other mails decide."""
    MAIL_OR_US = "mail or us"
    """The content was refused, or all that we send: the outcomes of other mails decide."""
    US = "us"
    """No mail of ours would be accepted."""


_ENHANCED = re.compile(r"5\.(\d{1,3})\.(\d{1,3})\b")
_OF_THE_MAILBOX = frozenset({"1.1", "1.3", "1.6", "1.10", "2.1"})
"""No such mailbox, no mailbox can be called so, moved without a trace, its domain takes no mails, disabled."""
_OF_US = frozenset({"1.7", "1.8", "4.5", "7.8", "7.57", "7.60"})
"""The sender's address (twice), a quota, credentials, no login, not allowed to send as this sender."""
_FULL = "2.2"
"""RFC 3463 wants it used as a passing failure: its owner can make room."""
_UNDEFINED = "0"
"""The detail of a code that says no more than its subject."""
_NO_SUCH_MAILBOX = re.compile(
    r"\b(?:no such|unknown|invalid|unrecogni[sz]ed) (?:local )?(?:user|recipient|mailbox|account)\b"
    r"|\b(?:user|recipient|mailbox|account)\b.{0,40}?\b(?:unknown|not found|do(?:es)? ?n[o']t exist)\b",
    re.IGNORECASE | re.DOTALL,
)
_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:sender|relay\w*|client|helo|log ?in|auth\w*|den(?:y|ied)|block\w*|\w*list(?:ed)?|policy|spam)\b",
    re.IGNORECASE,
)
"""Words of refusals for other reasons, which may mention users and accounts too."""
_OF_A_RATE = re.compile(r"\b(?:limits?|quota|rate|too (?:many|much|quickly)|exceed\w*)\b", re.IGNORECASE)
"""Words of a limit, ours or the mailbox's: whatever the code, it passes."""


def who_is_to_blame(step: Step, code: int, words: str) -> Blame:
    """Judge a reply that does not accept. `words`: its text, with the enhanced status code first if it has one."""
    if code < 500:
        return Blame.NOBODY
    found = _ENHANCED.match(words)
    enhanced = f"{found[1]}.{found[2]}" if found else ""
    if step is Step.MAIL or _is_about_the_account(code) or enhanced in _OF_US:
        return Blame.US
    if step is not Step.RCPT:
        return Blame.MAIL_OR_US
    if enhanced == _FULL:
        return Blame.NOBODY
    return Blame.MAILBOX if _names_the_mailbox(enhanced, words) else Blame.RECIPIENT_OR_US


def _is_about_the_account(code: int) -> bool:
    """Authentication (RFC 4954), or a server that takes no mails at all (RFC 7504)."""
    return code == 521 or 530 <= code < 540


def _names_the_mailbox(enhanced: str, words: str) -> bool:
    if _OF_A_RATE.search(words):
        return False
    if enhanced.partition(".")[2] not in ("", _UNDEFINED):
        return enhanced in _OF_THE_MAILBOX
    return bool(_NO_SUCH_MAILBOX.search(words)) and not _OF_SOMETHING_ELSE.search(words)
