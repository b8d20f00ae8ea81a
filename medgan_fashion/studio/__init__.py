"""What the pages of the application stand on.

`settings` and `store` (the database) are the ground; `runs` what is shown; `widgets` and `waiting` what all pages
share; `garments`, `medical` and `generate` a group of pages each; `work` the background. The pages themselves are
apps/. A new page is a script there and a file here.
"""
