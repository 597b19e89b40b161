"""The number of an invitation, which the mails and one's own calendar file must give alike."""


def invitation_sequence(session_sequence: int, generation: int, *, given_up: bool) -> int:
    """RFC 5546 SEQUENCE of one person's entry for a session.

    The organiser raises it at each change (section 2.1.4) and a calendar ignores what has a lower one (section 2.1.5).
    What changes an entry are the session, whose own sequence rises by one, and the person: leaving and coming back
    raise it by one too, since the generation rises with each return. So it never falls, whatever comes after what,
    and all mails of one state have the same number.
    """
    return session_sequence + 2 * (generation - 1) + given_up
