"""Text by Specific Character Set (PS3.3 C.12.1.1.2, PS3.5 6.1 and annexes H to K)."""

from __future__ import annotations

import subprocess
import sys

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.dicom.datasets.charset import character_sets, decode_text, name_groups


# The examples printed in PS3.5 annexes H (Japanese), I (Korean), J and K (Chinese).
@pytest.mark.parametrize(
    ("raw", "terms", "text"),
    [
        pytest.param(
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            ("", "ISO 2022 IR 87"),
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            id="H.3.1-japanese",
        ),
        pytest.param(
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J"
            b"=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
            ("ISO 2022 IR 13", "ISO 2022 IR 87"),
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
            id="H.3.2-japanese-katakana",
        ),
        pytest.param(
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
            ("", "ISO 2022 IR 149"),
            "Hong^Gildong=洪^吉洞=홍^길동",
            id="I.2-korean",
        ),
        pytest.param(
            "Wang^XiaoDong=王^小东".encode(),
            ("ISO_IR 192",),
            "Wang^XiaoDong=王^小东",
            id="J.1-utf-8",
        ),
        pytest.param(
            b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab",
            ("GB18030",),
            "Wang^XiaoDong=王^小东",
            id="J.2-gb18030",
        ),
        pytest.param(
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
            ("", "ISO 2022 IR 58"),
            "Zhang^XiaoDong=张^小东=",
            id="K.2-gb2312",
        ),
        pytest.param(b"Buc^J\xe9r\xf4me", ("ISO_IR 100",), "Buc^Jérôme", id="latin-1"),
        pytest.param(b"\xa4uro", ("ISO_IR 203",), "€uro", id="latin-9"),
        pytest.param(b"\xc4\xe9\xef\xed", ("ISO_IR 126",), "Διον", id="greek"),
        pytest.param(b"\xbb\xee\xda", ("ISO_IR 144",), "Люк", id="cyrillic"),
    ],
)
def test_the_standards_examples(raw, terms, text):
    assert decode_text(raw, terms, "PN") == text


# PS3.5 6.1.2.5.3: these return to the first character set.
@pytest.mark.parametrize("delimiter", [b"\\", b"^", b"=", b"\r\n", b"\t"])
def test_delimiters_reset_to_the_first_set(delimiter):
    raw = b"\x1b-F\xc4" + delimiter + b"\xc4"

    text = decode_text(raw, ("ISO 2022 IR 100", "ISO 2022 IR 126"), "PN")

    assert text == f"Δ{delimiter.decode()}Ä"


def test_caret_is_a_letter_outside_names():
    raw = b"\x1b-F\xc4^\xc4"

    assert decode_text(raw, ("ISO 2022 IR 100", "ISO 2022 IR 126"), "LO") == "Δ^Δ"


@pytest.mark.parametrize(
    ("raw", "terms", "text"),
    [
        pytest.param(b"\x8f\x5c", ("GBK",), b"\x8f\x5c".decode("gbk"), id="gbk"),
        pytest.param(b"\x1b$B%\\\x1b(B", ("", "ISO 2022 IR 87"), "ボ", id="jis"),
    ],
)
def test_a_backslash_byte_inside_a_character_is_no_delimiter(raw, terms, text):
    assert decode_text(raw, terms, "LO") == text


@pytest.mark.parametrize(
    "codec", ["idna", "punycode", "utf_7", "hex", "zip", "rot13", "utf-16", "latin_1", "\0x", "🙂"]
)
def test_a_file_cannot_name_a_python_codec(codec):
    assert character_sets((codec,)).unknown
    assert decode_text(b"+AAA-M\xfcller", (codec,), "PN") == "+AAA-M\ufffdller"


def test_missing_character_set_is_ascii_and_never_a_guess():
    assert decode_text(b"M\xfcller", (), "PN") == "M\ufffdller"
    assert decode_text(b"M\xfcller", ("",), "PN") == "M\ufffdller"


@pytest.mark.parametrize("term", ["ISO-IR 100", "ISO_IR_100", "iso_ir 100", " ISO_IR 100 "])
def test_common_slips_of_the_pen_are_understood(term):
    assert decode_text(b"\xe9", (term,), "LO") == "é"


def test_other_representations_stay_ascii():
    assert decode_text(b"\xe9", ("ISO_IR 100",), "CS") == "\ufffd"


def test_escapes_mean_nothing_without_code_extensions():
    assert decode_text(b"a\x1b-Fb", ("ISO_IR 100",), "LO") == "a\x1b-Fb"


def test_a_cut_escape_does_no_harm():
    assert decode_text(b"Yamada=\x1b$", ("", "ISO 2022 IR 87"), "PN").startswith("Yamada=")
    assert decode_text(b"\x1b$B;", ("", "ISO 2022 IR 87"), "PN") != ""


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("A^B", ("A^B", "", "")),
        ("A=B=C", ("A", "B", "C")),
        ("=山田^太郎", ("", "山田^太郎", "")),
        ("", ("", "", "")),
    ],
)
def test_names_have_three_groups(text, groups):
    assert name_groups(text) == groups


@pytest.mark.shared_data
def test_equal_to_pydicom_on_real_files(shared_data):
    compared = 0
    for path in sorted((shared_data / "charsets").glob("*.dcm")):
        item = pydicom.dcmread(path, stop_before_pixels=True)
        terms = item.get("SpecificCharacterSet") or ()
        terms = (terms,) if isinstance(terms, str) else tuple(terms)
        raw = item.get_item("PatientName") if "PatientName" in item else None
        if raw is None or path.name == "chrFrenMulti.dcm":  # its first term is wrong
            continue
        assert decode_text(raw.value, terms, "PN").rstrip("=") == str(item.PatientName), path.name
        compared += 1
    assert compared >= 12


@given(st.binary(max_size=60), st.sampled_from(["PN", "LO", "UT"]))
def test_no_bytes_raise(raw, vr):
    for terms in ((), ("ISO 2022 IR 13", "ISO 2022 IR 87", "ISO 2022 IR 159"), ("GB18030",)):
        decode_text(raw, terms, vr)
    decode_text(b"\x1b$B" + raw + b"\x1b$)C" + raw, ("", "ISO 2022 IR 149"), vr)


def test_no_pydicom_on_the_way_to_text():
    code = "import sys, viewer.dicom.datasets.charset; sys.exit('pydicom' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
