"""
Words for where a letter stands.
"""

from __future__ import annotations

from gateway.core.delivery import State
from gateway.core.stages import STAGE_OF, STAGE_WORDS, Stage


def test_every_state_of_a_delivery_has_words() -> None:
    assert set(STAGE_OF) == set(State)
    assert set(STAGE_WORDS) == set(Stage)


def test_axis_never_says_what_only_a_clerk_may_say() -> None:
    """«Từ chối tiếp nhận» is a clerk's word, «chuyển giao» means inside an agency."""
    words = " ".join(stage.vi for stage in Stage)
    assert "từ chối" not in words
    assert "chuyển giao" not in words
    assert Stage.RETURNED.vi == "Trục trả lại bên gửi"


def test_final_stages_are_those_of_final_states() -> None:
    """TAKEN is the end of one link only: for the recipient the letter is still on its way."""
    final = {STAGE_OF[state] for state in State if state.is_final and state is not State.TAKEN}
    assert {stage for stage in Stage if stage.is_final} == final
