"""What a step descends, as pure functions.

`objectives`: of raw logits, with two relativistic combinators. `penalties`: of a function images -> logits, and terms
on weights and features. `augment`: one transform for reals and fakes. A new one is a function and a line in the table
at the bottom of its file.
"""
