"""Posts arrive in order, in few deliveries, on the GUI thread."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QThread

from viewer.workspace.mailbox import Mailbox


@pytest.fixture
def mailbox(qapp):
    return Mailbox()


def post_from_thread(mailbox, items):
    def post():
        for item in items:
            mailbox.post(item)

    thread = threading.Thread(target=post)
    thread.start()
    thread.join()


def test_posts_arrive_in_order_on_the_gui_thread(qtbot, mailbox):
    seen, threads = [], set()
    mailbox.delivered.connect(
        lambda items: (seen.extend(items), threads.add(QThread.currentThread()))
    )

    post_from_thread(mailbox, range(5000))
    qtbot.waitUntil(lambda: len(seen) == 5000)

    assert seen == list(range(5000))
    assert threads == {mailbox.thread()}


def test_many_posts_make_one_delivery(qtbot, mailbox):
    deliveries = []
    mailbox.delivered.connect(deliveries.append)

    post_from_thread(mailbox, range(100))
    qtbot.waitUntil(lambda: bool(deliveries))

    assert deliveries == [list(range(100))]


def test_a_second_delivery_keeps_its_distance_unless_urgent(qtbot):
    mailbox = Mailbox(interval_ms=60_000)
    deliveries = []
    mailbox.delivered.connect(deliveries.append)
    mailbox.post("first")
    qtbot.waitUntil(lambda: deliveries == [["first"]])

    mailbox.post("patient")
    mailbox.post("urgent", urgent=True)
    qtbot.waitUntil(lambda: len(deliveries) == 2)

    assert deliveries[1] == ["patient", "urgent"]


def test_nothing_is_delivered_twice(qtbot, mailbox):
    deliveries = []
    mailbox.delivered.connect(deliveries.append)
    mailbox.post(1, urgent=True)
    mailbox.post(2, urgent=True)

    mailbox.empty()
    with qtbot.waitSignal(mailbox.delivered):
        mailbox.post(3, urgent=True)

    assert deliveries == [[1, 2], [3]]
