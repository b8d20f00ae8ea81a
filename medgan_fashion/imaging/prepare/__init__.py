"""From a case table to an ImageSet.

`imageset` first: the contract. `canvases` reads the rows, `prepare` all of them, kept on disk; `intensity` maps to [0,
1]; `folds` by patient, `duplicates` where patients are unknown. `preview` to look at; `image_folder` for pictures
without a table.
"""
