"""The hospital's website (医院官网): home page, about the hospital, physicians.

The home page is made of *floors* (楼层), each rendered by the package that knows its subject. Everything here is
the same for everybody, may be kept by browsers and proxies for a minute, and names nobody who visits.
"""
