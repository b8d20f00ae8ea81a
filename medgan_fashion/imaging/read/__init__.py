"""One file to stored values.

`picture`: what a reader returns, and the error without a file's name. `dicom`, then `readers` for any format. `roi`:
boxes, masks and what is cut around them. `planes`: where a slice lies in the patient. A new kind of DICOM begins in
`dicom`.
"""
