"""What comes in when: the moments that sounds may mark."""

from PIL import Image

from pipeline.media import lettering, palettes
from pipeline.media.canvas import Stamp
from pipeline.media.layers import CountUp, Layer, Motion, Piece
from pipeline.media.reveals import Reveal, find_reveals


def piece(start: float, motion: Motion = "pop") -> Piece:
    return Piece(Stamp(Image.new("RGBA", (8, 8), "white")), 100, 100, start, motion)


def figure(start: float) -> CountUp:
    fitted = lettering.fit(
        "100", name=lettering.HEADLINE, width=900, height=300, largest=200, smallest=100, lines=1, leading=1.1
    )
    return CountUp("100", palette=palettes.OCEAN, fitted=fitted, x=540, y=900, start=start)


def test_what_pops_in_after_the_entrance_is_a_reveal() -> None:
    layers: list[Layer] = [piece(0.2), piece(3.0), piece(1.5), piece(2.0, "rise")]
    assert find_reveals(layers) == [Reveal(1.5, "pop"), Reveal(3.0, "pop")]


def test_what_comes_together_is_one_reveal_and_a_number_stands_for_all() -> None:
    assert find_reveals([piece(2.0), piece(2.1), figure(2.2)]) == [Reveal(2.2, "number")]


def test_a_number_counts_from_the_start_of_the_scene_on() -> None:
    assert find_reveals([figure(0.5)]) == [Reveal(0.5, "number")]
