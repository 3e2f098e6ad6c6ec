"""What the receiver accepts: every storage SOP class, in every transfer syntax it can keep."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from viewer.dicom.datasets.uid_names import name_of, uid_dictionary
from viewer.dicom.incoming import NOT_OF_PATIENTS
from viewer.net.pdu import AnsweredContext, AssociateRequest, ContextResult, ProposedContext, Roles

VERIFICATION = "1.2.840.10008.1.1"
STANDARD = "1.2.840.10008."
STORAGE = "1.2.840.10008.5.1.4.1.1."  # images, waveforms, documents, plans; retired ones too
OTHER_ROOTS = ("1.2.840.10008.5.1.4.34.", *NOT_OF_PATIENTS)
# Objects are kept as they come, so a transfer syntax need not be decodable to be accepted. Left
# out: references to pixels elsewhere (JPIP), and encodings that are no data sets (MIME, XML, video
# over IP, Papyrus).
NOT_KEPT = ("1.2.840.10008.1.2.6.", "1.2.840.10008.1.2.7.", "1.2.840.10008.1.20")
JPIP = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (94, 95, 204, 205))
NEWER = (  # newer than the dictionary of the library
    "1.2.840.10008.1.2.4.110",  # JPEG XL lossless
    "1.2.840.10008.1.2.4.111",  # JPEG XL from JPEG
    "1.2.840.10008.1.2.4.112",  # JPEG XL
    "1.2.840.10008.1.2.8.1",  # Deflated Image Frame
)
IMPLICIT_LITTLE = "1.2.840.10008.1.2"


@cache
def transfer_syntaxes() -> frozenset[str]:
    """UIDs of the transfer syntaxes a data set may arrive in."""
    known = (uid for uid, (_, kind, *_) in uid_dictionary().items() if kind == "Transfer Syntax")
    return frozenset({*(uid for uid in known if not uid.startswith(NOT_KEPT)), *NEWER}) - JPIP


def is_storage(uid: str, *, private: bool = False) -> bool:
    """Whether objects of this SOP class are stored.

    Args:
        uid: the SOP class.
        private: classes that are not the standard's as well.
    """
    if not uid.startswith(STANDARD):
        return private and bool(uid)
    name, kind, *_ = uid_dictionary().get(uid, ("", "SOP Class"))
    if name and (kind != "SOP Class" or "Storage" not in name):
        return False
    # A class newer than the dictionary is known by the root that all images share.
    return uid.startswith((STORAGE, *OTHER_ROOTS) if name else STORAGE)


def answer_contexts(
    request: AssociateRequest, *, private: bool = False
) -> tuple[list[AnsweredContext], list[Roles]]:
    """Decide on each proposed context, and on the roles that were asked for."""
    roles = {each.sop_class: each for each in request.roles}
    answers = [
        _answer(context, roles.get(context.abstract_syntax), private)
        for context in request.contexts
    ]
    proposed = {context.abstract_syntax for context in request.contexts}
    replies = [
        Roles(uid, user=each.user, provider=False)  # we never send on a caller's association
        for uid, each in roles.items()
        if uid in proposed
    ]
    return answers, replies


def names(uids: Sequence[str]) -> list[str]:
    """What people call these UIDs."""
    return [name_of(uid) for uid in uids]


def _answer(context: ProposedContext, roles: Roles | None, private: bool) -> AnsweredContext:
    abstract = context.abstract_syntax
    syntax = next((each for each in context.transfer_syntaxes if each in transfer_syntaxes()), "")
    if abstract != VERIFICATION and not is_storage(abstract, private=private):
        result = ContextResult.CLASS_NOT_SUPPORTED
    elif not syntax:
        result = ContextResult.SYNTAXES_NOT_SUPPORTED
    elif roles is not None and not roles.user:
        result = ContextResult.USER_REJECTION
    else:
        return AnsweredContext(context.number, ContextResult.ACCEPTED, abstract, syntax)
    # The item must carry a transfer syntax, which then means nothing (PS3.8 9.3.3.2).
    return AnsweredContext(context.number, result, abstract, IMPLICIT_LITTLE)
