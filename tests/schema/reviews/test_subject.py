"""A subject has one hash: whatever a person would see as another subject has another one."""

import pytest

from schema.reviews.subject import Artifact, Subject, video_subject

VIDEO = Artifact(role="video", key="content/x/cuts/r1-0123.mp4", sha256="a" * 64)
TALL = Artifact(role="video:9x16", key="content/x/cuts/tall.mp4", sha256="b" * 64)
SHOWN = Subject(gate="video", artifacts=(VIDEO, TALL), text="Blue takes its time. \u00e9")


def test_the_hash_of_one_subject_is_pinned() -> None:
    """It stands in databases: a change of its form would make every approval void."""
    assert SHOWN.content_sha256 == "031b0aa09de40a1206035caa97449a3edcc6aec5d49c2c1d2bee18d5317706da"


def test_the_order_in_which_files_are_named_means_nothing() -> None:
    assert SHOWN.model_copy(update={"artifacts": (TALL, VIDEO)}).content_sha256 == SHOWN.content_sha256


OTHERS = {
    "another gate": Subject(gate="caption", artifacts=(VIDEO, TALL), text=SHOWN.text),
    "another text": SHOWN.with_text("Blue takes its time."),
    "a file less": Subject(artifacts=(VIDEO,), text=SHOWN.text),
    "another key": Subject(artifacts=(VIDEO.model_copy(update={"key": "else.mp4"}), TALL), text=SHOWN.text),
    "other bytes": Subject(artifacts=(VIDEO.model_copy(update={"sha256": "c" * 64}), TALL), text=SHOWN.text),
    "roles exchanged": Subject(
        artifacts=(
            VIDEO.model_copy(update={"role": TALL.role}),
            TALL.model_copy(update={"role": VIDEO.role}),
        ),
        text=SHOWN.text,
    ),
    "one character moved from the text to the role": Subject(
        artifacts=(VIDEO, TALL.model_copy(update={"role": "video:9x16B"})), text=SHOWN.text[1:]
    ),
    "one character moved from the role to the key": Subject(
        artifacts=(VIDEO, TALL.model_copy(update={"role": "video:9x1", "key": "6" + TALL.key})),
        text=SHOWN.text,
    ),
    "one character moved from the gate to the text": Subject(
        gate="vide", artifacts=(VIDEO, TALL), text="o" + SHOWN.text
    ),
    "a file that is told in the text": Subject(
        artifacts=(VIDEO,), text=f'["{TALL.role}","{TALL.key}","{TALL.sha256}"]],"{SHOWN.text}'
    ),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_subject_has_another_hash(other: Subject) -> None:
    assert other.content_sha256 != SHOWN.content_sha256


def test_no_two_of_them_share_a_hash() -> None:
    assert len({other.content_sha256 for other in OTHERS.values()}) == len(OTHERS)


def test_a_later_versions_fields_change_no_hash() -> None:
    told = SHOWN.model_dump()
    told["artifacts"][0]["duration"] = 15
    assert Subject.model_validate(told | {"language": "en"}).content_sha256 == SHOWN.content_sha256


def test_a_text_that_cannot_be_encoded_has_a_hash_all_the_same() -> None:
    assert SHOWN.with_text("\ud83d").content_sha256 != SHOWN.with_text("\ud83e").content_sha256


def test_the_one_file_of_a_role_is_found_and_two_are_not_guessed_between() -> None:
    shown = video_subject(VIDEO.key, VIDEO.sha256, "Blue.")
    assert (shown.gate, shown.artifact("video"), shown.find("voice")) == ("video", VIDEO, None)
    with pytest.raises(LookupError, match="nothing on show at the gate 'video' is the 'voice'"):
        shown.artifact("voice")
    with pytest.raises(LookupError, match="2 artifacts"):
        Subject(artifacts=(VIDEO, VIDEO)).artifact("video")
