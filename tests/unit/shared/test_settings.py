"""Settings from the environment."""

import pytest
from pydantic import ValidationError

from shared.settings import ServiceSettings

SECRETS = {"DIJOUS_SECRET": "s" * 32, "DIJOUS_STAFF_TOKEN": "t" * 16}


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> ServiceSettings:
    for name, value in {**SECRETS, **environment}.items():
        monkeypatch.setenv(name, value)
    return ServiceSettings()  # type: ignore[call-arg]  # the environment has the rest


def test_only_the_two_secrets_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)

    assert settings.store_url == "sqlite:///./var"
    assert settings.secret.get_secret_value() == "s" * 32


def test_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, DIJOUS_NATS_URL="nats://broker:4222").nats_url == "nats://broker:4222"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)

    assert "sss" not in repr(settings)
    assert "ttt" not in str(settings)


def test_settings_do_not_change_while_a_service_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError):
        read(monkeypatch).nats_url = "nats://elsewhere"  # type: ignore[misc]  # frozen: that is what is tried


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIJOUS_SECRET", "too-short-a-secret"),
        ("DIJOUS_STAFF_TOKEN", "short-token"),
        ("DIJOUS_PUBLIC_URL", "dijous.example"),
        ("DIJOUS_PUBLIC_URL", "https://"),
        ("DIJOUS_INVENTORY_SECONDS", "0"),
        ("DIJOUS_MONGO_DRIVER", "another"),
        ("DIJOUS_LOG_FORMAT", "xml"),
    ],
)
def test_a_broken_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(monkeypatch, **{name: value})

    assert name.removeprefix("DIJOUS_").lower() in str(refused.value)
    assert "short" not in str(refused.value).replace("too_short", "").replace("string_too_short", "")
