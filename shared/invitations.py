"""The sequence number of an invitation, the same in mails and in a person's calendar file."""


def invitation_sequence(session_sequence: int, generation: int, *, given_up: bool) -> int:
    """RFC 5546 SEQUENCE of one person's entry for a session.

    The organiser raises it at each change (section 2.1.4); a calendar ignores a lower one (section 2.1.5). It rises by
    one when the session changes and when the person leaves or returns (`generation` counts the returns). It never
    falls, and all mails of one state have the same number.
    """
    return session_sequence + 2 * (generation - 1) + given_up
