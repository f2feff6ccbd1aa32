"""Lesson: Sample a GAN. (Being written.)"""

from __future__ import annotations

import streamlit as st

from ui import routing
from ui.i18n import _

routing.require()
st.title(_("Sample a GAN"))
