"""The window: page config and navigation. Every page opens through here."""

import streamlit as st

from cxr_core.ui import frame

frame.open()
pages = [
    st.Page("pages/read.py", title="Read", default=True),
    st.Page("pages/compare.py", title="Compare"),
    st.Page("pages/performance.py", title="Performance"),
    st.Page("pages/dataset.py", title="Dataset"),
    st.Page("pages/models.py", title="Models"),
]
chosen = st.navigation(pages)
frame.go_on(pages)
chosen.run()
