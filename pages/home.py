"""Home: what one can do here, as pictures that lead to the lessons."""

import streamlit as st

from ui import routing
from ui.home import cards
from ui.i18n import _

routing.require()
st.title("genlab")
st.markdown(_("How does a network learn to **squeeze a picture into a few numbers**, and to draw it again from them?"))
cards()
st.caption(
    _("The pictures on this page were made with the networks that ship with genlab, from pictures that come along.")
)
