"""What an arm trains on.

`pools` first: equal totals in every arm but `real`. `classic`: augmentation that can be made again. `gate`: synthetic
images let in. `planted`: generators of known worth, for tests. A new arm begins in `pools` and in `study/materials`.
"""
