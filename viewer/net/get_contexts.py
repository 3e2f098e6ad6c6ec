"""Which contexts to ask for when objects are to come on our own association (C-GET).

A server sends an object only in a context that we proposed, and does not convert gladly. One
encoding per context lets it take the one the object has; 128 contexts are all there are.
"""

from __future__ import annotations

from collections.abc import Iterable

from viewer.net.handshake import MOST_CONTEXTS, Proposal

_ROOT = "1.2.840.10008.1.2"
# Those that archives hold most come first: with many classes, the later ones share a context.
SYNTAXES = (
    f"{_ROOT}.1",
    _ROOT,
    f"{_ROOT}.4.70",
    f"{_ROOT}.4.90",
    f"{_ROOT}.4.50",
    f"{_ROOT}.4.80",
    f"{_ROOT}.4.91",
    f"{_ROOT}.5",
    f"{_ROOT}.4.51",
    f"{_ROOT}.4.57",
    f"{_ROOT}.4.81",
    f"{_ROOT}.1.99",
    f"{_ROOT}.2",
    f"{_ROOT}.4.201",
    f"{_ROOT}.4.202",
    f"{_ROOT}.4.203",
    f"{_ROOT}.4.110",
    f"{_ROOT}.4.111",
    f"{_ROOT}.4.112",
    f"{_ROOT}.4.102",
    f"{_ROOT}.4.103",
    f"{_ROOT}.4.100",
    f"{_ROOT}.4.101",
    f"{_ROOT}.4.104",
    f"{_ROOT}.4.105",
    f"{_ROOT}.4.106",
    f"{_ROOT}.4.107",
    f"{_ROOT}.4.108",
    f"{_ROOT}.4.92",
    f"{_ROOT}.4.93",
    f"{_ROOT}.8.1",
)
_STORAGE = "1.2.840.10008.5.1.4.1.1."
# Asked for when a server does not tell what a study holds.
COMMON_CLASSES = tuple(
    _STORAGE + suffix
    for suffix in (
        "2",  # CT
        "4",  # MR
        "1",  # computed radiography
        "1.1",  # digital X-ray, for presentation
        "1.2",  # mammography, for presentation
        "13.1.3",  # breast tomosynthesis
        "6.1",  # ultrasound
        "3.1",  # ultrasound multi-frame
        "7",  # secondary capture
        "7.2",  # multi-frame grayscale byte
        "7.3",  # multi-frame grayscale word
        "7.4",  # multi-frame true color
        "12.1",  # X-ray angiography
        "12.2",  # X-ray radiofluoroscopy
        "20",  # nuclear medicine
        "128",  # PET
        "2.1",  # enhanced CT
        "4.1",  # enhanced MR
        "130",  # enhanced PET
        "481.1",  # RT image
        "481.2",  # RT dose
        "481.3",  # RT structure set
        "481.5",  # RT plan
        "66.4",  # segmentation
        "88.11",  # basic text SR
        "88.22",  # enhanced SR
        "88.33",  # comprehensive SR
        "88.59",  # key object selection
        "88.67",  # X-ray radiation dose SR
        "11.1",  # grayscale presentation state
        "104.1",  # encapsulated PDF
    )
)
ROOM = MOST_CONTEXTS - 1  # one is for C-GET itself
CLASSES_AT_ONCE = ROOM // 4  # so that each has the commonest encodings apart


def storage_proposals(classes: Iterable[str]) -> list[Proposal]:
    """Contexts in which objects of these classes may come; at most ROOM of them."""
    wanted = list(dict.fromkeys(classes))[:ROOM]
    if not wanted:
        return []
    apart = min(len(SYNTAXES), ROOM // len(wanted)) - 1
    proposals = []
    for uid in wanted:
        for syntax in SYNTAXES[:apart]:
            proposals.append(Proposal(uid, (syntax,), as_scp=True))
        proposals.append(Proposal(uid, SYNTAXES[apart:], as_scp=True))
    return proposals
