"""A rendered shop whose customers' taste is known in closed form.

`measurements` of any picture, `garments` and how they are drawn, `customers` with their tastes and purchases,
`catalogue`: the shop.
"""
