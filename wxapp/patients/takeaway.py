"""The file that a person takes away: a page to read, the same for machines, and the own documents, in one ZIP.

It is written to the disk part by part: neither the whole data of several patients nor a document lies in memory.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from markupsafe import Markup, escape

from wxapp.core import clock
from wxapp.patients import export
from wxapp.patients.takeaway_words import STYLE, VALUES, WORDS

MOST_FILE_BYTES = 200 * 1024 * 1024
"""Documents beyond this are named on the page instead of being packed."""


def write(user_id: int, *, phone_index: str | None, hospital: str) -> IO[bytes]:
    """Return an open temporary file with the ZIP, at its beginning; closing it removes it.

    :param phone_index: only patients with this number in their record; see ``export.own_patients``
    """
    whole = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        with (
            zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive,
            tempfile.TemporaryFile("w+", encoding="utf-8") as page,
        ):
            _write_all(archive, page, user_id, phone_index, hospital)
            page.seek(0)
            with archive.open("index.html", "w") as target:
                while block := page.read(65_536):
                    target.write(block.encode())
        whole.seek(0)
    except BaseException:
        whole.close()
        raise
    return whole


def _write_all(archive: zipfile.ZipFile, page: IO[str], user_id: int, phone_index: str | None, hospital: str) -> None:
    now = clock.local(clock.now())
    page.write(_head(hospital, now))
    packed: list[tuple[str, export.OwnFile]] = []
    with archive.open("data.json", "w") as data:
        about = export.about_user(user_id)
        page.write(f"<h2>微信信息</h2>{_shown(about)}")
        data.write(b'{"exported_at": ' + _json(now.isoformat(timespec="seconds")))
        data.write(b', "wechat_user": ' + _json(about)[:-1])
        for part, _count in export.user_parts(user_id):
            own = part.collect(user_id)
            data.write(b", " + _json(part.name) + b": " + _json(own))
            page.write(_headed(part) + _shown(own))
        data.write(b'}, "patients": [')
        for number, one in enumerate(export.own_patients(user_id, phone_index=phone_index)):
            record = export.about_patient(one)
            data.write((b", " if number else b"") + _json(record)[:-1])
            page.write(f"<h2>就诊人 {escape(one.patient.name)}</h2>{_shown(record['record'])}")
            for each in export.parts():
                content = each.collect(one.patient.id)
                data.write(b", " + _json(each.name) + b": " + _json(content))
                page.write(_headed(each) + _shown(content))
                if each.files is not None:
                    packed += [(one.patient.record_no, file) for file in each.files(one.patient.id)]
            data.write(b"}")
        data.write(b"]}")
    page.write(_pack(archive, packed))
    page.write("</main></body></html>")


def _headed(part: export.Part | export.UserPart) -> Markup:
    note = Markup('<p class="note">用途：{}；保存期限：{}</p>').format(part.why, part.kept_for)
    return Markup("<h3>{}</h3>").format(part.label) + note


def _pack(archive: zipfile.ZipFile, files: list[tuple[str, export.OwnFile]]) -> str:
    """Pack the documents while there is room; return what the page says of them."""
    room, lines = MOST_FILE_BYTES, []
    for folder, file in files:
        name = f"files/{folder}/{file.name}"
        try:
            size = file.path.stat().st_size
        except OSError:
            lines.append(f"<li>{escape(file.name)}：文件暂时无法读取，请到院领取</li>")
            continue
        if size > room:
            lines.append(f"<li>{escape(file.name)}：总大小超出限制，请在公众号内单独下载</li>")
            continue
        room -= size
        archive.write(file.path, name, zipfile.ZIP_STORED)
        lines.append(f'<li><a href="{escape(name)}">{escape(file.name)}</a></li>')
    return f"<h2>文件</h2><ul>{''.join(lines)}</ul>" if lines else ""


# --- what people read ------------------------------------------------------------------------------------------------


def _head(hospital: str, now: datetime) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>我的个人信息</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body><main>'
        f"<h1>我的个人信息</h1><p>{escape(hospital)}　导出时间 {now:%Y-%m-%d %H:%M}</p>"
        '<p class="note">内含完整的个人信息，请妥善保管，不要转发。data.json 是同样的内容，供程序读取。</p>'
    )


def _shown(value: Any) -> Markup:
    return Markup("").join(_pieces(value))


def _pieces(value: Any) -> Iterator[Markup]:
    if isinstance(value, dict):
        plain = {key: one for key, one in value.items() if not isinstance(one, dict | list)}
        if plain:
            yield Markup("<table>")
            for key, one in plain.items():
                yield Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(WORDS.get(key, key), _text(one))
            yield Markup("</table>")
        for key, one in value.items():
            if isinstance(one, dict | list):
                yield Markup("<h4>{}</h4>").format(WORDS.get(key, key))
                yield from _pieces(one)
    elif not value:
        yield Markup('<p class="note">没有记录</p>')
    else:
        yield from _table(value)


def _table(rows: list[Any]) -> Iterator[Markup]:
    """Show a list as a table; lists inside its rows as tables in their cells."""
    if not all(isinstance(row, dict) for row in rows):
        yield Markup("<p>{}</p>").format("、".join(map(str, rows)))
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    heads = Markup("").join(Markup('<th scope="col">{}</th>').format(WORDS.get(name, name)) for name in names)
    yield Markup('<div class="wide"><table><tr>{}</tr>').format(heads)
    for row in rows:
        cells = (row.get(name) for name in names)
        yield Markup("<tr>")
        for one in cells:
            inner = (_shown(one) if one else "—") if isinstance(one, dict | list) else _text(one)
            yield Markup("<td>{}</td>").format(inner)
        yield Markup("</tr>")
    yield Markup("</table></div>")


def _text(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    text = str(value)
    if len(text) >= 16 and text[4:5] == "-" and text[10:11] == "T":  # a moment
        return text[:16].replace("T", " ")
    return VALUES.get(text, text)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
