"""Lesson: Training lab. (Being written.)"""

from __future__ import annotations

import streamlit as st

from ui import routing
from ui.i18n import _

routing.require()
st.title(_("Training lab"))
