"""What every room stands on; knows nobody.

`files`: whole or absent. `plain`: frozen dataclasses to plain data and back, strictly. `sheets`: rows of a CSV or XLSX
as people save it. `groups`: what links join. Each is read alone.
"""
