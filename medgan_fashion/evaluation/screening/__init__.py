"""May a drawn image be used, and what does it give away?

`thresholds`: all of them and the words, without torch. `neighbours` and `copies` look for training images, `artefacts`
for broken ones; `gate` decides with both. `privacy` screens a generator, with membership inference.
"""
