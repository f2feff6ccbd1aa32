"""Letters from bundled fonts in notMNIST's form, and the fonts themselves."""

from __future__ import annotations

import hashlib
import re
from itertools import combinations

import numpy as np
import pytest
import torch

from genlab import data
from genlab.data.typefaces import FOLDER
from genlab.data.typeset import FONTS, typeset
from genlab.errors import BlankPictureError, PictureError

LETTERS = "ABCDEFGHIJ"
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ÁÀÂÃÇÉÊÍÓÔÕÚÜáàâãçéêíóôõúü"


@pytest.mark.parametrize("font", FONTS)
def test_every_font_has_every_letter(font: str) -> None:
    drawn = torch.cat([typeset(character, font) for character in CHARACTERS])
    assert drawn.shape == (len(CHARACTERS), 1, 28, 28)
    assert drawn.dtype == torch.float32
    assert drawn.min() >= 0
    assert drawn.max() == 1
    if font != "bebas":  # whose small letters are capitals
        assert not torch.equal(typeset("g", font), typeset("G", font))
    capitals = drawn[[i for i, character in enumerate(CHARACTERS) if character.isupper()]]
    assert len(capitals.flatten(1).unique(dim=0)) == len(capitals)  # none is the picture of a missing letter


def test_the_fonts_differ() -> None:
    letters = {font: typeset("G", font) for font in FONTS}
    assert 8 <= len(letters) <= 12
    assert min((letters[a] - letters[b]).square().mean() for a, b in combinations(letters, 2)) > 0.005


@pytest.mark.parametrize("font", FONTS)
def test_letters_fill_the_frame_as_notmnists_do(font: str) -> None:
    ink = torch.cat([typeset(letter, font) for letter in LETTERS])[:, 0] > 0.1
    rows, columns = ink.any(2), ink.any(1)
    for reached in (rows[:, 0], rows[:, -1], columns[:, 0], columns[:, -1]):
        assert reached.float().mean() >= 0.9


def test_an_i_without_serifs_is_a_square_unless_it_keeps_its_proportions() -> None:
    assert typeset("I", "karla").mean() > 0.9
    narrow = typeset("I", "karla", stretch=False)[0, 0]
    columns = (narrow > 0.1).any(0).nonzero().flatten()
    assert len(columns) < 10
    assert abs(columns.float().mean() - 13.5) <= 1  # in the middle
    assert (narrow > 0.1).any(1).all()
    wide = typeset("-", "karla", stretch=False)[0, 0] > 0.1
    assert wide.any(0).all()
    assert wide.any(1).sum() < 14


def test_they_lie_among_notmnists_letters() -> None:
    """The nearest of 10,000 letters is the same letter for most; and brightness is alike."""
    if data.available()["notmnist"] is None:
        pytest.skip("notMNIST is not on this machine")
    known = data.load("notmnist", "test")
    pictures = data.to_float(known.images).flatten(1)
    drawn = torch.cat([typeset(letter, font) for font in FONTS for letter in LETTERS]).flatten(1)
    nearest = known.labels[torch.cdist(drawn, pictures).argmin(1)]
    assert (nearest == torch.arange(10).repeat(len(FONTS))).float().mean() > 0.85
    assert abs(drawn.mean() - pictures.mean()) < 0.1
    between = [((x > 0.1) & (x < 0.9)).float().mean() for x in (drawn, pictures)]  # soft edges, as many
    assert abs(between[0] - between[1]) < 0.05


def test_blanks_around_and_accents_in_two_pieces_do_not_count() -> None:
    assert torch.equal(typeset("  A\n", "slab"), typeset("A", "slab"))
    assert torch.equal(typeset("e\u0301"), typeset("é"))
    assert not torch.equal(typeset("e"), typeset("é"))


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u00a0"])
def test_nothing_typed_is_said_so(text: str) -> None:
    with pytest.raises(BlankPictureError, match=r"No character was typed\. Type one letter"):
        typeset(text)


@pytest.mark.parametrize(("text", "count"), [("AB", "2"), ("A B", "3"), ("x" * 5000, "5,000"), ("👩‍👧", "3")])
def test_more_than_one_character_is_said_so(text: str, count: str) -> None:
    with pytest.raises(PictureError, match=rf"^{count} characters were typed, .* Type one letter"):
        typeset(text)


@pytest.mark.parametrize("text", ["日", "\u200b", "\x00", "\ud800", "\U0010ffff", "🙂"])
@pytest.mark.parametrize("font", FONTS)
def test_a_character_that_the_font_lacks_is_said_so(text: str, font: str) -> None:
    with pytest.raises(PictureError, match=r"^The font .* does not have this character\. Type another one") as caught:
        typeset(text, font)
    assert FONTS[font].name in str(caught.value)


def test_another_font_is_refused() -> None:
    with pytest.raises(PictureError, match=r"There is no font “../x”\. Choose one of karla, "):
        typeset("A", "../x")


# ----------------------------------------------------------------------------------------------- the files


def test_the_files_are_small_and_all_used() -> None:
    files = {path.name: path.stat().st_size for path in FOLDER.glob("*.otf")}
    assert set(files) == {font.file for font in FONTS.values()}
    assert max(files.values()) <= 120_000
    assert sum(files.values()) <= 1_000_000


def test_every_font_has_its_licence_beside_it_and_is_unchanged() -> None:
    rows = re.findall(
        r"^\| `(.+?)` \|.*\| ([\w.-]+) \| fonts-.* \| `(\w{16})` \|$", (FOLDER / "LICENSES.md").read_text("utf-8"), re.M
    )
    assert sorted(file for file, _, _ in rows) == sorted(font.file for font in FONTS.values())
    for file, licence, begins in rows:
        assert (FOLDER / f"{licence}.txt").stat().st_size > 4_000
        assert hashlib.sha256((FOLDER / file).read_bytes()).hexdigest().startswith(begins), file


def test_each_title_begins_with_the_name() -> None:
    assert all(font.title.startswith(f"{font.name}: ") for font in FONTS.values())
    assert np.unique([font.title for font in FONTS.values()]).size == len(FONTS)
