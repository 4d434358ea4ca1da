"""The message centre (消息中心): what the hospital tells people, and how it reaches them.

A *message* tells one receiver one fact. A *delivery* carries it through one channel to one address; a *site
message* (站内信) is read on our own pages. The *catalogue* lists every message there is; a *template* is the
channel's own form of it, filled in by staff. A *dead letter* is a delivery that people have to look at.

``notify`` writes rows in the caller's transaction and sends nothing. The scheduler's process delivers.

A delivery is new, then sending (under a lease), then sent: accepted by the platform. A receipt makes it delivered.
Unreachable means that this person can't be reached this way now, and the next channel of the list is tried.
"""
