"""SMS (短信) through Tencent Cloud: approved templates only, no free text.

A client only: no tables, no Flask. The fall-back where WeChat can't reach somebody, and the way codes are sent.
"""
