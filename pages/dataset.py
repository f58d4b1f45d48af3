"""Know what the models learned from: what is in the data, who, the films themselves, and what is wrong with them."""

import streamlit as st

from cxr_core.datasets.counts import count
from cxr_core.ui import frame
from cxr_core.ui.dataset import header, link, source
from cxr_core.ui.selection import chosen_films, keep_address

frame.require()


def show() -> None:
    """The page. It returns and never stops: what a fragment is asked while the page is drawn would be dropped."""
    address = st.query_params.to_dict()
    link.note(address)
    with st.sidebar:
        chosen = st.container()
        filters = st.container()
        below = st.container(key="data_below")
    with chosen:
        name = source.choose_name(address)
    with below:
        source.offer_again(name)
    with st.container(key="dataset_head"):
        above = st.container()
    data = source.open_data(name)
    if data is None:
        with above:
            header.title([])
        keep_address(address | source.address_of(name))
        return
    with filters:
        asked = chosen_films(data.summary, data.key, address)
    whole = source.all_counts(data.key, data.summary)
    summary = source.summary_of(data, asked)
    selected = count(summary, asked.kinds(summary))
    with above:
        view = header.head(data, address, asked, selected, whole)
    keep_address(link.address_of(data, asked) | source.address_of(name) | header.address_of(view))
    if not selected.films:
        st.info("No film is of this kind. Take a filter back on the left, or select all films.")
        return
    header.show(view, data, asked, selected, whole)


with frame.problems_shown():
    show()
