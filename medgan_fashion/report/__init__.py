"""The report of a run: reads results, computes nothing.

`write` is the call. `charts`, `numbers`, `pictures` and `summaries` are shared; `ablation`, `segmentation` and
`garments` are a page each; `cards` goes out in Markdown. Templates lie in templates/.
"""
