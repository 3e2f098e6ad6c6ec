"""Which rule fits what arrives."""

from __future__ import annotations

import pytest

from viewer.workspace.inbox_rules import (
    DEFAULT,
    Rule,
    Then,
    format_rules,
    needs_modality,
    parse_rules,
    rule_for,
)

KEEP_MR = Rule(modality="MR", then=Then.KEEP)
OPEN_CT1 = Rule(calling="CT1", then=Then.OPEN)
FORWARD = Rule(then=Then.FORWARD, peer="Archive")


@pytest.mark.parametrize(
    ("calling", "modality", "expected"),
    [
        pytest.param("CT1", "CT", OPEN_CT1, id="by-caller"),
        pytest.param("CT1", "MR", KEEP_MR, id="first-counts"),
        pytest.param("X", "MR", KEEP_MR, id="by-modality"),
        pytest.param("X", "CT", DEFAULT, id="none"),
        pytest.param("CT1 ", "CT", OPEN_CT1, id="padded"),
    ],
)
def test_the_first_rule_that_fits_counts(calling, modality, expected):
    assert rule_for([KEEP_MR, OPEN_CT1], calling, modality) == expected


@pytest.mark.parametrize(
    ("rules", "needed"),
    [
        pytest.param([], False, id="none"),
        pytest.param([OPEN_CT1], False, id="listed-anyway"),
        pytest.param([KEEP_MR], True, id="kept-by-modality"),
        pytest.param([Rule("OTHER", "MR", Then.KEEP)], False, id="other-caller"),
        pytest.param([Rule("CT1", "", Then.KEEP)], False, id="by-caller-alone"),
    ],
)
def test_when_listing_waits_for_the_modality(rules, needed):
    assert needs_modality(rules, "CT1") is needed


def test_rules_survive_the_setting():
    rules = (KEEP_MR, OPEN_CT1, FORWARD)

    assert parse_rules(format_rules(rules)) == rules


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '[{"then": "burn"}]', '[{"calling": 5, "then": "keep"}]', "[" * 9999]
)
def test_broken_rules_are_left_out(text):
    assert parse_rules(text) == ()
