"""The dictionary of UIDs is pydicom's, and costs no more than it must."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pydicom.uid import UID_dictionary

from viewer.dicom.datasets.uid_names import name_of, uid_dictionary


def test_it_is_pydicoms() -> None:
    assert len(uid_dictionary()) > 400
    assert uid_dictionary().items() <= UID_dictionary.items()  # pynetdicom adds to it


def test_names_and_what_has_none() -> None:
    assert name_of("1.2.840.10008.5.1.4.1.1.2") == "CT Image Storage"
    assert name_of("1.2.3") == "1.2.3"
    assert name_of("1.2.840.10008.5.1.4.1.1.40") == "1.2.840.10008.5.1.4.1.1.40"  # known, nameless


def test_the_receiver_starts_without_pydicom_and_numpy() -> None:
    script = (
        "import sys, viewer.verbs.receive_worker, viewer.net.contexts as c; c.transfer_syntaxes();"
        "assert not {'pydicom', 'numpy', 'pynetdicom'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
