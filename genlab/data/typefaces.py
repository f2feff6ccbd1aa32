"""The fonts that come with genlab: letters to type, and the digits of the rendered house numbers.

All are free (the SIL Open Font License, one the Apache License) and unchanged; ``fonts/LICENSES.md`` names their
authors and where each file comes from. Each has A–Z, a–z, 0–9 and the accents of Portuguese.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genlab.errors import DataFileError
from genlab.text import N_

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FOLDER = Path(__file__).parent / "fonts"


@dataclass(frozen=True)
class Font:
    """One font.

    Attributes:
        name: what its maker calls it.
        title: the name, and what kind of letters it has.
        file: its file in ``genlab/data/fonts``.
    """

    name: str
    title: str
    file: str

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return FOLDER / self.file

    def open(self, size: int) -> FreeTypeFont:
        """The font at a size in pixels, for the caller alone.

        Raises:
            DataFileError: the file is missing or broken.
        """
        from PIL import ImageFont

        try:
            return ImageFont.truetype(self.path, size, layout_engine=ImageFont.Layout.BASIC)
        except OSError as error:
            raise DataFileError("The font {path} cannot be read. Install genlab again.", path=str(self.path)) from error


FONTS: dict[str, Font] = {  # the street digits are drawn from all of them, in this order
    "karla": Font("Karla", N_("Karla: without serifs"), "Karla-Bold.otf"),
    "spartan": Font("League Spartan", N_("League Spartan: heavy, geometric"), "LeagueSpartan-Black.otf"),
    "bebas": Font("Bebas Neue", N_("Bebas Neue: narrow capitals"), "BebasNeue-Bold.otf"),
    "kaffeesatz": Font("Yanone Kaffeesatz", N_("Yanone Kaffeesatz: narrow, light"), "YanoneKaffeesatz-Light.otf"),
    "quattrocento": Font("Quattrocento", N_("Quattrocento: serifs"), "Quattrocento-Regular.otf"),
    "arapey": Font("Arapey", N_("Arapey: fat and hairline"), "Arapey-Black-Display.otf"),
    "slab": Font("Roboto Slab", N_("Roboto Slab: square serifs"), "RobotoSlab-Bold.otf"),
    "courier": Font("Courier Prime", N_("Courier Prime: typewriter"), "CourierPrime-Bold.otf"),
    "comic": Font("Comic Neue", N_("Comic Neue: handwritten"), "ComicNeue-Bold.otf"),
    "kaushan": Font("Kaushan Script", N_("Kaushan Script: brush"), "KaushanScript-Regular.otf"),
    "lobster": Font("Lobster Two", N_("Lobster Two: round script"), "LobsterTwo-Bold.otf"),
    "allerta": Font("Allerta", N_("Allerta: stencil"), "AllertaStencil.otf"),
}
