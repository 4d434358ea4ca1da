"""Timed work of visits."""

from __future__ import annotations

from wxapp.core import clock
from wxapp.core.apart import each_apart
from wxapp.visits.queries.machines import open_before
from wxapp.visits.services import device_folders, machines


def release_machines(limit: int = 500) -> int:
    """End the bindings of days before today: nobody sits at a machine overnight. Return how many there were."""
    began, _ = clock.day_bounds(clock.today())
    return each_apart(_release, open_before(began, limit), what="ending bindings of machines")


def _release(binding_id: int) -> int:
    return int(machines.release_machine(binding_id))


def import_device_files(limit: int = 200) -> int:
    """Take in what devices have left in their folders; return how many files it was."""
    return each_apart(device_folders.take_in, device_folders.waiting(limit), what="importing files of devices")


def remove_imported_files() -> int:
    """Remove the devices' own files a week after they were taken in; return how many."""
    return device_folders.remove_done()
