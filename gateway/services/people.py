"""Who may work at the console: users with roles, passwords, one-time codes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, Unprocessable
from gateway.domain.people import Role, User
from gateway.services.audit_trail import Deed, write_down
from gateway.services.ids import new_id
from gateway.services.ports import Store, UnitOfWork
from gateway.services.ports.people import Codes, Passwords
from gateway.services.transactions import again_if_crossed

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
GENERATED_BYTES = 15


class People:
    """Adds users and changes what they are, may and know."""

    def __init__(self, store: Store, passwords: Passwords, codes: Codes, clock: Clock) -> None:
        self._store = store
        self._passwords = passwords
        self._codes = codes
        self._clock = clock

    def add(self, merchant_id: str, email: str, name: str, role: str, by: User | None = None) -> tuple[User, str]:
        """A new user and their first password, which nobody can show again.

        Raises:
            Unprocessable: no address, no name or no such role.
            Conflict: somebody has that address.
        """
        email, name = email.strip().casefold(), name.strip()
        if not EMAIL.fullmatch(email):
            raise Unprocessable("/email", "an e-mail address looks like kari@shop.example")
        if not 0 < len(name) <= 100:
            raise Unprocessable("/name", "a name has 1 to 100 letters")
        password, now = secrets.token_urlsafe(GENERATED_BYTES), self._clock()
        user = User(
            id=new_id("usr", now),
            merchant_id=merchant_id,
            email=email,
            name=name,
            role=_role(role),
            password_hash=self._passwords.digest(password),
            created_at=now,
        )

        def write() -> None:
            with self._store.work() as uow:
                if not uow.users.add(user):
                    raise Conflict(f"somebody with the address {email} exists already")
                if by is not None:
                    write_down(uow, by, Deed(what="added a user", subject_id=user.id, reason=f"{name}, {role}"), now)
                uow.commit()

        again_if_crossed(write)
        return user, password

    def list(self, merchant_id: str) -> Sequence[User]:
        """By name, without secrets."""
        with self._store.look() as uow:
            return uow.users.list(merchant_id)

    def change(self, by: User, user_id: str, version: int, *, role: str, enabled: bool) -> User:
        """Another role, or no entry any more: their sessions end at once.

        Raises:
            NotFound, Unprocessable; Conflict: they are you, or somebody else changed them meanwhile.
        """
        if user_id == by.id:
            raise Conflict("nobody changes their own role: ask another administrator")
        wanted = _role(role)

        def write(uow: UnitOfWork, user: User, now: datetime) -> User:
            if user.version != version:
                raise Conflict("somebody else changed this user meanwhile")
            uow.users.end_sessions_of(user.merchant_id, user.id)
            said = f"{user.name}: {wanted.value}" + ("" if enabled else ", may not sign in")
            write_down(uow, by, Deed(what="changed a user", subject_id=user.id, reason=said), now)
            return replace(user, role=wanted, disabled_at=None if enabled else user.disabled_at or now)

        return self._changed(by.merchant_id, user_id, write)

    def reset_password(self, by: User, user_id: str) -> str:
        """A new password for somebody who forgot theirs, shown once; one-time codes are off, their sessions end."""
        password = secrets.token_urlsafe(GENERATED_BYTES)
        digest = self._passwords.digest(password)

        def write(uow: UnitOfWork, user: User, now: datetime) -> User:
            uow.users.end_sessions_of(user.merchant_id, user.id)
            write_down(uow, by, Deed(what="reset a password", subject_id=user.id, reason=user.name), now)
            return replace(
                user, password_hash=digest, secrets={}, codes_on=False, last_step=0, failures=0, locked_until=None
            )

        self._changed(by.merchant_id, user_id, write)
        return password

    def confirm(self, user: User, password: str) -> None:
        """That it is still them, before something that costs. Raises Unprocessable."""
        if not self._passwords.verify(user.password_hash, password):
            raise Unprocessable("/password", "that is not your password")

    def change_password(self, user: User, old: str, new: str) -> None:
        """One's own. Raises Unprocessable: the old one is wrong, or the new one is too short."""
        if not self._passwords.verify(user.password_hash, old):
            raise Unprocessable("/old", "that is not your present password")
        if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
            raise Unprocessable("/new", f"a password has at least {SHORTEST_PASSWORD} characters; any will do")
        if new == old or new.casefold() in (user.email, user.name.casefold()):
            raise Unprocessable("/new", "that is too easy to guess: neither the old one nor your name or address")
        digest = self._passwords.digest(new)

        def write(uow: UnitOfWork, stored: User, now: datetime) -> User:
            write_down(uow, stored, Deed(what="changed their password", subject_id=stored.id), now)
            return replace(stored, password_hash=digest)

        self._changed(user.merchant_id, user.id, write)

    def set_shortcuts(self, user: User, *, on: bool) -> User:
        """Single-letter keys, which not everybody wants (WCAG 2.1.4)."""
        return self._changed(user.merchant_id, user.id, lambda _, stored, __: replace(stored, shortcuts=on))

    def land_on(self, user: User, view_id: str) -> User:
        """The saved view that they begin with; "" for Today."""
        return self._changed(user.merchant_id, user.id, lambda _, stored, __: replace(stored, landing=view_id))

    def begin_codes(self, user: User) -> tuple[str, str]:
        """A seed for one-time codes and its URI. It counts when a code of it was given (`enable_codes`)."""
        secret = self._codes.new_secret()
        self._changed(
            user.merchant_id, user.id, lambda _, stored, __: replace(stored, secrets={"codes": secret}, codes_on=False)
        )
        return secret, self._codes.uri(secret, user.email)

    def enable_codes(self, user: User, code: str) -> User:
        """From now on signing in wants a code. Raises Unprocessable for a wrong one."""

        def write(uow: UnitOfWork, stored: User, now: datetime) -> User:
            step = self._codes.step(stored.secrets.get("codes", ""), code, now) if stored.secrets else None
            if step is None:
                raise Unprocessable("/code", "that is not the code of this moment: type the one shown now")
            write_down(uow, stored, Deed(what="turned one-time codes on", subject_id=stored.id), now)
            return replace(stored, codes_on=True, last_step=step)

        return self._changed(user.merchant_id, user.id, write)

    def _changed(self, merchant_id: str, user_id: str, change: Callable[[UnitOfWork, User, datetime], User]) -> User:
        def write() -> User:
            with self._store.work() as uow:
                user = uow.users.get(merchant_id, user_id, lock=True)
                if user is None:
                    raise NotFound(f"no user {user_id}")
                changed = replace(change(uow, user, self._clock()), version=user.version + 1)
                uow.users.update(changed)
                uow.commit()
                return changed

        return again_if_crossed(write)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise Unprocessable("/role", f"there are the roles {', '.join(Role)}") from None
