"""Behind the pages Ablation and Reader study.

`study` and `segmentation`: a run on the page; `comparing`: two of them. `reading_cases` chooses images, `readings`
keeps every answer and says what was found.
"""
