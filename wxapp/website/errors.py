"""What the website says no with."""

from __future__ import annotations

from wxapp.core.errors import DomainError


class CategoryInUse(DomainError):
    code, status, message = "category_in_use", 409, "该分类下还有资讯，请先将其移到其他分类或删除"


class CategoryNameTaken(DomainError):
    code, status, message = "category_name_taken", 409, "已有同名分类"
