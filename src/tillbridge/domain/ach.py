"""Why a bank returns a debit, and what it corrects: the codes of the ACH network, each with its class.

Source: Nacha Operating Rules, Appendix Four (return reason codes and their time limits) and Five (notifications of
change); how often a debit may be presented again: Subsection 2.13.4 (reinitiation: within 180 days, two times at
most, for insufficient or uncollected funds; after a stop only with the client's word).
The words for people are in strings (section `ach`); `title` is the network's own name, for support.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AchClass = Literal["funds", "stopped", "account", "not_authorised", "bank"]
"""`funds`: it may work later. `stopped`: only with the client's word. `account`: another account is needed.
`not_authorised`: the client says that they never agreed: never again by this agreement. `bank`: something between the
banks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AchReturn:
    """`again`: how often the same debit may be presented once more. `late`: it may come up to 60 days after the
    settlement; all others come within two banking days."""

    code: str
    cls: AchClass
    title: str
    again: int = 0
    late: bool = False


def _rows(cls: AchClass, *rows: tuple[str, str], again: int = 0, late: bool = False) -> dict[str, AchReturn]:
    return {code: AchReturn(code=code, cls=cls, title=title, again=again, late=late) for code, title in rows}


RETURNS: dict[str, AchReturn] = {
    **_rows("funds", ("R01", "Insufficient Funds"), ("R09", "Uncollected Funds"), again=2),
    **_rows("stopped", ("R08", "Payment Stopped"), again=2),
    **_rows(
        "account",
        ("R02", "Account Closed"),
        ("R03", "No Account/Unable to Locate Account"),
        ("R04", "Invalid Account Number Structure"),
        ("R12", "Account Sold to Another DFI"),
        ("R13", "Invalid ACH Routing Number"),
        ("R14", "Representative Payee Deceased or Unable to Continue"),
        ("R15", "Beneficiary or Account Holder Deceased"),
        ("R16", "Account Frozen/Entry Returned per OFAC Instruction"),
        ("R17", "File Record Edit Criteria"),
        ("R20", "Non-Transaction Account"),
        ("R23", "Credit Entry Refused by Receiver"),
        ("R28", "Routing Number Check Digit Error"),
    ),
    **_rows(
        "not_authorised",
        ("R05", "Unauthorized Debit to Consumer Account Using Corporate SEC Code"),
        ("R07", "Authorization Revoked by Customer"),
        ("R10", "Customer Advises Originator is Not Known to Receiver and/or Not Authorized to Debit"),
        ("R11", "Customer Advises Entry Not in Accordance with the Terms of the Authorization"),
        ("R37", "Source Document Presented for Payment"),
        ("R38", "Stop Payment on Source Document"),
        ("R39", "Improper Source Document"),
        ("R51", "Item Related to RCK Entry is Ineligible or RCK Entry is Improper"),
        ("R52", "Stop Payment on Item Related to RCK Entry"),
        ("R53", "Item and RCK Entry Presented for Payment"),
        late=True,
    ),
    **_rows("not_authorised", ("R29", "Corporate Customer Advises Not Authorized")),
    **_rows(
        "bank",
        ("R06", "Returned per ODFI's Request"),
        ("R18", "Improper Effective Entry Date"),
        ("R19", "Amount Field Error"),
        ("R21", "Invalid Company Identification"),
        ("R22", "Invalid Individual ID Number"),
        ("R24", "Duplicate Entry"),
        ("R25", "Addenda Error"),
        ("R26", "Mandatory Field Error"),
        ("R27", "Trace Number Error"),
        ("R30", "RDFI Not Participant in Check Truncation Program"),
        ("R31", "Permissible Return Entry (CCD and CTX only)"),
        ("R32", "RDFI Non-Settlement"),
        ("R33", "Return of XCK Entry"),
        ("R34", "Limited Participation DFI"),
        ("R35", "Return of Improper Debit Entry"),
        ("R36", "Return of Improper Credit Entry"),
        ("R40", "Return of ENR Entry by Federal Government Agency"),
        ("R41", "Invalid Transaction Code"),
        ("R42", "Routing Number/Check Digit Error"),
        ("R43", "Invalid DFI Account Number"),
        ("R44", "Invalid Individual ID Number/Identification Number"),
        ("R45", "Invalid Individual Name/Company Name"),
        ("R46", "Invalid Representative Payee Indicator"),
        ("R47", "Duplicate Enrollment"),
        ("R50", "State Law Affecting RCK Acceptance"),
        ("R61", "Misrouted Return"),
        ("R62", "Return of Erroneous or Reversing Debit"),
        ("R67", "Duplicate Return"),
        ("R68", "Untimely Return"),
        ("R69", "Field Error(s)"),
        ("R70", "Permissible Return Entry Not Accepted/Return Not Requested by ODFI"),
        ("R71", "Misrouted Dishonored Return"),
        ("R72", "Untimely Dishonored Return"),
        ("R73", "Timely Original Return"),
        ("R74", "Corrected Return"),
        ("R75", "Return Not a Duplicate"),
        ("R76", "No Errors Found"),
        ("R77", "Non-Acceptance of R62 Dishonored Return"),
        ("R80", "IAT Entry Coding Error"),
        ("R81", "Non-Participant in IAT Program"),
        ("R82", "Invalid Foreign Receiving DFI Identification"),
        ("R83", "Foreign Receiving DFI Unable to Settle"),
        ("R84", "Entry Not Processed by Gateway"),
        ("R85", "Incorrectly Coded Outbound International Payment"),
    ),
}

CHANGES: dict[str, str] = {
    "C01": "Incorrect DFI Account Number",
    "C02": "Incorrect Routing Number",
    "C03": "Incorrect Routing Number and Incorrect DFI Account Number",
    "C04": "Incorrect Individual Name/Receiving Company Name",
    "C05": "Incorrect Transaction Code",
    "C06": "Incorrect DFI Account Number and Incorrect Transaction Code",
    "C07": "Incorrect Routing Number, Incorrect DFI Account Number, and Incorrect Transaction Code",
    "C08": "Incorrect Receiving DFI Identification (IAT only)",
    "C09": "Incorrect Individual Identification Number",
    "C10": "Incorrect Company Name",
    "C11": "Incorrect Company Identification",
    "C12": "Incorrect Company Name and Company Identification",
    "C13": "Addenda Format Error",
}
"""Notifications of change: the money stays; from six banking days on, debits must use what the bank says."""


def ach_return(code: str) -> AchReturn:
    """A code that is not listed is the banks' own matter: nothing is presented again by itself."""
    return RETURNS.get(code, AchReturn(code=code, cls="bank", title=""))


def word_of(code: str) -> str:
    """Which sentence of strings (section `ach`) tells a return or a change: one of its own, else its class's."""
    if code in CHANGES:
        return code if code in _OWN_WORDS else "change"
    return code if code in _OWN_WORDS else ach_return(code).cls


_OWN_WORDS = frozenset(
    {"R01", "R02", "R03", "R04", "R07", "R08", "R09", "R10", "R11", "R15", "R16", "R20", "R24", "R29"}
    | {"C01", "C02", "C03", "C04", "C05"}
)
"""Codes that staff meet often enough for words of their own."""
