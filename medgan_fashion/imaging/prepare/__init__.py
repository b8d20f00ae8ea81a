"""From a case table to an ImageSet.

`imageset` first: the contract. `canvases` reads the rows, `prepare` all of them, kept on disk; `intensity` maps to [0,
1]; `near_copies` finds what shows one picture, `folds` are by patient. `preview` to look at; `image_folder` for
pictures without a table.
"""
