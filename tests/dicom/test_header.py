from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    write_ct,
)
from tests.dicom.raw import (
    BIG,
    EXPLICIT,
    IMPLICIT,
    UNDEFINED,
    Encoding,
    identity,
    part10,
    picture,
)
from viewer.dicom.header import Header, parse_header, read_header
from viewer.dicom.header_keywords import HEADER_KEYWORDS
from viewer.dicom.header_walk import MAX_DEPTH, MAX_HEADER
from viewer.dicom.source import FileRef
from viewer.errors import MalformedError, NotDicomError, UnreadableFileError, ViewerError

REF = FileRef(b"/a/b.dcm")
ENCODINGS = [
    pytest.param(IMPLICIT, id="implicit"),
    pytest.param(EXPLICIT, id="explicit"),
    pytest.param(BIG, id="big-endian"),
]


class Bytes:
    """A source in memory that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.stamp = (len(data), 0)
        self.read = 0

    def read_at(self, offset: int, count: int) -> bytes:
        part = self.data[offset : offset + count]
        self.read += len(part)
        return part

    def close(self) -> None: ...

    def __enter__(self) -> Bytes:
        return self

    def __exit__(self, *_: object) -> None: ...


def parsed(data: bytes) -> Header:
    return parse_header(REF, Bytes(data))


def said(header: Header) -> str:
    return " ".join(problem.what for problem in header.problems)


@pytest.mark.parametrize("syntax", [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED])
def test_every_plain_syntax_gives_the_same_values(tmp_path: Path, syntax: str) -> None:
    path = write_ct(tmp_path / "a", syntax=syntax, position=(1, -2.5, 30), instance_number=7)

    header = read_header(FileRef(bytes(path)))

    assert header.transfer_syntax == syntax
    assert header.text("PatientName") == "Phantom^Test"
    assert header.texts("ImageType") == ("ORIGINAL", "PRIMARY", "AXIAL")
    assert header.integer("InstanceNumber") == 7
    assert header.integer("Rows") == 16
    assert header.numbers("ImagePositionPatient") == (1, -2.5, 30)
    assert (header.has_pixels, header.frames, header.problems) == (True, 1, ())


def test_absent_values_are_empty(tmp_path: Path) -> None:
    header = read_header(FileRef(bytes(write_ct(tmp_path / "a", PatientName=None))))

    assert header.text("PatientName") == ""
    assert header.texts("FrameTimeVector") == ()
    assert header.integer("NumberOfFrames") is None
    assert header.numbers("FrameTime") == ()


def test_stamp_and_pixel_offset_point_at_the_file(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a")

    header = read_header(FileRef(bytes(path)))

    assert header.stamp == (path.stat().st_size, path.stat().st_mtime_ns)
    assert header.pixel_offset == path.stat().st_size - 16 * 16 * 2


def test_text_is_decoded_by_the_files_own_character_set(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a", SpecificCharacterSet="ISO_IR 192", PatientName="Grün^Zoë")

    assert read_header(FileRef(bytes(path))).text("PatientName") == "Grün^Zoë"


# PS3.10 7.1 and what is met in the field
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_bare_data_set_is_read_and_told(encoding: Encoding) -> None:
    header = parsed(identity(encoding) + picture(encoding))

    assert header.text("SOPInstanceUID") == "1.2.3.4"
    assert header.transfer_syntax == encoding.syntax
    assert "neither a preamble" in said(header)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_missing_transfer_syntax_is_seen_from_the_bytes(encoding: Encoding) -> None:
    header = parsed(part10(identity(encoding) + picture(encoding), ""))

    assert (header.integer("Rows"), header.transfer_syntax) == (2, encoding.syntax)
    assert "does not name its transfer syntax" in said(header)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("claim", ENCODINGS)
def test_bytes_overrule_the_transfer_syntax(encoding: Encoding, claim: Encoding) -> None:
    header = parsed(part10(identity(encoding) + picture(encoding), claim.syntax))

    assert (header.integer("Rows"), header.transfer_syntax) == (2, encoding.syntax)
    assert ("another way" in said(header)) == (encoding is not claim)


@pytest.mark.parametrize("length", [0, 5, 60, 0xFFFFFFFF])
def test_a_lie_about_the_meta_groups_length_changes_nothing(length: int) -> None:
    data = bytearray(EXPLICIT.file(identity(), picture()))
    data[140:144] = struct.pack("<I", length)

    assert parsed(bytes(data)).text("SOPInstanceUID") == "1.2.3.4"


# PS3.5 7.5 and 6.2.2 note 2: what is jumped over on the way
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("closed_item", [True, False])
@pytest.mark.parametrize("closed", [True, False])
def test_values_inside_sequences_are_not_the_files(
    encoding: Encoding, closed: bool, closed_item: bool
) -> None:
    inner = encoding.element(0x00100010, "PN", b"Inner^^^")
    nested = encoding.sequence(0x00081140, encoding.item(inner, closed_item), closed=closed)
    outer = encoding.sequence(0x00081115, encoding.item(nested, closed_item), closed=closed)
    name = encoding.element(0x00100010, "PN", b"Outer^")

    header = parsed(encoding.file(identity(encoding), outer, name, picture(encoding)))

    assert (header.text("PatientName"), header.problems[2:]) == ("Outer^", ())


def test_unknown_vr_of_undefined_length_is_an_implicit_sequence() -> None:
    inner = IMPLICIT.item(IMPLICIT.element(0x00091001, "LO", b"ab"), closed=False)
    unknown = EXPLICIT.element(0x00091010, "UN", inner + IMPLICIT.mark(0xE0DD), UNDEFINED)

    header = parsed(EXPLICIT.file(identity(), unknown, picture()))

    assert header.integer("Rows") == 2


def test_private_implicit_element_in_an_explicit_file_is_stepped_over() -> None:
    private = IMPLICIT.element(0x00091001, "LO", b"abcd")

    assert parsed(EXPLICIT.file(identity(), private, picture())).integer("Rows") == 2


def test_private_value_without_items_or_length_goes_to_pydicom() -> None:
    content = b"no items here!!!" + EXPLICIT.mark(0xE0DD)
    private = EXPLICIT.element(0x00091001, "OB", content, UNDEFINED)

    header = parsed(EXPLICIT.file(identity(), private, picture()))

    assert header.integer("Rows") == 2
    assert "damaged" in said(header)


def test_sequence_that_is_never_closed_ends_where_its_items_end() -> None:
    item = EXPLICIT.item(EXPLICIT.element(0x00080100, "SH", b"ab"))
    sequence = EXPLICIT.element(0x00081115, "SQ", item, UNDEFINED)

    assert parsed(EXPLICIT.file(identity(), sequence, picture())).integer("Rows") == 2


@pytest.mark.parametrize(("depth", "readable"), [(MAX_DEPTH - 4, True), (MAX_DEPTH + 40, False)])
def test_nesting_is_bounded(depth: int, readable: bool) -> None:
    content = b""
    for _ in range(depth):
        content = EXPLICIT.sequence(0x00081115, EXPLICIT.item(content, closed=False), closed=False)
    data = EXPLICIT.file(identity(), content, picture())

    if readable:
        assert parsed(data).integer("Rows") == 2
    else:
        with pytest.raises(MalformedError, match="nested"):
            parsed(data)


def test_large_private_values_are_not_read() -> None:
    blob = EXPLICIT.element(0x00091001, "OB", bytes(4 << 20))
    source = Bytes(EXPLICIT.file(identity(), blob, picture()))

    header = parse_header(REF, source)

    assert header.integer("Rows") == 2
    assert source.read < 100_000


def test_a_header_without_end_is_given_up() -> None:
    tiny = EXPLICIT.element(0x00091001, "OB", b"")
    source = Bytes(EXPLICIT.file(identity(), tiny * (2 * MAX_HEADER // len(tiny)), picture()))

    header = parse_header(REF, source)

    assert "too long" in said(header)
    assert source.read < 2 * MAX_HEADER


def test_wanted_values_behind_the_first_read_are_found() -> None:
    vector = b"\\".join([b"33.3"] * 4000)
    filler = EXPLICIT.element(0x00091001, "OB", bytes(8000))

    header = parsed(
        EXPLICIT.file(identity(), filler, EXPLICIT.element(0x00181065, "DS", vector), picture())
    )

    assert header.numbers("FrameTimeVector") == (33.3,) * 4000


def test_elements_behind_the_pixel_data_are_read_when_nothing_came_before() -> None:
    pixels = EXPLICIT.element(0x7FE00010, "OW", bytes(8))

    header = parsed(EXPLICIT.file(pixels, picture()[:-20], identity()))

    assert (header.text("SOPInstanceUID"), header.has_pixels) == ("1.2.3.4", True)


def test_the_last_of_two_equal_tags_counts() -> None:
    twice = [EXPLICIT.element(0x00100020, "LO", value) for value in (b"ONE ", b"TWO ")]

    assert parsed(EXPLICIT.file(identity(), *twice)).text("PatientID") == "TWO"


@pytest.mark.parametrize(
    ("vr", "raw", "integer"),
    [
        pytest.param("US", b"\x02\0", 2, id="as the dictionary says"),
        pytest.param("UL", b"\x02\0\0\0", 2, id="UL"),
        pytest.param("IS", b"2 ", 2, id="as text"),
        pytest.param("UN", b"\x02\0", 2, id="UN is the dictionary's"),
        pytest.param("SQ", b"", None, id="as an empty sequence"),
        pytest.param("US", b"\x02", None, id="one byte"),
        pytest.param("FD", struct.pack("<d", float("nan")), None, id="not a number"),
        pytest.param("FD", struct.pack("<d", float("inf")), None, id="infinite"),
        pytest.param("LO", b"two ", None, id="words"),
    ],
)
def test_rows_in_a_wrong_vr(vr: str, raw: bytes, integer: int | None) -> None:
    header = parsed(EXPLICIT.file(identity(), EXPLICIT.element(0x00280010, vr, raw)))

    assert header.integer("Rows") == integer


@pytest.mark.parametrize(
    ("raw", "numbers"),
    [
        pytest.param(b"1\\2.5\\-3e1 ", (1.0, 2.5, -30.0), id="plain"),
        pytest.param(b" 1 \\ 2 \0", (1.0, 2.0), id="padded"),
        pytest.param(b"1\\x", (), id="one is no number"),
        pytest.param(b"1_0", (), id="Python's own digits"),
        pytest.param(b"nan\\1", (), id="nan"),
        pytest.param(b"1e999", (), id="overflow"),
        pytest.param(b"\\", (), id="nothing twice"),
    ],
)
def test_decimal_strings(raw: bytes, numbers: tuple[float, ...]) -> None:
    header = parsed(EXPLICIT.file(identity(), EXPLICIT.element(0x00280030, "DS", raw)))

    assert header.numbers("PixelSpacing") == numbers


# PS3.3 C.7.6.6, and what the file has room for: two by two pixels of 16 bits are 8 bytes
@pytest.mark.parametrize(
    ("told", "pixels", "frames"),
    [
        pytest.param(b"3 ", 24, 3, id="all there"),
        pytest.param(b"300 ", 24, 3, id="cut short"),
        pytest.param(b"2147483647", 24, 3, id="absurd"),
        pytest.param(b"999999999999", 24, 1, id="beyond 32 bits"),
        pytest.param(b"0 ", 24, 1, id="none"),
        pytest.param(b"-1", 24, 1, id="negative"),
        pytest.param(b"1.2 ", 24, 1, id="broken"),
    ],
)
def test_frames_are_never_more_than_fit(told: bytes, pixels: int, frames: int) -> None:
    number = EXPLICIT.element(0x00280008, "IS", told)

    header = parsed(EXPLICIT.file(identity(), number, picture(pixels=bytes(pixels))))

    assert header.frames == frames


def test_encapsulated_frames_are_bounded_by_the_file() -> None:
    number = EXPLICIT.element(0x00280008, "IS", b"2147483647")
    fragments = EXPLICIT.item(b"") + EXPLICIT.item(bytes(100)) + EXPLICIT.mark(0xE0DD)
    pixels = EXPLICIT.element(0x7FE00010, "OB", fragments, UNDEFINED)

    header = parsed(part10(identity() + number + picture()[:30] + pixels, "1.2.840.10008.1.2.5"))

    assert 1 <= header.frames < 100


def test_functional_groups_are_noted() -> None:
    shared = EXPLICIT.sequence(0x52009229, EXPLICIT.item(b""), closed=False)
    frames = EXPLICIT.sequence(0x52009230, EXPLICIT.item(b""))

    header = parsed(EXPLICIT.file(identity(), picture()[:30], shared, frames))

    assert (header.has_shared_groups, header.has_frame_groups) == (True, True)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"D", "text file", id="one byte"),
        pytest.param(b"Dear colleague, please find\r\n" * 40, "text file", id="text"),
        pytest.param(b"\xff\xd8\xff\xe0\0\x10JFIF" * 40, "JPEG", id="jpeg"),
        pytest.param(b"%PDF-1.7\n" * 40, "PDF", id="pdf"),
        pytest.param(b"\0" * 100_000, "zeros", id="zeros"),
        pytest.param(b"\0" * 128 + b"DICX" + picture(), "not a DICOM", id="wrong magic"),
        pytest.param(b"\x08\0\0\0" * 60, "not a DICOM", id="the same tag for ever"),
    ],
)
def test_other_files_are_refused_from_their_first_bytes(data: bytes, sentence: str) -> None:
    source = Bytes(data)

    with pytest.raises(NotDicomError, match=sentence):
        parse_header(REF, source)

    assert source.read <= 8192


@pytest.mark.parametrize("keep", [132, 140, 150, 170])
def test_a_file_cut_in_its_meta_group_is_malformed(keep: int) -> None:
    with pytest.raises(MalformedError):
        parsed(EXPLICIT.file(identity(), picture())[:keep])


def test_a_file_cut_in_its_pixels_is_listed_with_a_problem() -> None:
    header = parsed(EXPLICIT.file(identity(), picture())[:-3])

    assert header.has_pixels
    assert "cut off" in said(header)


def test_a_program_in_the_preamble_is_told() -> None:
    data = part10(identity() + picture(), EXPLICIT.syntax, b"MZ".ljust(128, b"\0"))

    assert "program" in said(parsed(data))


def test_a_tiff_in_the_preamble_is_no_problem() -> None:
    plain = part10(identity() + picture(), EXPLICIT.syntax)
    tiff = part10(identity() + picture(), EXPLICIT.syntax, b"II*\0\x08".ljust(128, b"\0"))

    assert said(parsed(tiff)) == said(parsed(plain))


def test_a_deflate_bomb_is_inflated_only_at_its_beginning() -> None:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = identity() + picture()[:30] + EXPLICIT.element(0x7FE00010, "OW", b"", 1 << 30)
    body = stream.compress(head) + b"".join(stream.compress(bytes(1 << 20)) for _ in range(64))
    source = Bytes(part10(body + stream.flush(), DEFLATED))

    header = parse_header(REF, source)

    assert header.integer("Rows") == 2
    assert source.read < 20_000


@pytest.mark.parametrize("body", [b"\xff" * 500, zlib.compress(b"")[:3]])
def test_damaged_deflate_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        parsed(part10(body.ljust(64, b"\xff"), DEFLATED))


def test_a_file_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="removed"):
        read_header(FileRef(bytes(tmp_path / "gone")))


def test_equal_values_are_held_once() -> None:
    one, two = (parsed(EXPLICIT.file(identity(), picture())) for _ in range(2))

    two.share_values(one)

    assert two._values[2] is one._values[2]
    assert two.text("SOPClassUID") == "1.2.840.10008.5.1.4.1.1.2"


# --- properties -----------------------------------------------------------------------------

TEXT_VRS = {"CS", "LO", "SH", "UI", "DA", "TM", "DT", "PN", "DS", "IS"}
WANTED = {tag: (keyword, vr) for keyword, (tag, vr) in HEADER_KEYWORDS.items() if vr in TEXT_VRS}
PLAIN = st.text("ABCdef0123456789.^ -", max_size=40).map(lambda t: t.strip().encode())
OTHER_TAGS = st.integers(0x0009, 0x0027).flatmap(
    lambda group: st.integers(0x1000, 0xFFFF).map(lambda element: group << 16 | element)
)


@st.composite
def element_lists(draw: st.DrawFn) -> list[tuple[int, str, bytes]]:
    """Ascending (tag, VR, even value): wanted ones among others of every length form."""
    wanted = draw(st.lists(st.sampled_from(sorted(WANTED)), unique=True, max_size=20))
    other = draw(st.lists(OTHER_TAGS, unique=True, max_size=20))
    result = []
    for tag in sorted({*wanted, *other}):
        vr = WANTED[tag][1] if tag in WANTED else draw(st.sampled_from(["LO", "OB", "UN", "UT"]))
        value = draw(PLAIN) if tag in WANTED else draw(st.binary(max_size=200))
        result.append((tag, vr, value + b" " * (len(value) % 2)))
    return result


@settings(max_examples=150, deadline=None)
@given(elements=element_lists(), encoding=st.sampled_from([IMPLICIT, EXPLICIT, BIG]))
def test_what_was_written_is_read(
    elements: list[tuple[int, str, bytes]], encoding: Encoding
) -> None:
    written = [encoding.element(*element) for element in elements]

    header = parsed(encoding.file(identity(encoding), *written, picture(encoding)))

    for tag, _, value in elements:
        if tag in WANTED and WANTED[tag][0] != "SpecificCharacterSet":
            assert header.text(WANTED[tag][0]) == value.decode().strip()
    assert header.integer("Rows") == 2


def survives(data: bytes) -> None:
    """Reading gives a header whose every value can be asked for, or a ViewerError."""
    source = Bytes(data)
    try:
        header = parse_header(REF, source)
    except ViewerError:
        return
    finally:
        assert source.read <= 4 * len(data) + 100_000
    assert header.frames >= 1
    for keyword in HEADER_KEYWORDS:
        header.text(keyword), header.texts(keyword)
        header.integer(keyword), header.numbers(keyword)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.binary(max_size=2000),
    syntax=st.sampled_from([IMPLICIT.syntax, EXPLICIT.syntax, BIG.syntax, DEFLATED, "", "1.2.3"]),
    bare=st.booleans(),
)
def test_random_bytes_raise_nothing_else(body: bytes, syntax: str, bare: bool) -> None:
    survives(body if bare else part10(body, syntax))


@settings(max_examples=300, deadline=None)
@given(
    elements=element_lists(),
    encoding=st.sampled_from([IMPLICIT, EXPLICIT, BIG]),
    damage=st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=4)), max_size=6),
    cut=st.integers(0, 4000),
)
def test_damaged_files_raise_nothing_else(
    elements: list[tuple[int, str, bytes]],
    encoding: Encoding,
    damage: list[tuple[int, bytes]],
    cut: int,
) -> None:
    written = [encoding.element(*element) for element in elements]
    nested = encoding.sequence(0x00081115, encoding.item(identity(encoding), False), closed=False)
    data = bytearray(encoding.file(identity(encoding), nested, *written, picture(encoding)))

    for at, new in damage:
        place = 132 + at % max(1, len(data) - 136)
        data[place : place + len(new)] = new

    survives(bytes(data[: len(data) - cut % len(data)]))
