"""The frame of the JSON API: read a form, answer JSON, and tell mistakes as 400, 404 or 409."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from sandbox.callback.actions import NotPossible
from sandbox.control.forms import Form, outlined
from sandbox.world import UnknownPerson

F = TypeVar("F", bound=Form)


def form(shape: type[F]) -> F:
    """Return the JSON body as a form.

    :raises pydantic.ValidationError: it does not fit.
    """
    return shape.model_validate(request.get_json(silent=True) or {})


def as_json(view: Callable[..., Any]) -> Callable[..., Response]:
    """Answer with what the view returns."""

    @functools.wraps(view)
    def framed(*args: Any, **kwargs: Any) -> Response:
        result = view(*args, **kwargs)
        return result if isinstance(result, Response) else jsonify(result)

    return framed


def register_errors(app: Flask) -> None:
    """Tell errors of the JSON API in one form: ``{"error": text}``."""

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> tuple[Response, int]:
        return jsonify(error=outlined(error.errors())), 400

    @app.errorhandler(UnknownPerson)
    def unknown(error: UnknownPerson) -> tuple[Response, int]:
        return jsonify(error=f"没有这个人：{error}"), 404

    @app.errorhandler(NotPossible)
    def not_possible(error: NotPossible) -> tuple[Response, int]:
        return jsonify(error=str(error)), 409

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response | HTTPException:
        if not request.path.startswith("/__sandbox/"):
            return error
        response = jsonify(error=error.description or error.name)
        response.status_code = error.code or 500
        return response
