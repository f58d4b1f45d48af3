"""Parts of a page in Streamlit's own tester, which has no words of its own for them."""

from __future__ import annotations

from html import unescape

from streamlit.testing.v1 import AppTest


def html(page: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in page.get("html"))


def plain(page: AppTest) -> str:
    """The same with `&amp;` and its like as the letters that a reader sees."""
    return unescape(html(page))


def charts(page: AppTest) -> list[str]:
    return [chart.key for chart in page.get("plotly_chart")]


def spec(page: AppTest, chart: str) -> str:
    """A figure as Plotly gets it, in JSON."""
    return next(one for one in page.get("plotly_chart") if one.key == chart).proto.spec


def segment(page: AppTest, key: str):
    """A control of which one segment is pressed."""
    return next(one for one in page.get("button_group") if one.key == key)
