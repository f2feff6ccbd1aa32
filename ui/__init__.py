"""Streamlit code that pages share. It may import ``genlab``; nothing in ``genlab`` may import it."""
