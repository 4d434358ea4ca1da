"""Short-lived shared values: tokens, locks, counters, nonces. On Redis, or in a table when there is none.

Losing all of it never loses data: what must not be lost is a row of its own package.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import WRITES, Model, db, in_transaction

if TYPE_CHECKING:
    import redis

log = logging.getLogger(__name__)


class Store(Protocol):
    """What both stores can do. Times to live are in seconds."""

    def get(self, key: str) -> str | None: ...
    def set(self, key: str, value: str, *, ttl: float) -> None: ...
    def add(self, key: str, value: str, *, ttl: float) -> bool:
        """Set only if absent: a lock, a nonce."""
        ...

    def delete(self, key: str) -> None: ...
    def delete_if(self, key: str, value: str) -> bool:
        """Delete only if it still has this value."""
        ...

    def incr(self, key: str, *, ttl: float) -> int:
        """Count up from 0 and return the count; the time to live begins with the first."""
        ...


class StoreRow(Model):
    """A value of the stand-in for Redis."""

    __tablename__ = "core_store"

    key: Mapped[str] = mapped_column(sa.String(190), primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text)
    expires_at: Mapped[float] = mapped_column(sa.Double, index=True, comment="unix seconds")


_ROW = cast("sa.Table", StoreRow.__table__)


class DatabaseStore:
    """The stand-in for one machine. Each call is a small transaction of its own on a connection of its own.

    On SQLite a second connection would wait for this thread's own open write, so inside one it joins in.
    """

    def get(self, key: str) -> str | None:
        with _own_connection(writes=False) as connection:  # else every page would queue for SQLite's one right to write
            alive = sa.select(_ROW.c.value).where(_ROW.c.key == key, _ROW.c.expires_at > time.time())
            value: str | None = connection.execute(alive).scalar()
            return value

    def set(self, key: str, value: str, *, ttl: float) -> None:
        fresh = {"value": value, "expires_at": time.time() + ttl}
        with self._connection() as connection:
            if not _rows(connection.execute(sa.update(_ROW).where(_ROW.c.key == key).values(fresh))):
                try:
                    with connection.begin_nested():
                        connection.execute(sa.insert(_ROW).values(key=key, **fresh))
                except IntegrityError:
                    connection.execute(sa.update(_ROW).where(_ROW.c.key == key).values(fresh))

    def add(self, key: str, value: str, *, ttl: float) -> bool:
        moment = time.time()
        with self._connection() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(sa.insert(_ROW).values(key=key, value=value, expires_at=moment + ttl))
                return True
            except IntegrityError:
                taken_over = sa.update(_ROW).where(_ROW.c.key == key, _ROW.c.expires_at <= moment)
                return _rows(connection.execute(taken_over.values(value=value, expires_at=moment + ttl))) == 1

    def delete(self, key: str) -> None:
        with self._connection() as connection:
            connection.execute(sa.delete(_ROW).where(_ROW.c.key == key))

    def delete_if(self, key: str, value: str) -> bool:
        with self._connection() as connection:
            return _rows(connection.execute(sa.delete(_ROW).where(_ROW.c.key == key, _ROW.c.value == value))) == 1

    def incr(self, key: str, *, ttl: float) -> int:
        if self.add(key, "1", ttl=ttl):
            return 1
        with self._connection() as connection:
            number = sa.cast(_ROW.c.value, sa.Integer) + 1
            step = sa.update(_ROW).where(_ROW.c.key == key).values(value=sa.cast(number, sa.String(20)))
            connection.execute(step)
            count = connection.execute(sa.select(_ROW.c.value).where(_ROW.c.key == key)).scalar()
        return int(count or 1)

    def remove_expired(self, *, limit: int = 5000) -> int:
        with self._connection() as connection:
            keys = connection.execute(
                sa.select(_ROW.c.key).where(_ROW.c.expires_at < time.time() - 60).limit(limit)
            ).scalars()
            return _rows(connection.execute(sa.delete(_ROW).where(_ROW.c.key.in_(list(keys)))))

    def _connection(self) -> Any:
        return _own_connection()


class _Joined:
    """A connection that somebody else began and will end."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> Connection:
        return self.connection

    def __exit__(self, *_: object) -> None:
        return None


def _own_connection(*, writes: bool = True) -> Any:
    engine: Any = db.engine
    if isinstance(engine, Connection):  # tests run everything inside one connection
        return _Joined(engine)
    if engine.dialect.name == "sqlite":
        if in_transaction():
            return _Joined(db.session().connection())
        return engine.execution_options(**{WRITES: writes}).begin()
    return engine.begin()


def _rows(result: sa.Result[Any]) -> int:
    return cast("CursorResult[Any]", result).rowcount


_DELETE_IF = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"
_INCR = "local n = redis.call('incr', KEYS[1]) if n == 1 then redis.call('pexpire', KEYS[1], ARGV[1]) end return n"


class RedisStore:
    """The store on Redis, with a budget of 300 ms a call; when Redis is away the stand-in takes over.

    Taking over keeps people working: a count or a lock may begin anew then, which is why no money, stock or
    right ever depends on this store alone.
    """

    def __init__(self, url: str, stand_in: Store, *, prefix: str = "wxapp:") -> None:
        import redis  # six megabytes that a hospital without Redis need not carry
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._fault = redis.RedisError
        # redis-py's built-in retries would turn one second of time-out into many (reliability 2.3).
        self.client: redis.Redis = redis.Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=0.3,
            socket_connect_timeout=0.3,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )
        self.stand_in = stand_in
        self.prefix = prefix
        self._down_until = 0.0

    def get(self, key: str) -> str | None:
        value: str | None = self._call("get", lambda: self.client.get(self.prefix + key), key)
        return value

    def set(self, key: str, value: str, *, ttl: float) -> None:
        self._call("set", lambda: self.client.set(self.prefix + key, value, px=_ms(ttl)), key, value, ttl=ttl)

    def add(self, key: str, value: str, *, ttl: float) -> bool:
        work = lambda: bool(self.client.set(self.prefix + key, value, px=_ms(ttl), nx=True))  # noqa: E731
        return bool(self._call("add", work, key, value, ttl=ttl))

    def delete(self, key: str) -> None:
        self._call("delete", lambda: self.client.delete(self.prefix + key), key)

    def delete_if(self, key: str, value: str) -> bool:
        work = lambda: bool(self.client.eval(_DELETE_IF, 1, self.prefix + key, value))  # noqa: E731
        return bool(self._call("delete_if", work, key, value))

    def incr(self, key: str, *, ttl: float) -> int:
        work = lambda: cast("int", self.client.eval(_INCR, 1, self.prefix + key, str(_ms(ttl))))  # noqa: E731
        return int(self._call("incr", work, key, ttl=ttl))

    def _call(self, name: str, work: Any, *arguments: Any, **options: Any) -> Any:
        if time.monotonic() >= self._down_until:
            try:
                return work()
            except self._fault as error:
                self._down_until = time.monotonic() + 2  # do not let every request wait for a dead server
                log.warning("redis is away (%s); the database stands in", type(error).__name__)
        return getattr(self.stand_in, name)(*arguments, **options)


def _ms(ttl: float) -> int:
    return max(1, int(ttl * 1000))


_stores: list[Store] = []


def use_store(store: Store) -> None:
    """Set the store of this process; called once by the application at its start."""
    _stores[:] = [store]


def store() -> Store:
    if not _stores:
        raise RuntimeError("no store: the application has not started")
    return _stores[0]
