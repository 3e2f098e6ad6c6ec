"""The log: for its owner alone, one line an event, no values of files."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from viewer.log_file import TALKATIVE, start_log


@pytest.fixture
def log_path(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    path = start_log(tmp_path / "log")
    assert path is not None
    yield path
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.captureWarnings(False)
    for name in TALKATIVE:
        logging.getLogger(name).propagate = True


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_only_the_owner_reads_it(log_path):
    assert log_path.stat().st_mode & 0o777 == 0o600
    assert log_path.parent.stat().st_mode & 0o777 == 0o700


def test_an_event_is_one_line_without_control_bytes(log_path):
    logging.getLogger("viewer").warning("a\nb\x1b[31mc")

    assert log_path.read_text().count("\n") == 1
    assert "\x1b" not in log_path.read_text()


def test_a_traceback_names_places_but_not_the_values(log_path):
    try:
        raise ValueError("DOE^JANE")
    except ValueError:
        logging.getLogger("viewer").exception("unexpected")

    text = log_path.read_text()
    assert "ValueError < test_log_file.py:" in text
    assert "DOE" not in text


@pytest.mark.parametrize("name", ["pydicom", "pydicom.valuerep", "pynetdicom.events"])
def test_libraries_that_quote_values_are_kept_out(log_path, name):
    logging.getLogger(name).warning("Invalid value for VR DA: 'ZZMARK'")

    assert "ZZMARK" not in log_path.read_text()


def test_warnings_that_quote_values_are_kept_out(log_path):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("Invalid value 'ZZMARK'", stacklevel=1)

    assert "ZZMARK" not in log_path.read_text()


def test_a_folder_that_cannot_be_written_means_no_log(tmp_path):
    (tmp_path / "file").write_text("")

    assert start_log(tmp_path / "file" / "log") is None
