"""Where a client can be reached: telephone numbers and e-mail addresses as people type them, read or refused.

It must not guess: what could be two things is refused with a sentence.
"""

from __future__ import annotations

import re

from tillbridge.domain.errors import OperatorError

_BETWEEN = re.compile(r"[\s().\-\u00a0\u2010-\u2015/]")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")
"""ITU-T E.164: 15 digits at most, no leading zero."""
_NORTH_AMERICAN = re.compile(r"1?([2-9][0-9]{2}[2-9][0-9]{6})")
"""Area code and exchange begin with 2 to 9."""
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,253}$)(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)


def parse_phone(text: str) -> str:
    """`(555) 234-0147` becomes `+15552340147`; other countries need their `+`. Raises OperatorError
    `phone_unreadable`: the text itself is not repeated, it may be a card number."""
    bare = _BETWEEN.sub("", text.strip())
    if _INTERNATIONAL.fullmatch(bare):
        return bare
    match = _NORTH_AMERICAN.fullmatch(bare)
    if match is None:
        raise OperatorError("phone_unreadable")
    return f"+1{match[1]}"


def parse_email(text: str) -> str:
    """One plain address, without a name beside it. Raises OperatorError `email_unreadable`."""
    bare = text.strip()
    local = bare.partition("@")[0]
    if _EMAIL.fullmatch(bare) is None or ".." in bare or local.startswith(".") or local.endswith("."):
        raise OperatorError("email_unreadable")
    return bare
