"""Settings from the environment."""

import pytest
from pydantic import ValidationError

from deploy.settings import BrokenSettingError, explained_settings
from shared.settings import ServiceSettings

PUBLIC_URL_IN_ASCII = "must be in ASCII: a host with accents as xn--…, a path percent-encoded"
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
        ("DIJOUS_PUBLIC_URL", "https://dijous.example/?short"),
        ("DIJOUS_PUBLIC_URL", "https://dijous.example/#short"),
        ("DIJOUS_PUBLIC_URL", "https://dijous.example\n"),
        ("DIJOUS_STAFF_TOKEN", "é" * 20),
        ("DIJOUS_STAFF_TOKEN", "not short but with blanks"),
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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DIJOUS_NATS_URL", "broker", "must be an address such as nats://127.0.0.1:4222"),
        ("DIJOUS_PUBLIC_URL", "dijous", "must be an address such as https://dijous.example, without ? and #"),
        ("DIJOUS_PUBLIC_URL", "https://municipalità.example", PUBLIC_URL_IN_ASCII),
        ("DIJOUS_PUBLIC_URL", "https://dijous.example/sessió", PUBLIC_URL_IN_ASCII),
        ("DIJOUS_MAIL_FROM", "Oficina <o@dijous.example>", "must be a bare address such as oficina@dijous.example"),
        ("DIJOUS_MESSAGE_ID_DOMAIN", "Dijous", "must be a domain in small letters, such as dijous.example"),
        ("DIJOUS_STAFF_TOKEN", "é" * 20, "may hold letters without accents, digits and - . _ ~ + / alone"),
    ],
)
def test_a_setting_of_another_shape_is_said_with_an_example(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    with pytest.raises(BrokenSettingError) as refused, explained_settings():
        read(monkeypatch, **{name: value})

    assert str(refused.value) == f"{name}: {said}"
