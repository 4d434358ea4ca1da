"""Staff pages: the systems that may send reports, and their keys."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app, url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import Keyed, once
from wxapp.admin.tables import Table
from wxapp.core import clock
from wxapp.core.config import Config
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.reports.admin.door import interface
from wxapp.reports.client_forms import ClientForm, RotateForm
from wxapp.reports.client_models import Client
from wxapp.reports.queries import senders
from wxapp.reports.services import clients
from wxapp.reports.services.clients import ClientDraft, NewKey

menu.entry("报告", "报告接口密钥", "reports_admin.client_list", Permission.REPORT_CLIENT, 80)

STATES = {True: Badge("在用", "green"), False: Badge("已停用", "grey")}
HELP = {"networks": "每行一个IP地址或网段，例如 192.168.10.0/24；留空则不限制"}

CLIENTS = Table(
    "reports.clients",
    title="报告接口密钥",
    columns=(
        Column("label", "名称", link=lambda row: url_for("reports_admin.client_page", client_id=row.id)),
        Column("ways", "接口"),
        Column("is_active", "状态", "badge", badges=STATES),
        Column("key_end", "密钥", value=lambda row: f"…{row.key_end}"),
        Column("last_used_at", "最近使用", "moment", below=lambda row: row.last_address),
        Column("taken", "已接收", "number"),
        Column("unchanged", "无变化", "number"),
        Column("refused", "未接收", "number"),
    ),
    empty="还没有接口。为每个检验、影像或体检系统各建一个",
    is_exportable=False,
)


@interface("reports.clients", GET="/pc/report-clients", permission=Permission.REPORT_CLIENT)
def client_list() -> Page:
    """All clients with what they sent in the last days."""
    return Page("reports/admin/clients.html", table=CLIENTS.load(senders.clients_for_staff), days=senders.COUNTED_DAYS)


@interface("reports.new_client", GET="/pc/report-clients/new", permission=Permission.REPORT_CLIENT)
def new_client() -> Page:
    """The form for a new client."""
    form = ShownForm(ClientForm, values={"takes_fhir": True}, help=HELP, kinds={"networks": "textarea"})
    return Page("reports/admin/client_new.html", form=form)


@interface("reports.client_add", POST="/pc/report-clients/new", permission=Permission.REPORT_CLIENT,
           audit="新建报告接口", form_page=new_client)  # fmt: skip
def add_client() -> Page:
    """Make a client; its key is shown once."""
    form, by = read_form(ClientForm), current_staff().actor
    made = _once("reports.add_client", form, lambda: clients.add_client(_draft(form), by=by))
    audit.about(f"report_client:{made.client_id}", form.label)
    return _shown_once(made, "接口已创建")


@interface("reports.client", GET="/pc/report-clients/<int:client_id>", permission=Permission.REPORT_CLIENT)
def client_page(client_id: int) -> Page:
    """One client: what it may do, its key, what it sent."""
    client = senders.get_client(client_id)
    values = {name: getattr(client, name) for name in ("label", "takes_fhir", "takes_hl7", "networks")}
    return Page(
        "reports/admin/client.html",
        client=senders.client_row(client),
        form=ShownForm(ClientForm, values=values, help=HELP, kinds={"networks": "textarea"}),
        rotation=ShownForm(RotateForm, help={"keep_hours": "留出时间给对方更换；填0则旧密钥立即失效"}),
        version=client.version,
        key_made_at=client.key_made_at,
        previous_until=_previous_until(client),
        created_by=client.created_by,
        days=senders.COUNTED_DAYS,
        state=STATES[client.is_active],
        _addresses=_addresses(client),
    )


@interface("reports.client_change", POST="/pc/report-clients/<int:client_id>", permission=Permission.REPORT_CLIENT,
           audit="修改报告接口", form_page=client_page)  # fmt: skip
def change_client(client_id: int) -> Done:
    """Change name, ways and addresses."""
    form = read_form(ClientForm)
    clients.change_client(client_id, _draft(form), version=form.version)
    return Done("已保存", location=url_for(".client_page", client_id=client_id))


@interface("reports.client_key", POST="/pc/report-clients/<int:client_id>/key", permission=Permission.REPORT_CLIENT,
           audit="更换报告接口密钥", form_page=client_page)  # fmt: skip
def rotate_key(client_id: int) -> Page:
    """Give a new key, shown once; the present one stays good for a while."""
    form = read_form(RotateForm)
    made = _once(
        "reports.rotate_key",
        form,
        lambda: clients.rotate_key(client_id, keep_hours=form.keep_hours),
        client=client_id,
    )
    return _shown_once(made, "密钥已更换")


@interface("reports.client_on", POST="/pc/report-clients/<int:client_id>/on", permission=Permission.REPORT_CLIENT,
           audit="启用报告接口", form_page=client_page)  # fmt: skip
def switch_client_on(client_id: int) -> Done:
    clients.switch_client(client_id, on=True)
    return Done("接口已启用", location=url_for(".client_page", client_id=client_id))


@interface("reports.client_off", POST="/pc/report-clients/<int:client_id>/off", permission=Permission.REPORT_CLIENT,
           audit="停用报告接口", form_page=client_page)  # fmt: skip
def switch_client_off(client_id: int) -> Done:
    clients.switch_client(client_id, on=False)
    return Done("接口已停用，对方的报文将不再接收", location=url_for(".client_page", client_id=client_id))


def _draft(form: ClientForm) -> ClientDraft:
    return ClientDraft(form.label, form.takes_fhir, form.takes_hl7, form.networks)


def _once(use_case: str, form: Keyed, work: Callable[[], NewKey], **subject: int) -> NewKey:
    """Make a key once for each form; a second press is shown the same one."""

    def make() -> str:
        made = work()
        return f"{made.client_id}:{made.key}"

    client_id, _, key = once(use_case, form, make, is_secret=True, **subject).partition(":")
    return NewKey(int(client_id), key)


def _shown_once(made: NewKey, heading: str) -> Page:
    client = senders.get_client(made.client_id)
    return Page(
        "reports/admin/client_key.html",
        heading=heading,
        label=client.label,
        client_id=client.id,
        key=made.key,
        previous_until=_previous_until(client),
        _addresses=_addresses(client),
    )


def _previous_until(client: Client) -> object:
    until = client.previous_until
    return until if until is not None and until > clock.now() else None


def _addresses(client: Client) -> list[tuple[str, str]]:
    """Return where this client sends to."""
    config: Config = current_app.config["WXAPP"]
    base = config.app.base_url
    found = []
    if client.takes_fhir:
        found += [("FHIR 单份报告", f"{base}/fhir/DiagnosticReport"), ("FHIR Bundle", f"{base}/fhir")]
    if client.takes_hl7:
        found.append(("HL7（HTTP）", f"{base}/hl7"))
        if config.mllp.enabled:
            found.append(("HL7（MLLP）", f"{config.mllp.host}:{config.mllp.port}"))
    return found
