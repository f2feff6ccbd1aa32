"""genlab: ``streamlit run app.py``. The router: sections and pages, the sidebar, warming up."""

import streamlit as st

from ui import routing, sidebar, warm
from ui.i18n import _

st.set_page_config(
    page_title="genlab",
    page_icon="ui/assets/icon.png",
    layout="wide",
    menu_items={"About": _("genlab shows how autoencoders, VAEs and GANs work. Everything runs on this machine.")},
)
routing.mark()

page = st.navigation(
    {
        "": [st.Page("pages/home.py", title=_("Home"), icon=":material/home:", url_path="home", default=True)],
        _("Autoencoders"): [
            st.Page(
                "pages/reconstruct.py", title=_("Rebuild a digit"), icon=":material/compress:", url_path="reconstruct"
            ),
            st.Page("pages/explore.py", title=_("Explore the code"), icon=":material/explore:", url_path="explore"),
            st.Page("pages/denoise.py", title=_("Denoise"), icon=":material/auto_fix_high:", url_path="denoise"),
            st.Page("pages/regularisers.py", title=_("Regularisers"), icon=":material/tune:", url_path="regularisers"),
            st.Page("pages/stack.py", title=_("Layer by layer"), icon=":material/layers:", url_path="stack"),
            st.Page("pages/letters.py", title=_("Letters"), icon=":material/match_case:", url_path="letters"),
            st.Page("pages/street.py", title=_("Street numbers"), icon=":material/signpost:", url_path="street"),
        ],
        _("Variational autoencoders"): [
            st.Page("pages/vae.py", title=_("Inside the VAE"), icon=":material/casino:", url_path="vae"),
            st.Page(
                "pages/interpolate.py", title=_("Walk between digits"), icon=":material/route:", url_path="interpolate"
            ),
            st.Page(
                "pages/random_codes.py", title=_("Random codes"), icon=":material/shuffle:", url_path="random_codes"
            ),
            st.Page(
                "pages/arithmetic.py", title=_("Bolder, more slanted"), icon=":material/add:", url_path="arithmetic"
            ),
            st.Page(
                "pages/differences.py",
                title=_("Autoencoder and VAE"),
                icon=":material/compare:",
                url_path="differences",
            ),
            st.Page("pages/maps.py", title=_("Latent maps"), icon=":material/scatter_plot:", url_path="maps"),
        ],
        _("Generative adversarial networks"): [
            st.Page("pages/gan.py", title=_("Sample a GAN"), icon=":material/grid_view:", url_path="gan"),
            st.Page("pages/points.py", title=_("How a GAN learns"), icon=":material/bubble_chart:", url_path="points"),
            st.Page("pages/densities.py", title=_("Densities"), icon=":material/bar_chart:", url_path="densities"),
        ],
        _("Train"): [
            st.Page("pages/lab.py", title=_("Training lab"), icon=":material/science:", url_path="lab"),
        ],
        _("This machine"): [
            st.Page("pages/networks.py", title=_("The networks"), icon=":material/account_tree:", url_path="networks"),
            st.Page("pages/data.py", title=_("Data sets"), icon=":material/database:", url_path="data"),
        ],
    },
    expanded=True,
)
sidebar.draw()
try:
    page.run()
finally:  # also when the page asks for another run
    warm.start()
    warm.settle()
