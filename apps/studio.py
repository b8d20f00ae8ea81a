"""The application: its pages, in one navigation."""

import streamlit as st
from PIL import Image

from medgan_fashion.studio.launch import THEME

# an icon of our own: Streamlit would fetch a named one from the net
ICON = Image.new("RGB", (32, 32), THEME["primaryColor"])
st.set_page_config(page_title="medgan_fashion studio", page_icon=ICON, layout="wide")
st.html("<style>[data-testid=stMainBlockContainer]{padding-top:4.5rem;padding-bottom:4rem}</style>")
st.navigation(
    [
        st.Page("for_you.py", title="For you", icon=":material/favorite:", default=True),
        st.Page("make_it_mine.py", title="Make it mine", icon=":material/checkroom:"),
        st.Page("explore.py", title="Explore", icon=":material/travel_explore:"),
        st.Page("reader_study.py", title="Reader study", icon=":material/visibility:"),
        st.Page("ablation.py", title="Ablation", icon=":material/balance:"),
        st.Page("generate.py", title="Generate", icon=":material/grid_view:"),
    ],
    position="top",
).run()
