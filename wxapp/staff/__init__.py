"""Staff: who works here, how they sign in, and what their roles allow.

A *member* has a user name and a password; a *role* is a set of permissions and may ask for a second factor (TOTP).
The first password is random, expires, and has to be changed before anything else. Whoever loses a role, is switched
off or gets a new password is signed out everywhere at once.

Nobody can give what he does not have: roles are given, and members changed, only by somebody whose own permissions
include theirs.
"""
