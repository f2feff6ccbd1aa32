"""genlab: ``streamlit run app.py``. The router: sections and pages, the sidebar, warming up."""

import streamlit as st

from ui import routing, sidebar, warm
from ui.i18n import _

st.set_page_config(
    page_title="genlab",
    page_icon="ui/assets/icon.png",
    layout="wide",
    menu_items={"About": _("genlab shows how autoencoders work. Everything runs on this machine.")},
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
        _("This machine"): [
            st.Page("pages/networks.py", title=_("The networks"), icon=":material/account_tree:", url_path="networks"),
            st.Page("pages/data.py", title=_("Data sets"), icon=":material/database:", url_path="data"),
        ],
    }
)
sidebar.draw()
try:
    page.run()
finally:  # also when the page asks for another run
    warm.start()
    warm.settle()
