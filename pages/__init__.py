"""One lesson a file, drawn by ``st.navigation`` in app.py. No page imports another."""
