"""Files that staff upload while they work: pictures of patients, recordings. Health data, never public.

An *upload* is stored first, under a random name, and *attached* afterwards to what it belongs to (its *subject*, e.g.
``visit:12``) by the package of that subject. Until then only who uploaded it sees it; afterwards the subject's package
decides, by the function it registers here. Each look at one is logged: at a whole picture by this package, at the
small ones of a page by that page.
"""
