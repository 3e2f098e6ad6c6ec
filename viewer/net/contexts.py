"""What the receiver accepts: every storage SOP class, in every transfer syntax it can keep."""

from __future__ import annotations

from pydicom.uid import UID_dictionary
from pynetdicom.presentation import PresentationContext, build_context

VERIFICATION = "1.2.840.10008.1.1"
STORAGE_ROOTS = (
    "1.2.840.10008.5.1.4.1.1.",  # images, waveforms, documents, plans; retired ones too
    "1.2.840.10008.5.1.4.34.",
    "1.2.840.10008.5.1.4.38.1",  # non-patient objects: PS3.4 annex GG
    "1.2.840.10008.5.1.4.39.1",
    "1.2.840.10008.5.1.4.43.1",
    "1.2.840.10008.5.1.4.44.1",
    "1.2.840.10008.5.1.4.45.1",
)
# Objects are kept as they come, so a transfer syntax need not be decodable to be accepted. Left
# out: references to pixels elsewhere (JPIP), and encodings that are no data sets (MIME, XML, video
# over IP, Papyrus).
NOT_KEPT = ("1.2.840.10008.1.2.6.", "1.2.840.10008.1.2.7.", "1.2.840.10008.1.20")
NEWER = (  # newer than the dictionary of the library
    "1.2.840.10008.1.2.4.110",  # JPEG XL lossless
    "1.2.840.10008.1.2.4.111",  # JPEG XL from JPEG
    "1.2.840.10008.1.2.4.112",  # JPEG XL
    "1.2.840.10008.1.2.8.1",  # Deflated Image Frame
)


def storage_classes() -> list[str]:
    """UIDs of the storage SOP classes of the standard, retired ones included."""
    return sorted(
        uid
        for uid, (name, kind, *_) in UID_dictionary.items()
        if kind == "SOP Class" and "Storage" in name and uid.startswith(STORAGE_ROOTS)
    )


def transfer_syntaxes() -> list[str]:
    """UIDs of the transfer syntaxes a data set may arrive in."""
    known = (uid for uid, (_, kind, *_) in UID_dictionary.items() if kind == "Transfer Syntax")
    return sorted({*(uid for uid in known if not uid.startswith(NOT_KEPT)), *NEWER})


def supported_contexts() -> list[PresentationContext]:
    """Presentation contexts for the acceptor: C-STORE of everything, and C-ECHO."""
    syntaxes = transfer_syntaxes()
    contexts = [build_context(uid, syntaxes) for uid in storage_classes()]
    return [*contexts, build_context(VERIFICATION)]
