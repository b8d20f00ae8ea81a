"""A paper as a row of plain values.

`networks`: what each kind of network pair is told. `spec`: the other parts, the Recipe, and the rules of what does not
fit. `table`: the rows. `schedules`: which level a growing pair works at. `spelling`: rows as the first version wrote
them. A new paper is a row at the end of `table`.
"""
