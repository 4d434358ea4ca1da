"""What staff may change about the shell itself."""

from __future__ import annotations

from wxapp.core.settings import Setting

TITLE = Setting("admin.title", "后台名称", "医院信息管理", group="后台", help="显示在后台左上角和登录页", max_length=20)
PRINT_FOOTER = Setting(
    "admin.print_footer", "打印页脚", "内部资料 注意保密", group="后台", help="印在每页底部", max_length=40
)
