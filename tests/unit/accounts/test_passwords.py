from __future__ import annotations

import pytest

from gateway.accounts import passwords
from gateway.core.errors import Rejected


def test_right_password_is_right_and_no_other() -> None:
    kept = passwords.hash_of("đường nối của trục")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_right("đường nối của trục", kept)
    assert not passwords.is_right("đường nối của Trục", kept)


def test_vietnamese_letters_are_the_same_on_every_keyboard() -> None:
    composed, decomposed = "m\u1eadt kh\u1ea9u", "ma\u0323\u0302t kha\u0302\u0309u"
    assert passwords.is_right(decomposed, passwords.hash_of(composed))


@pytest.mark.parametrize("kept", ["", "not a hash", "$argon2id$v=19$m=65536,t=3,p=4$x$y"])
def test_nothing_is_right_where_no_password_is_kept(kept: str) -> None:
    assert not passwords.is_right("", kept)
    assert not passwords.is_right("anything", kept)


@pytest.mark.parametrize("weak", ["short", "a" * 20, "ababababababab", "lan.nguyen-2026", "x" * 300])
def test_password_that_would_be_guessed_is_refused(weak: str) -> None:
    with pytest.raises(Rejected) as refused:
        passwords.check_strength(weak, "lan.nguyen")
    assert refused.value.code == "TRUC-461"


def test_password_that_is_given_out_is_strong_and_never_the_same() -> None:
    made = {passwords.new_password() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        passwords.check_strength(each, "lan")
