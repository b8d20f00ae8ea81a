"""Reading a page of the garments' report as a reader sees it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path


class Page(HTMLParser):
    """Text, pictures, anchors and what is loaded."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.html = path.read_text(encoding="utf-8")
        self.loads: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.said: list[str] = []
        self._silent = False
        end = self.html.index("</script>")  # of plotly, which is long and first
        self.feed(self.html[: self.html.index("<script>")] + self.html[end:])
        self.text = " ".join(" ".join(self.said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag in ("script", "style")
        self.loads += [v or "" for k, v in attrs if k in ("src", "href", "srcset", "poster", "data")]
        self.ids += [v or "" for k, v in attrs if k == "id"]
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)
