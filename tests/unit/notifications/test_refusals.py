"""Who is to blame for a refusal, reply by reply: what servers and services of mail really say."""

import pytest

from services.notifications.transport.refusals import Blame, Step, who_is_to_blame

FINAL = [
    # The sender, the account, a quota: whoever the recipient is.
    ("MAIL", "530 5.7.57 Client not authenticated to send mail", Blame.US),
    ("MAIL", "550 5.7.60 Client does not have permissions to send as this sender", Blame.US),
    ("MAIL", "550 no such user", Blame.US),
    ("MAIL", "501 5.1.7 Bad sender address syntax", Blame.US),
    ("RCPT", "530 5.7.0 Authentication required", Blame.US),
    ("RCPT", "530 Log in first", Blame.US),
    ("RCPT", "521 This server takes no mails", Blame.US),
    ("RCPT", "550 5.1.8 Sender address rejected: Domain not found", Blame.US),
    ("RCPT", "550 5.4.5 Daily user sending limit exceeded", Blame.US),
    ("DATA", "550 5.4.5 quota exceeded", Blame.US),
    ("content", "550 5.4.5 quota exceeded", Blame.US),
    ("content", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", Blame.US),
    # No such mailbox, by its code …
    ("RCPT", "550 5.1.1 The account that you tried to reach does not exist", Blame.MAILBOX),
    ("RCPT", "550 5.1.1 User unknown in relay recipient table", Blame.MAILBOX),
    ("RCPT", "501 5.1.3 Bad recipient address syntax", Blame.MAILBOX),
    ("RCPT", "551 5.1.6 The mailbox has moved", Blame.MAILBOX),
    ("RCPT", "550 5.1.10 Recipient not found", Blame.MAILBOX),
    ("RCPT", "556 5.1.10 Recipient address has a null MX", Blame.MAILBOX),
    ("RCPT", "550 5.2.1 The account that you tried to reach is disabled", Blame.MAILBOX),
    # … or by its words, where the code says nothing.
    ("RCPT", "550 no such user", Blame.MAILBOX),
    ("RCPT", "550 No such user here", Blame.MAILBOX),
    ("RCPT", "550 …: Recipient address rejected: User unknown in local recipient table", Blame.MAILBOX),
    ("RCPT", "550 Unknown user", Blame.MAILBOX),
    ("RCPT", "550 Invalid recipient", Blame.MAILBOX),
    ("RCPT", "550 unknown recipient", Blame.MAILBOX),
    ("RCPT", "554 5.0.0 Mailbox not found", Blame.MAILBOX),
    ("RCPT", "550 5.1.0 recipient … unknown", Blame.MAILBOX),
    ("RCPT", "550 This account does not exist", Blame.MAILBOX),
    # A full mailbox can be emptied.
    ("RCPT", "552 5.2.2 mailbox full", Blame.NOBODY),
    ("RCPT", "550 5.2.2 Submission quota exceeded", Blame.NOBODY),
    # Neither one nor the other.
    ("RCPT", "550 relay not permitted", Blame.RECIPIENT_OR_US),
    ("RCPT", "554 5.7.1 Relay access denied", Blame.RECIPIENT_OR_US),
    ("RCPT", "554 5.7.1 Service unavailable; client blocked using a list", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 5.7.1 no such user, unless you log in", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 blocked", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 Requested action not taken: mailbox unavailable", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 5.5.0 Requested action not taken: mailbox unavailable", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 5.1.2 Domain not found", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 5.4.1 Recipient address rejected: Access denied", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 Unknown user or sender not verified", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 Relaying denied: account does not exist", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 Daily message limit exceeded", Blame.RECIPIENT_OR_US),
    ("RCPT", "550 5.2.1 The user is receiving mail at a rate that prevents delivery", Blame.RECIPIENT_OR_US),
    ("RCPT", "501 Syntax error in parameters", Blame.RECIPIENT_OR_US),
    ("RCPT", "550", Blame.RECIPIENT_OR_US),
    # The content, or all that we send.
    ("content", "554 5.6.0 this is spam", Blame.MAIL_OR_US),
    ("content", "550 5.7.1 Message rejected as spam", Blame.MAIL_OR_US),
    ("content", "552 5.3.4 Message too big", Blame.MAIL_OR_US),
    ("content", "550 5.1.1 no such user", Blame.MAIL_OR_US),
    ("DATA", "554 no", Blame.MAIL_OR_US),
]


@pytest.mark.parametrize(("step", "reply", "blamed"), FINAL)
def test_a_final_refusal_blames(step: str, reply: str, blamed: Blame) -> None:
    code, _, words = reply.partition(" ")
    assert who_is_to_blame(Step(step), int(code), words) is blamed


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("reply", ["450 4.2.0 greylisted", "452 4.5.3 too many recipients", "451 no such user"])
def test_a_passing_refusal_blames_nobody(step: Step, reply: str) -> None:
    code, _, words = reply.partition(" ")
    assert who_is_to_blame(step, int(code), words) is Blame.NOBODY
