"""What two encodings of a data set must have in common."""

from __future__ import annotations

import pydicom
from pydicom.datadict import dictionary_has_tag, keyword_for_tag


def raw_values(
    dataset: pydicom.Dataset, without: set[str] | frozenset[str] = frozenset()
) -> dict[str, object]:
    """Every element's bytes, in sequences too; private sequences may have lost their VR."""
    values: dict[str, object] = {}
    for tag in dataset.keys():  # noqa: SIM118 - iterating over it converts
        if keyword_for_tag(tag) in without:
            continue
        if dictionary_has_tag(tag) and dataset[tag].VR == "SQ":
            values[str(tag)] = [raw_values(each, without) for each in dataset[tag].value]
        else:
            values[str(tag)] = dataset.get_item(tag).value or b""
    return values
