"""The patients' page shell (H5): layout, macros, tab bar, who is signed in, and the lists into which packages plug.

A *page* answers GET, an *action* answers POST; both are declared on a package's ``Pages`` and need a signed-in
WeChat user unless they say otherwise. A *panel* or *floor* is a piece of a page that another package renders.
Knows no feature and keeps no tables.
"""
