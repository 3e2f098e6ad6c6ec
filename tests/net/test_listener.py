"""What a caller who keeps to the standard gets."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pynetdicom.pdu import A_ASSOCIATE_AC

from tests.data import CT_IMAGE_STORAGE, EXPLICIT_LITTLE, ct_dataset, ct_series, write_ct
from tests.net.caller import (
    ECHO_CONTEXT,
    IMPLICIT_LITTLE,
    RELEASED,
    RJ,
    STORE_CONTEXT,
    VERIFICATION,
    Caller,
    command,
    context,
    encoded,
    item,
    pdu,
    request,
    store_command,
    value,
)
from tests.net.receiver import Receiver, dcmtk
from viewer.dicom.incoming import IMPLEMENTATION_CLASS_UID
from viewer.net.listener import plain_address

J2K = "1.2.840.10008.1.2.4.90"
MR = "1.2.840.10008.5.1.4.1.1.4"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"


def results(body: bytes) -> dict[int, tuple[int, str]]:
    """Result and transfer syntax of each context of an A-ASSOCIATE-AC, read by pynetdicom."""
    answer = A_ASSOCIATE_AC()
    answer.decode(pdu(2, body))
    return {
        each.context_id: (each.result, str(each.transfer_syntax))
        for each in answer.presentation_context
    }


def test_echo_store_release(receiver: Receiver) -> None:
    image = ct_dataset()
    with receiver.call() as caller:
        caller.associate()
        assert caller.echo() == 0
        assert caller.store(image) == 0
        assert caller.release() == RELEASED
        assert caller.hear() == (0, b"")

    [path] = receiver.files()
    raw = path.read_bytes()
    assert raw.endswith(encoded(image))
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == EXPLICIT_LITTLE
    assert [event["event"] for event in receiver.events] == [
        "association",
        "echo",
        "stored",
        "released",
    ]


def test_the_file_names_the_sender_and_this_program(receiver: Receiver) -> None:
    with receiver.call() as caller:
        caller.associate(calling="CTVIEW")
        caller.store(ct_dataset())

    meta = pydicom.dcmread(receiver.files()[0]).file_meta
    assert meta.SourceApplicationEntityTitle == "CTVIEW"
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert "PrivateInformation" not in meta


def test_our_implementation_uid_is_that_of_a_valid_uuid() -> None:
    import uuid

    number = uuid.UUID(int=int(IMPLEMENTATION_CLASS_UID.removeprefix("2.25.")))

    assert (number.variant, number.version) == (uuid.RFC_4122, 4)


def test_the_senders_first_choice_that_can_be_kept_is_taken(receiver: Receiver) -> None:
    contexts = (
        context(1, CT_IMAGE_STORAGE, "1.2.840.10008.1.2.4.94", J2K, EXPLICIT_LITTLE),
        context(3, FIND, IMPLICIT_LITTLE),
        context(5, MR, "1.2.3.4"),
        context(7, "1.3.46.670589.5.0.3", IMPLICIT_LITTLE),  # private
        context(9, "1.2.840.10008.5.1.4.1.1.9999", IMPLICIT_LITTLE),  # newer than we are
        context(11, "1.2.840.10008.5.1.4.38.1", IMPLICIT_LITTLE),  # hanging protocol
    )
    with receiver.call() as caller:
        answer = results(caller.associate(contexts=contexts))

    assert answer[1] == (0, J2K)  # not JPIP: its pixels are elsewhere
    assert {number: result for number, (result, _) in answer.items()} == {
        **{1: 0, 3: 3, 5: 4, 7: 3, 9: 0, 11: 0}
    }


def test_private_classes_are_accepted_by_setting(start_receiver: Callable[..., Receiver]) -> None:
    receiver = start_receiver(private_classes=True)
    with receiver.call() as caller:
        answer = results(
            caller.associate(contexts=(context(1, "1.3.46.670589.5.0.3", IMPLICIT_LITTLE),))
        )

    assert answer[1][0] == 0


def test_roles_are_answered_and_the_unknown_is_ignored(receiver: Receiver) -> None:
    def role(uid: str, user: int, provider: int) -> bytes:
        return item(0x54, struct.pack(">H", len(uid)) + uid.encode() + bytes((user, provider)))

    extras = (
        role(CT_IMAGE_STORAGE, 1, 1)
        + role(MR, 0, 1)
        + item(0x53, struct.pack(">HH", 5, 5))  # asynchronous operations
        + item(0x58, b"\1\1\0\4user\0\0")  # user identity, answer wished
        + item(0x56, struct.pack(">H", len(MR)) + MR.encode() + b"\2")
        + item(0x99, b"whatever")
    )
    contexts = (context(1, CT_IMAGE_STORAGE, IMPLICIT_LITTLE), context(3, MR, IMPLICIT_LITTLE))
    with receiver.call() as caller:
        body = caller.associate(contexts=contexts, user=extras)
        answer = A_ASSOCIATE_AC()
        answer.decode(pdu(2, body))

    user = answer.user_information
    assert {uid: (each.scu, each.scp) for uid, each in user.role_selection.items()} == {
        CT_IMAGE_STORAGE: (1, 0),
        MR: (0, 0),
    }
    assert (user.async_ops_window, user.user_identity) == (None, None)
    assert user.maximum_length == receiver.config.max_pdu
    assert results(body)[3][0] == 1  # it wants to be sent objects, which we do not


@pytest.mark.parametrize(
    ("arguments", "codes", "words"),
    [
        pytest.param({"called": "NOPE"}, (1, 1, 7), "calls us NOPE, we are LIGHTBOX", id="called"),
        pytest.param({"calling": "STRANGER"}, (1, 1, 3), "STRANGER at 127.0.0.1", id="calling"),
        pytest.param({"application": "1.2.3"}, (1, 1, 2), "not DICOM's", id="application"),
        pytest.param({"version": 2}, (1, 2, 2), "not DICOM's", id="version"),
    ],
)
def test_who_is_not_let_in_learns_why(
    start_receiver: Callable[..., Receiver],
    arguments: dict[str, object],
    codes: tuple[int, int, int],
    words: str,
) -> None:
    from viewer.net.config import Caller as Allowed

    receiver = start_receiver(allow=(Allowed("CALLER", "127.0.0.0/8"),))
    with receiver.call() as caller:
        caller.say(request(**arguments))  # type: ignore[arg-type]
        kind, body = caller.hear()

    assert (kind, tuple(body[1:])) == (RJ, codes)  # PS3.8 9.3.4
    [event] = receiver.wait_for("refused")
    assert words in event["what"]
    assert event["advice"]


def test_an_allowed_title_from_another_address_is_a_stranger(
    start_receiver: Callable[..., Receiver],
) -> None:
    from viewer.net.config import Caller as Allowed

    receiver = start_receiver(allow=(Allowed("CALLER", "127.0.0.2"),))
    with receiver.call() as wrong, receiver.call("127.0.0.2") as right:
        wrong.say(request())
        right.associate()

        assert wrong.hear()[0] == RJ
        assert right.echo() == 0


def test_answers_keep_to_the_callers_longest_pdu(receiver: Receiver) -> None:
    with receiver.call() as caller:
        caller.associate(max_length=70)
        caller.say(pdu(4, value(ECHO_CONTEXT, 3, command(c0002=VERIFICATION, c0100=0x30,
                                                         c0110=1, c0800=0x0101))))  # fmt: skip
        pieces = [caller.hear()[1] for _ in range(2)]

    assert all(len(piece) <= 70 for piece in pieces)
    assert [piece[5] for piece in pieces] == [1, 3]  # a fragment, then the last one


def test_data_sets_come_in_any_fragments(receiver: Receiver) -> None:
    image = ct_dataset()
    body = encoded(image)
    ask = store_command(image.SOPInstanceUID)
    with receiver.call() as caller:
        caller.associate()
        caller.say(pdu(4, value(STORE_CONTEXT, 1, ask[:10]) + value(STORE_CONTEXT, 3, ask[10:])))
        caller.say(
            pdu(4, value(STORE_CONTEXT, 0, body[:1]) + value(STORE_CONTEXT, 0, b"")
                + value(STORE_CONTEXT, 0, body[1:-5]))
        )  # fmt: skip
        caller.say(
            pdu(4, value(STORE_CONTEXT, 0, body[-5:])) + pdu(4, value(STORE_CONTEXT, 2, b""))
        )

        assert caller.status() == 0
    assert receiver.files()[0].read_bytes().endswith(body)


def test_the_command_and_its_data_set_may_share_a_pdu(receiver: Receiver) -> None:
    image = ct_dataset()
    with receiver.call() as caller:
        caller.associate()
        caller.say(
            pdu(4, value(STORE_CONTEXT, 3, store_command(image.SOPInstanceUID))
                + value(STORE_CONTEXT, 2, encoded(image)))
        )  # fmt: skip

        assert caller.status() == 0


def test_the_largest_pdu_is_taken(receiver: Receiver) -> None:
    image = ct_dataset(rows=512, columns=512)
    with receiver.call() as caller:
        caller.associate()
        caller.say(pdu(4, value(STORE_CONTEXT, 3, store_command(image.SOPInstanceUID))))
        caller.send_data(STORE_CONTEXT, encoded(image), receiver.config.max_pdu - 6)

        assert caller.status() == 0


@pytest.mark.parametrize(
    ("arguments", "sent", "status"),
    [
        pytest.param({}, {"SOPInstanceUID": "1.2.3"}, 0xA900, id="other-uid-in-data-set"),
        pytest.param({}, {"SOPClassUID": MR}, 0xA900, id="other-class-in-data-set"),
        pytest.param({}, {"StudyInstanceUID": None}, 0xC000, id="no-study"),
        pytest.param({}, {"SOPInstanceUID": None}, 0xC000, id="no-uid-in-data-set"),
        pytest.param({"c0002": MR}, {}, 0x0122, id="class-of-another-context"),
        pytest.param({"c1000": None}, {}, 0xA900, id="no-uid-in-command"),
        pytest.param({"c1000": "../../x"}, {}, 0xA900, id="path-as-uid"),
        pytest.param({"c1000": b"1.2.3;reboot"}, {}, 0xA900, id="shell-as-uid"),
        pytest.param({"c1000": "1." * 32 + "1"}, {}, 0xA900, id="long-uid"),
        pytest.param({"c0100": 0x20}, {}, 0x0211, id="c-find"),
    ],
)
def test_what_cannot_be_stored_is_answered_and_leaves_nothing(
    receiver: Receiver, arguments: dict[str, object], sent: dict[str, object], status: int
) -> None:
    image = ct_dataset(**sent)  # type: ignore[arg-type]
    ask = store_command(ct_dataset().SOPInstanceUID, **arguments)
    with receiver.call() as caller:
        caller.associate()
        assert caller.ask(STORE_CONTEXT, ask, encoded(image)) == status
        assert caller.store(ct_dataset(instance_number=2)) == 0  # the association goes on

    assert len(receiver.files()) == 1


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 300, b"garbage" * 99, b"\xff" * 5000],
    ids=["empty", "zero", "words", "ff"],
)
def test_garbage_is_not_understood(receiver: Receiver, data: bytes) -> None:
    with receiver.call() as caller:
        caller.associate()
        status = caller.ask(STORE_CONTEXT, store_command("1.2.3"), data)

    assert status == 0xC000
    assert receiver.files() == []


def test_a_failure_is_explained_to_the_sender(receiver: Receiver) -> None:
    with receiver.call() as caller:
        caller.associate()
        caller.say(pdu(4, value(STORE_CONTEXT, 3, store_command("1.2.3"))))
        caller.send_data(STORE_CONTEXT, b"")
        answer = caller.response()

    assert b"empty" in answer[0x0902]  # Error Comment
    assert answer[0x1000].rstrip(b"\0") == b"1.2.3"


def test_again_the_same_and_the_same_uid_with_other_pixels(receiver: Receiver) -> None:
    image, other = ct_dataset(), ct_dataset(PatientID="P2")
    with receiver.call() as caller:
        caller.associate()
        answers = [caller.store(each) for each in (image, image, other, other, image)]

    assert answers == [0] * 5
    outcomes = [event["saved"].outcome for event in receiver.wait_for("stored", 5)]
    assert outcomes == ["new", "same", "conflict", "same", "same"]
    kept = {pydicom.dcmread(path).PatientID: path for path in receiver.files()}
    assert kept.keys() == {"P1", "P2"}
    assert ".conflict-" in kept["P2"].name


def test_objects_without_a_study_are_kept(receiver: Receiver) -> None:
    palette = pydicom.Dataset()
    palette.SOPClassUID, palette.SOPInstanceUID = "1.2.840.10008.5.1.4.39.1", "1.2.3.4"
    with receiver.call() as caller:
        caller.associate(contexts=(context(1, palette.SOPClassUID, EXPLICIT_LITTLE),))

        assert caller.store(palette, 1) == 0


def test_ipv6_and_ipv4_at_once(start_receiver: Callable[..., Receiver]) -> None:
    receiver = start_receiver(bind="::")
    with Caller(receiver.port) as four, Caller(receiver.port, "::1", "::1") as six:
        for caller in (four, six):
            caller.associate()
            assert caller.echo() == 0

    addresses = {event["address"] for event in receiver.wait_for("association", 2)}
    assert addresses == {"127.0.0.1", "::1"}


@pytest.mark.parametrize(
    ("address", "plain"),
    [("::ffff:10.0.0.1", "10.0.0.1"), ("fe80::1%eth0", "fe80::1"), ("10.0.0.1", "10.0.0.1")],
)
def test_addresses_are_told_plainly(address: str, plain: str) -> None:
    assert plain_address(address) == plain


def test_more_associations_than_allowed_are_told_to_come_again(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(max_associations=3, max_per_address=2)
    with receiver.call() as one, receiver.call() as two, receiver.call("127.0.0.2") as other:
        for caller in (one, two):
            caller.associate()
        with receiver.call() as third:
            third.say(request())
            assert (third.hear()) == (RJ, bytes((0, 2, 3, 2)))
        other.associate()
        with receiver.call("127.0.0.3") as fourth:
            fourth.say(request())
            assert (fourth.hear()) == (RJ, bytes((0, 2, 3, 2)))
        one.release()
        one.hear_the_end()
        receiver.wait_for("released")
        with receiver.call("127.0.0.3") as again:
            again.associate()


# T50: options of real clients that others stumble over.
@pytest.mark.parametrize(
    ("tool", "options"),
    [
        pytest.param("storescu", ["--propose-implicit", "--combine"], id="propose"),
        pytest.param("storescu", ["-pdu", "4096", "--max-send-pdu", "4096"], id="small-pdus"),
        pytest.param("storescu", ["--required"], id="required"),
        pytest.param("dcmsend", ["+ma"], id="dcmsend-many-associations"),
        pytest.param("dcmsend", ["-dn"], id="dcmsend"),
    ],
)
def test_clients_of_dcmtk(
    receiver: Receiver, tmp_path: Path, tool: str, options: list[str]
) -> None:
    paths = ct_series(tmp_path / "out", 5)

    dcmtk(tool, "-aec", "LIGHTBOX", *options, "127.0.0.1", str(receiver.port), *paths)

    assert len(receiver.files()) == 5


def test_many_contexts_of_many_syntaxes(receiver: Receiver) -> None:
    dcmtk("echoscu", "-aec", "LIGHTBOX", "--propose-pc", "128", "--propose-ts", "38",
          "127.0.0.1", str(receiver.port))  # fmt: skip


@pytest.mark.parametrize("tool", ["echoscu", "storescu"])
def test_an_abort_is_told_and_leaves_nothing(receiver: Receiver, tmp_path: Path, tool: str) -> None:
    files = [write_ct(tmp_path / "a.dcm")] if tool == "storescu" else []

    dcmtk(tool, "-aec", "LIGHTBOX", "--abort", "127.0.0.1", str(receiver.port), *files)

    [event] = receiver.wait_for("aborted")
    assert event["what"] == "The caller broke off."


def test_closing_aborts_what_is_open(start_receiver: Callable[..., Receiver]) -> None:
    receiver = start_receiver()
    with receiver.call() as caller:
        caller.associate()
        caller.say(pdu(4, value(STORE_CONTEXT, 3, store_command("1.2.3"))))
        caller.say(pdu(4, value(STORE_CONTEXT, 0, b"half")))
        receiver.listener.close()

        assert caller.hear_the_end() == 7
    [event] = receiver.wait_for("aborted")
    assert event["what"] == "The receiver was stopped."
