"""The cards of the first page: a picture each, which leads to a lesson in a certain state.

The pictures are files, so that this page needs no torch; ``python -m tools.home_pictures`` makes them with the
shipped networks from the bundled digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui.i18n import N_, _

ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True, kw_only=True)
class Card:
    """A picture, a few words, and where they lead.

    Attributes:
        picture: file in ``ui/assets``.
        title, text: English, translated when drawn.
        page: file of the lesson.
        state: the lesson's address parameters.
    """

    picture: str
    title: str
    text: str
    page: str
    state: dict[str, str]


RECONSTRUCT, EXPLORE, DENOISE = "pages/reconstruct.py", "pages/explore.py", "pages/denoise.py"

AUTOENCODERS = (
    Card(
        picture="sizes.png",
        title=N_("Squeeze a digit"),
        text=N_("From 784 pixels to 2 numbers, or 128, and back."),
        page=RECONSTRUCT,
        state={"view": "sizes", "k": "8"},
    ),
    Card(
        picture="two.png",
        title=N_("Only two numbers"),
        text=N_("How much of a digit fits into two numbers? Above the digits, below what came back."),
        page=RECONSTRUCT,
        state={"view": "sizes", "k": "2"},
    ),
    Card(
        picture="pca.png",
        title=N_("Autoencoder against PCA"),
        text=N_("Both from 8 numbers: above the network, below PCA, which can only add and stretch."),
        page=RECONSTRUCT,
        state={"view": "curve", "k": "8"},
    ),
    Card(
        picture="upload.png",
        title=N_("Your own digit"),
        text=N_("Draw one, or photograph it, and see what the network makes of it while you draw."),
        page=RECONSTRUCT,
        state={"source": "draw", "k": "8"},
    ),
    Card(
        picture="map.png",
        title=N_("A map of codes"),
        text=N_("Two numbers are a place. Move over the map and watch the digit change under your finger."),
        page=EXPLORE,
        state={"source": "test"},
    ),
    Card(
        picture="walk.png",
        title=N_("From one digit to another"),
        text=N_("Half-way between the codes of a 4 and a 9: is that a digit?"),
        page=EXPLORE,
        state={"source": "test", "to": "9"},
    ),
    Card(
        picture="random.png",
        title=N_("Random codes"),
        text=N_("Decode numbers that no picture has. Is it still a digit?"),
        page=RECONSTRUCT,
        state={"view": "random", "k": "16"},
    ),
    Card(
        picture="networks.png",
        title=N_("The recipe matters"),
        text=N_("The same layers, trained in two ways; and other shapes."),
        page=RECONSTRUCT,
        state={"view": "networks", "k": "8"},
    ),
    Card(
        picture="denoise.png",
        title=N_("Take the noise away"),
        text=N_("Above what a network reads, below what it answers. What does it invent?"),
        page=DENOISE,
        state={"view": "methods"},
    ),
    Card(
        picture="filters.png",
        title=N_("One switch each"),
        text=N_("Sparse, contractive, tied, overcomplete: what does a unit look for?"),
        page="pages/regularisers.py",
        state={"look": "filters"},
    ),
    Card(
        picture="layers.png",
        title=N_("Layer by layer"),
        text=N_("How the first deep networks learned: one pair of layers after the other."),
        page="pages/stack.py",
        state={"view": "watch"},
    ),
    Card(
        picture="letters.png",
        title=N_("What does a code need?"),
        text=N_("Letters through 49 numbers, 4, or one. Then take bits away."),
        page="pages/letters.py",
        state={"origin": "typed"},
    ),
    Card(
        picture="street.png",
        title=N_("Street numbers"),
        text=N_("Colour, clutter and noise: above noisy, below what is left of it."),
        page="pages/street.py",
        state={},
    ),
)

VARIATIONAL = (
    Card(
        picture="vae.png",
        title=N_("A cloud instead of a point"),
        text=N_("Mean, spread, a die: throw it and watch what the decoder draws."),
        page="pages/vae.py",
        state={"source": "test"},
    ),
    Card(
        picture="manifold.png",
        title=N_("All codes on one page"),
        text=N_("Two numbers, four hundred places: where do the ten digits live?"),
        page="pages/vae.py",
        state={"inside": "manifold"},
    ),
    Card(
        picture="between.png",
        title=N_("Walk between digits"),
        text=N_("From 4 to 9: above an autoencoder, below a VAE. Where is the hole?"),
        page="pages/interpolate.py",
        state={},
    ),
    Card(
        picture="dice.png",
        title=N_("New digits from dice"),
        text=N_("All eight are new: random codes of a density fitted to an autoencoder’s codes."),
        page="pages/random_codes.py",
        state={},
    ),
    Card(
        picture="slant.png",
        title=N_("Bolder, more slanted"),
        text=N_("Directions in the code that mean something: add one to your digit."),
        page="pages/arithmetic.py",
        state={},
    ),
    Card(
        picture="differences.png",
        title=N_("Autoencoder and VAE"),
        text=N_("Seven differences, each with an experiment. Here: the same random codes, above one, below the other."),
        page="pages/differences.py",
        state={},
    ),
    Card(
        picture="maps.png",
        title=N_("Latent maps"),
        text=N_("The same codes through PCA, t-SNE and UMAP. What may one read from a map?"),
        page="pages/maps.py",
        state={},
    ),
)
ADVERSARIAL = (
    Card(
        picture="gan.png",
        title=N_("New digits out of noise"),
        text=N_("None of the eight was ever written. Is one of them a copy? Can you tell them from real ones?"),
        page="pages/gan.py",
        state={},
    ),
    Card(
        picture="epochs.png",
        title=N_("How it got there"),
        text=N_("The same noise after more and more epochs: above a healthy training, below one that collapsed."),
        page="pages/gan.py",
        state={"show": "epochs"},
    ),
    Card(
        picture="points.png",
        title=N_("How a GAN learns"),
        text=N_("Eight clouds of points. Will the generator find them all? Step by step, in slow motion."),
        page="pages/points.py",
        state={},
    ),
    Card(
        picture="densities.png",
        title=N_("Densities"),
        text=N_("Fit a curve by hand; beside it, the hill that you climb."),
        page="pages/densities.py",
        state={},
    ),
    Card(
        picture="lab.png",
        title=N_("Training lab"),
        text=N_("Your settings, your training, live: the losses of a GAN’s two networks."),
        page="pages/lab.py",
        state={},
    ),
)
SECTIONS = (
    (N_("Autoencoders"), AUTOENCODERS),
    (N_("Variational autoencoders"), VARIATIONAL),
    (N_("Generative adversarial networks"), ADVERSARIAL),
)
CARDS = (*AUTOENCODERS, *VARIATIONAL, *ADVERSARIAL)


def cards() -> None:
    """Draw them, three to a row where there is room."""
    for title, some in SECTIONS:
        st.subheader(_(title))
        _row(some)


def _row(some: tuple[Card, ...]) -> None:
    row = st.container(horizontal=True, gap="medium")
    for card in some:
        with row.container(border=True, width=352, key=f"card_{Path(card.picture).stem}"):
            st.image(str(ASSETS / card.picture), width="stretch", alt=_(card.text))
            st.page_link(
                card.page, label=f"**{_(card.title)}**", icon=":material/arrow_forward:", query_params=card.state
            )
            st.markdown(_(card.text))
