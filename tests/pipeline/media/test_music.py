"""Music that is ours: a form, chords that hang together, an ending, and the same again for the same film."""

import itertools

import numpy as np
import pytest

from pipeline.media import composition, music
from pipeline.media.composition import MOODS, Note, compose

DRUMS = {"shaker", "kick", "block", "brush"}


@pytest.mark.parametrize("mood", sorted(MOODS))
def test_the_same_seed_plays_the_same_and_another_seed_another_tune(mood: str) -> None:
    first, again, other = (music.make_bed(mood=mood, seed=seed, seconds=20) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.parametrize("mood", sorted(MOODS))
@pytest.mark.parametrize("seconds", [45.0, 61.3, 72.2, 90.0])
def test_the_last_chord_begins_where_it_can_ring_out(mood: str, seconds: float) -> None:
    tune = compose(mood, seed=5, seconds=seconds)
    ends = tune.bars * 240 / tune.tempo
    assert seconds - ends == pytest.approx(composition.RING, abs=0.05)
    assert tune.tempo == pytest.approx(MOODS[mood].tempo, rel=0.065)
    assert max(note.start for note in tune.notes) < seconds - 1.5


def test_the_form_has_an_entrance_two_themes_and_a_thinning_out() -> None:
    tune = compose("curious", seed=1, seconds=62)
    form = "".join(tune.sections)
    assert form.startswith("iiaaaaaaaabbbb")
    assert form.endswith("oo")
    bar = 240 / tune.tempo

    def notes_in(letter: str) -> float:
        bars = [number for number, section in enumerate(tune.sections) if section == letter]
        inside = [note for note in tune.notes if int(note.start / bar) in bars]
        return len(inside) / len(bars)

    assert notes_in("i") < notes_in("a")
    assert notes_in("o") < notes_in("b")


def test_no_eight_seconds_repeat_themselves() -> None:
    """A loop would: here every stretch of four bars differs from every other."""
    tune = compose("bright", seed=3, seconds=70)
    bar = 240 / tune.tempo
    stretches = set()
    for first in range(0, tune.bars - 4, 4):
        inside = [
            note
            for note in tune.notes
            if first * bar <= note.start < (first + 4) * bar and note.kind not in DRUMS
        ]
        stretches.add(tuple((note.kind, note.pitch, round(note.loud, 4)) for note in inside))
    assert len(stretches) == len(range(0, tune.bars - 4, 4))


@pytest.mark.parametrize("mood", sorted(MOODS))
@pytest.mark.parametrize("seed", range(6))
def test_every_note_belongs_to_its_chord_or_its_scale(mood: str, seed: int) -> None:
    tune = compose(mood, seed=seed, seconds=60)
    look = MOODS[mood]
    bar = 240 / tune.tempo
    for number in range(tune.bars):
        inside = [note for note in tune.notes if int(note.start / bar + 1e-6) == number]
        chord = {note.pitch % 12 for note in inside if note.kind == "pad"}
        key = _key_of(tune.notes)
        allowed = chord | {(key + tone) % 12 for tone in look.scale}
        for note in inside:
            if note.kind not in DRUMS | {"pad", "bass"}:
                assert note.pitch % 12 in allowed


def _key_of(notes: tuple[Note, ...]) -> int:
    """The tonic: the bass of the last chord."""
    return max((note for note in notes if note.kind == "bass"), key=lambda note: note.start).pitch % 12


@pytest.mark.parametrize("mood", sorted(MOODS))
def test_voices_move_little_and_do_not_rub(mood: str) -> None:
    tune = compose(mood, seed=4, seconds=60)
    chords = [
        sorted(note.pitch for note in group)
        for _, group in itertools.groupby(
            (note for note in tune.notes if note.kind == "pad"), key=lambda note: note.start
        )
    ]
    rubs = sum(b - a == 1 for chord in chords for a, b in itertools.pairwise(chord))
    assert rubs <= len(chords) // 6
    moves = [abs(a - b) for one, two in itertools.pairwise(chords) for a, b in zip(one, two, strict=False)]
    assert np.mean(moves) <= 3.5
    assert all(48 <= pitch <= 80 for chord in chords for pitch in chord)


def test_the_older_the_audience_the_more_of_a_beat() -> None:
    counts = []
    for age_group in ("5-7", "8-10", "11-13", "14-17"):
        notes = compose("bright", seed=2, seconds=60, age_group=age_group).notes
        counts.append(sum(note.kind in DRUMS for note in notes))
    assert counts[0] == 0
    assert counts[0] < counts[1] < counts[2] <= counts[3]


def test_music_makes_room_while_the_viewer_thinks() -> None:
    notes = compose("bright", seed=2, seconds=60, quiet=[(20.0, 22.0)]).notes
    assert {note.kind for note in notes if 20.0 <= note.start < 22.0} <= {"pad"}
    assert any(note.kind != "pad" for note in notes if 18.0 <= note.start < 20.0)


@pytest.mark.parametrize("mood", sorted(MOODS))
def test_every_bed_is_as_loud_as_every_other_and_starts_and_ends_in_silence(mood: str) -> None:
    bed = music.make_bed(mood=mood, seed=9, seconds=30, age_group="11-13")
    assert bed.shape == (30 * 48_000, 2)
    assert np.abs(bed).max() <= music.CEILING + 0.001
    assert 20 * np.log10(np.sqrt((bed.astype(np.float64) ** 2).mean())) == pytest.approx(-24, abs=1.5)
    assert np.abs(bed[:10]).max() < 0.001
    assert np.abs(bed[-480:]).max() < 0.001


@pytest.mark.parametrize("mood", sorted(MOODS))
def test_the_bed_leaves_the_consonants_alone(mood: str) -> None:
    """What makes words clear lies above 2 kHz: there the bed is far softer than below."""
    bed = music.make_bed(mood=mood, seed=9, seconds=30, age_group="14-17").mean(axis=1)
    power = np.abs(np.fft.rfft(bed)) ** 2
    hertz = np.fft.rfftfreq(len(bed), 1 / 48_000)
    assert 10 * np.log10(power[(hertz > 2000) & (hertz < 6000)].sum() / power[hertz <= 2000].sum()) < -18


def test_a_very_short_film_has_music_too() -> None:
    bed = music.make_bed(mood="calm", seed=1, seconds=4)
    assert bed.shape == (4 * 48_000, 2)
    assert np.abs(bed).max() > 0.05


def test_an_unknown_mood_is_the_usual_one() -> None:
    assert compose("none such", seed=1, seconds=30) == compose(composition.USUAL, seed=1, seconds=30)
