"""Ten colours for ten digits, the same on every page, in every figure and in both themes.

The set was found by simulated annealing in OKLab, starting from the ten colours of Petroff (2021), "Accessible
Color Sequences for Data Visualization", arXiv:2107.02270, which are as far apart as can be for every kind of
colour vision but fade on a projector's white. What was asked for, and what ``tests/test_palette.py`` measures:

- contrast (WCAG) of every colour at least 2.1 on the light ground and 2.7 on the dark one;
- distance of every pair (OKLab × 100) at least 14 for full colour vision and 10 for each of the three kinds of
  dichromacy as simulated by Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113.

Digits that models confuse (4 and 9, 3 and 5, 3 and 8, 7 and 9 …) were given colours far from each other. Colour
is still never the only sign: a map's legend and hover text name the digit.
"""

from __future__ import annotations

DIGIT_COLOURS: tuple[str, ...] = (
    "#0160a4",  # 0 blue
    "#da640a",  # 1 orange
    "#9d76b7",  # 2 mauve
    "#805405",  # 3 brown
    "#44c0ce",  # 4 cyan
    "#dc5cff",  # 5 orchid
    "#639973",  # 6 sage
    "#8706ed",  # 7 violet
    "#c1b23b",  # 8 mustard
    "#b20d6e",  # 9 raspberry
)
"""The colour of each digit, ``#rrggbb``; also the order in which any other categories are coloured."""
