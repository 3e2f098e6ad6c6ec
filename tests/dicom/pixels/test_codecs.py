"""The table of decoders: complete, in order, and what it says when one is missing."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from viewer.dicom.pixels import codecs
from viewer.dicom.pixels.codecs import decode, decoders_for
from viewer.dicom.pixels.decode_job import Expected, MissingDecoderError, StreamError
from viewer.dicom.pixels.transfer_syntaxes import TRANSFER_SYNTAXES, Family

UNCODED = {Family.NATIVE, Family.DEFLATED_FRAME, Family.VIDEO, Family.REFERENCED}
CODED = [uid for uid, syntax in TRANSFER_SYNTAXES.items() if syntax.family not in UNCODED]
PICTURE = np.arange(400, dtype=np.uint16).reshape(20, 20) * 100
ROOT = "1.2.840.10008.1.2"


@pytest.mark.parametrize("uid", CODED)
def test_every_coded_syntax_has_a_decoder_installed_by_default(uid):
    assert decoders_for(uid)[0].package == "imagecodecs"


def test_decoders_that_end_the_process_are_not_in_the_table():
    packages = {decoder.package for uid in CODED for decoder in decoders_for(uid)}

    assert packages == {"imagecodecs", "libjpeg", "jpeg_ls", "openjpeg", "rle"}


@pytest.mark.parametrize(
    ("syntax", "stream"),
    [
        ("4.80", imagecodecs.jpegls_encode(PICTURE)),
        ("4.90", imagecodecs.jpeg2k_encode(PICTURE, codecformat="j2k", level=0)),
        ("4.201", imagecodecs.htj2k_encode(PICTURE)),
    ],
)
def test_every_decoder_in_the_table_gives_the_same_values(syntax, stream, monkeypatch):
    expected = Expected(f"{ROOT}.{syntax}", 20, 20)
    names = []
    for decoder in decoders_for(f"{ROOT}.{syntax}"):
        monkeypatch.setattr(
            codecs, "DECODERS", {f: (decoder,) for f in codecs.DECODERS}, raising=True
        )

        decoded = decode(bytes(stream), expected)

        assert np.array_equal(decoded.samples, PICTURE)
        names.append(decoded.decoder)
    assert len(set(names)) == len(names) >= 2


def test_a_missing_library_names_its_package(monkeypatch):
    monkeypatch.setattr(codecs, "find_spec", lambda name: None)

    with pytest.raises(MissingDecoderError, match="needs the Python package imagecodecs"):
        decode(imagecodecs.jpegls_encode(PICTURE), Expected(f"{ROOT}.4.80", 20, 20))


# pylibjpeg-rle answers such data with a pyo3 PanicException, which is no Exception.
def test_a_panic_is_no_way_out():
    header = (2).to_bytes(4, "little") + (64).to_bytes(4, "little") + (70).to_bytes(4, "little")
    stream = header.ljust(64, b"\0") + b"\x05ab" + bytes(3) + b"\x7f"

    with pytest.raises(StreamError, match="RLE data is damaged"):
        decode(stream, Expected(f"{ROOT}.5", 20, 20))
