"""What is known of a case before its picture is opened.

`config`: how pictures become images, without torch. `table`: the case table, checked. `found`: pictures and regions as
a folder tells them. `quarantine`: the one list that names unusable files. `pseudonyms`: keyed hashes of patients.
"""
