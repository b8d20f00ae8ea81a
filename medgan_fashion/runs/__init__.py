"""Run folders: stages that are computed once, by whichever process claims them."""
