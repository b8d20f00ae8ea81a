"""One model without a study: what `train`, `generate`, `translate`, `privacy` and `evaluate-images` do.

`inputs` reads what they are given; `train`, with `growth_plan` for what growing costs here; then `generate` and
`privacy` on what came out.
"""
