"""What this package does on hearing of a push, and how patients are reached by messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wxapp.core.events import on
from wxapp.messages import catalogue, receivers, taps
from wxapp.messages.entry import Channel, Entry
from wxapp.messages.events import OpenidRefused, PushReceived
from wxapp.messages.receivers import Address, Group, Receiver
from wxapp.patients import consents, queries, services
from wxapp.patients.consent_models import Purpose
from wxapp.patients.events import PatientUnbound
from wxapp.wechat import connected
from wxapp.wechat.pushes import Kind

NOT_FOLLOWING = "43004"


@on(PushReceived)
def keep_followers(event: PushReceived) -> None:
    """Somebody follows, leaves, or scans a code."""
    appid = connected.clients().appid
    if event.kind == Kind.SUBSCRIBE:
        services.follow(appid, event.openid, at=datetime.fromisoformat(event.created_at), scene=event.scene)
    elif event.kind == Kind.UNSUBSCRIBE:
        services.unfollow(appid, event.openid, at=datetime.fromisoformat(event.created_at))
    elif event.kind == Kind.SCAN and event.scene:
        services.note_scene(appid, event.openid, event.scene)


@on(OpenidRefused)
def stop_sending(event: OpenidRefused) -> None:
    """WeChat says that somebody does not follow, whatever we believed."""
    services.stop_sending(event.openid, is_gone=event.reason_code == NOT_FOLLOWING)


@on(PatientUnbound)
def stop_telling(event: PatientUnbound) -> None:
    """What waits, e.g. for the morning, is not for this user any more."""
    services.stop_telling(event.wechat_user_id, event.patient_id)


def addresses_of_patient(patient_id: int) -> Sequence[Address]:
    """Return how a patient is reached: by the followers who have the record bound, and by its phone."""
    reached = [Address(Channel.OA_TEMPLATE, openid) for openid in queries.openids_of(patient_id)]
    return [*reached, Address(Channel.SMS, queries.phone_of(patient_id))]


def addresses_of_user(user_id: int) -> Sequence[Address]:
    """Return how a WeChat user is reached who acts for himself, without a patient: while he follows."""
    openid = queries.openid_of_follower(user_id)
    return [Address(Channel.OA_TEMPLATE, openid)] if openid else []


def receivers_of_user(user: object) -> Sequence[Receiver]:
    """Return whose site messages a signed-in user reads: his own, and the current patient's."""
    user_id, patient_id = getattr(user, "id", None), getattr(user, "current_patient_id", None)
    mine = [Receiver("wechat_user", user_id)] if user_id is not None else []
    return [*mine, Receiver("patient", patient_id)] if patient_id is not None else mine


def some_bound_patients(after: int, limit: int) -> Sequence[Receiver]:
    found = queries.bound_patient_ids(after=after, limit=limit, without_users=consents.refusing(Purpose.MARKETING))
    return [Receiver("patient", patient_id) for patient_id in found]


def bound_patients_count() -> int:
    return queries.bound_patients_count(without_users=consents.refusing(Purpose.MARKETING))


def as_agreed(receiver: Receiver, entry: Entry, found: Sequence[Address]) -> Sequence[Address]:
    """Leave out who has refused what is more than necessary; the record's phone is, once nobody is left who wants it.

    What a receiver reads on the site is not sent to anybody, so it stays.
    """
    if entry.is_essential or receiver.kind not in {"patient", "wechat_user"}:
        return found
    purpose = Purpose.MARKETING if entry.code == catalogue.BROADCAST.code else Purpose.MESSAGES
    if receiver.kind == "wechat_user":
        return [] if consents.has_refused(receiver.id, purpose) else found
    wishes = consents.guardians_wishes(receiver.id, purpose)
    if not any(wishes.values()):
        return found
    all_refused = all(wishes.values())
    return [one for one in found if (not all_refused if one.channel is Channel.SMS else not wishes.get(one.to, False))]


receivers.register("patient", addresses_of_patient)
receivers.register("wechat_user", addresses_of_user)
receivers.register_owner(receivers_of_user)
receivers.register_wish(as_agreed)
receivers.register_group(
    Group("bound_patients", "已绑定微信的患者", size=bound_patients_count, members=some_bound_patients)
)
taps.register("bindings", "patients.bound")
