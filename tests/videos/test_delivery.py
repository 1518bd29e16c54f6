"""Signed addresses: of one film, for some minutes, and of nobody in particular."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from videos.delivery import playback, thumbnail_url
from videos.tokens import AddressRefused, check_token, expiry_of, sign_folder

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VECTOR = "4b126db7.1800000000.S3AZTWlKOLO9WmSaGAunw-u0sO2DwlISlgUiwaiXTEE"


@dataclass(frozen=True)
class Film:
    film_key: str = "0123456789abcdef0123456789abcdef"
    stream_uid: str = ""


def token_at(now: datetime, film: Film = Film()) -> str:
    return str(playback(film, now=now)["hls_url"]).split("/")[2]


def test_playback_has_the_fields_of_the_contract_and_one_folder_for_all_files() -> None:
    found = playback(Film(), now=NOW)
    assert list(found) == [
        "hls_url",
        "fallback_hls_url",
        "renditions",
        "captions_url",
        "poster_url",
        "cdn",
        "expires_at",
    ]
    assert list(found["renditions"]) == ["1080p", "720p", "480p"]
    addresses = [found["hls_url"], *found["renditions"].values(), found["captions_url"], found["poster_url"]]
    folders = {address.rpartition("/")[0] for address in [*addresses, thumbnail_url(Film(), NOW)]}
    assert folders == {f"/media/{token_at(NOW)}/{Film().film_key}"}
    names = [address.rpartition("/")[2] for address in addresses]
    assert names == ["master.m3u8", "film.mp4", "720.mp4", "480.mp4", "captions.vtt", "poster.jpg"]


def test_an_address_lives_eight_to_ten_minutes() -> None:
    for second in range(0, 240, 7):
        now = NOW + timedelta(seconds=second)
        expires = datetime.fromisoformat(playback(Film(), now=now)["expires_at"])
        assert timedelta(minutes=8) < expires - now <= timedelta(minutes=10)


def test_addresses_of_two_minutes_are_equal_so_that_answers_can_be_tagged() -> None:
    seen = {json.dumps(playback(Film(), now=NOW + timedelta(seconds=second))) for second in range(240)}
    assert len(seen) in {2, 3}


def test_films_do_not_expire_all_in_the_same_second() -> None:
    assert len({expiry_of(f"film-{number}", NOW) for number in range(50)}) > 20


def test_a_token_is_good_until_its_end_and_not_a_second_longer() -> None:
    expiry = expiry_of(Film.film_key, NOW)
    token = sign_folder(Film.film_key, expiry)
    end = datetime.fromtimestamp(expiry, UTC)
    assert check_token(token, Film.film_key, now=end - timedelta(seconds=1)) == 1
    with pytest.raises(AddressRefused):
        check_token(token, Film.film_key, now=end)


def test_another_films_folder_a_longer_life_and_a_changed_signature_are_refused() -> None:
    key_id, expiry, mac = token_at(NOW).split(".")
    forged = [
        f"{key_id}.{int(expiry) + 1}.{mac}",
        f"{key_id}.0{expiry}.{mac}x",
        f"{key_id}.{expiry}.{mac[:-1]}{'A' if mac[-1] != 'A' else 'B'}",
        f"{key_id}.{expiry}.",
        f"{key_id}.{expiry}",
        f"00000000.{expiry}.{mac}",
        f"{key_id}.-1.{mac}",
        f"{key_id}.٣.{mac}",
        f"{key_id}.{'9' * 5000}.{mac}",
        "",
        ".",
        "..",
        "é.é.é",
    ]
    for token in forged:
        with pytest.raises(AddressRefused):
            check_token(token, Film.film_key, now=NOW)
    with pytest.raises(AddressRefused):
        check_token(f"{key_id}.{expiry}.{mac}", "f" * 32, now=NOW)


def test_the_former_key_is_believed_during_a_rotation_only(settings: Settings) -> None:
    token = token_at(NOW)
    former, settings.MEDIA_SIGNING_KEY = (
        settings.MEDIA_SIGNING_KEY,
        "another-key-of-at-least-32-bytes-00000000",
    )
    with pytest.raises(AddressRefused):
        check_token(token, Film.film_key, now=NOW)
    settings.MEDIA_SIGNING_KEY_FORMER = former
    assert check_token(token, Film.film_key, now=NOW) > 0
    assert token_at(NOW).split(".")[0] != token.split(".")[0]


def test_a_fixed_token_for_other_implementations_of_the_check(settings: Settings) -> None:
    """A vector for proxies and edge functions: base64url(HMAC-SHA256(key, "{expiry}\\n{film key}"))."""
    settings.MEDIA_SIGNING_KEY = "vector-key-0123456789abcdef0123456789"
    assert sign_folder(Film.film_key, 1_800_000_000) == VECTOR
