"""wxapp: one backend for a hospital's WeChat official account, its mini-programs and its staff."""
