"""Settings survive whatever a settings file holds."""

from __future__ import annotations

import pytest

from viewer import settings
from viewer.settings import CACHE_MB, HIDE_IDENTITY, WINDOW_DRAG_GAIN, MemoryBackend


@pytest.mark.parametrize("setting", settings.ALL, ids=lambda s: s.key)
def test_every_default_is_allowed_and_said_in_words(setting):
    assert setting.allows(setting.default)
    assert setting.label
    assert setting.read(MemoryBackend()) == setting.default


def test_keys_are_unique_and_every_setting_is_listed():
    declared = [v for v in vars(settings).values() if isinstance(v, settings.Setting)]

    assert len({s.key for s in settings.ALL}) == len(settings.ALL) == len(declared)


@pytest.mark.parametrize(
    ("setting", "stored", "read"),
    [
        pytest.param(CACHE_MB, "512", 512, id="text-number"),
        pytest.param(CACHE_MB, "many", 2048, id="broken-number"),
        pytest.param(CACHE_MB, 1, 2048, id="too-small"),
        pytest.param(CACHE_MB, True, 2048, id="truth-is-no-number"),
        pytest.param(CACHE_MB, [1], 2048, id="list"),
        pytest.param(HIDE_IDENTITY, "true", True, id="text-true"),
        pytest.param(HIDE_IDENTITY, "perhaps", False, id="broken-truth"),
        pytest.param(WINDOW_DRAG_GAIN, "0.5", 0.5, id="text-float"),
        pytest.param(WINDOW_DRAG_GAIN, "nan", 1.0, id="not-a-number"),
        pytest.param(settings.THEME, "pink", "dark", id="not-a-choice"),
    ],
)
def test_what_is_read(setting, stored, read):
    value = setting.read(MemoryBackend({setting.key: stored}))

    assert value == read
    assert type(value) is type(read)


def test_a_written_value_is_read_back_until_reset():
    backend = MemoryBackend()

    CACHE_MB.write(backend, 4096)

    assert CACHE_MB.read(backend) == 4096
    CACHE_MB.reset(backend)
    assert CACHE_MB.read(backend) == 2048


def test_a_refused_value_is_not_written():
    backend = MemoryBackend()

    with pytest.raises(ValueError, match="cache_mb"):
        CACHE_MB.write(backend, 1)

    assert backend.values == {}
