"""Names that say nothing about a child: suggested ones are harmless and free, typed ones are looked at."""

from __future__ import annotations

import random

import pytest

from students.personal_data import find_personal_data, words_of
from students.usernames import UsernameRefused, check_username, suggest_usernames
from tests.clients import make_student


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("emma@example.org", "personal-email"),
        ("emma.example.com", "personal-email"),
        ("0170 1234567", "personal-phone"),
        ("call-030-555-77-88", "personal-phone"),
        ("fox1234567", "personal-phone"),
        ("otter-2015-03-07", "personal-date"),
        ("07.03.2015", "personal-date"),
        ("emma2014", "personal-date"),
        ("Emma Stone", "personal-name"),
        ("emma-mueller", "personal-name"),
        ("LukasBrandt", "personal-name"),
        ("mueller_emma_7", "personal-name"),
        ("emma-m", "personal-name"),
        ("Zbigniew Kowalski", "personal-name"),
    ],
)
def test_a_name_that_could_say_who_somebody_is_is_refused(typed: str, code: str) -> None:
    with pytest.raises(UsernameRefused) as refused:
        check_username(typed)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    "typed", ["brave-otter-17", "emma", "emma-otter", "fox123456", "star_2031", "x99", "happy-luna-owl"]
)
def test_a_name_that_says_little_is_accepted(typed: str) -> None:
    assert check_username(typed) == typed


def test_case_and_spaces_around_make_no_other_name() -> None:
    assert check_username("  Brave-OTTER-17 ") == "brave-otter-17"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("ab", "username-length"),
        ("a" * 31, "username-length"),
        ("-otter", "username-characters"),
        ("otter!", "username-characters"),
        ("òtter", "username-characters"),
        ("brave otter", "username-characters"),
        ("me", "username-length"),
        ("admin", "username-reserved"),
    ],
)
def test_a_name_of_another_shape_is_refused_with_the_rule(typed: str, code: str) -> None:
    with pytest.raises(UsernameRefused) as refused:
        check_username(typed)
    assert refused.value.code == code


@pytest.mark.django_db
def test_six_suggestions_are_free_and_pass_our_own_rules() -> None:
    names = suggest_usernames(chance=random.Random(1))
    assert len(set(names)) == 6
    assert [check_username(name) for name in names] == names
    for name in names:
        make_student(username=name)
    again = suggest_usernames(chance=random.Random(1))
    assert len(set(again)) == 6
    assert not set(again) & set(names)


def test_every_pair_of_words_we_suggest_is_harmless() -> None:
    for adjective in words_of("adjectives"):
        assert find_personal_data(f"{adjective}-otter-42") is None
    for noun in words_of("nouns"):
        assert find_personal_data(f"brave-{noun}-42") is None
        assert len(f"{noun}-{max(words_of('adjectives'), key=len)}-42") <= 30
