"""Signing in to the console: passwords, one-time codes, lock-out, and sessions kept in the database.

A session's token is 256 random bits that only the browser holds; the database has its digest. It is a new one after
every step that gives more (password, code), so one planted before is worth nothing afterwards.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import GatewayError
from gateway.domain.people import Role, Session, User
from gateway.services.audit_trail import Deed, write_down
from gateway.services.ports import Mode, Store, UnitOfWork
from gateway.services.ports.people import Codes, Passwords
from gateway.services.transactions import again_if_crossed
from gateway.settings import Console

FREE_TRIES = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=1)
MASK = hashlib.sha256().digest_size
CODE_WITHIN = timedelta(minutes=10)
"""How long after the password the one-time code may come."""
SORRY = "That address and password do not go together, or there were too many tries. Wait a quarter of an hour, or ask \
an administrator of yours."


class NotSignedIn(GatewayError):
    """No session, or one that is over."""


class WrongCredentials(GatewayError):
    """The same words for a wrong password, an unknown address and a locked account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody with their session. `merchant` is the name of whom they work for."""

    user: User
    session: Session
    merchant: str

    @property
    def merchant_id(self) -> str:
        """Whose data they see."""
        return self.user.merchant_id

    @property
    def mode(self) -> Mode:
        """Which of it: test or live."""
        return self.session.mode


class SigningIn:
    """Opens and ends sessions."""

    def __init__(self, store: Store, passwords: Passwords, codes: Codes, clock: Clock, settings: Console) -> None:
        self._store = store
        self._passwords = passwords
        self._codes = codes
        self._clock = clock
        self._settings = settings
        self._nobody = passwords.nobodys()

    def sign_in(self, email: str, password: str, old_token: str = "") -> tuple[str, bool]:
        """A session's token, and whether a one-time code is wanted before it is worth anything.

        Raises:
            WrongCredentials.
        """
        with self._store.look() as uow:
            user = uow.users.by_email(email.strip().casefold())
        right = self._passwords.verify(user.password_hash if user else self._nobody, password)
        now = self._clock()
        if user is None or user.disabled_at is not None or (user.locked_until is not None and user.locked_until > now):
            raise WrongCredentials(SORRY)
        if not right:
            self._failed(user)
            raise WrongCredentials(SORRY)
        return self._opened(user, proved=not user.codes_on, old_token=old_token), user.codes_on

    def give_code(self, token: str, code: str) -> str:
        """The token of a session that is worth something. Raises WrongCredentials, NotSignedIn."""
        session = self._session(token)
        if session.proved or self._clock() > session.created_at + CODE_WITHIN:
            raise NotSignedIn("sign in again")

        def check() -> User | None:
            with self._store.work() as uow:
                user = uow.users.get(session.merchant_id, session.user_id, lock=True)
                now = self._clock()
                if user is None or (user.locked_until is not None and user.locked_until > now):
                    return None
                step = self._codes.step(user.secrets.get("codes", ""), code, now)
                if step is None or step <= user.last_step:
                    return None
                used = replace(user, last_step=step, version=user.version + 1)
                uow.users.update(used)
                uow.commit()
                return used

        user = again_if_crossed(check)
        if user is None:
            self._code_failed(session)
            raise WrongCredentials("That is not the code of this moment: type the one shown now.")
        return self._opened(user, proved=True, old_token=token)

    def who(self, token: str, *, passing: bool = False) -> SignedIn:
        """Whose session that is; it lives on from now, unless nobody did anything (`passing`). Raises NotSignedIn."""
        session = self._session(token)
        if not session.proved:
            raise NotSignedIn("the one-time code is still to be given")
        now = self._clock()
        with self._store.look() as uow:
            user = uow.users.get(session.merchant_id, session.user_id)
            merchant = dict(uow.keys.merchants()).get(session.merchant_id, "")
        if user is None or user.disabled_at is not None:
            raise NotSignedIn("this user may not sign in any more")
        if not passing and now - session.seen_at > SEEN_EVERY:
            session = replace(session, seen_at=now)
            self._keep(session)
        return SignedIn(user=user, session=session, merchant=merchant)

    def must_set_up_codes(self, user: User) -> bool:
        """Administrators need one-time codes, unless the installation does without."""
        return user.role is Role.ADMIN and not user.codes_on and self._settings.codes_for_admins

    def switch_mode(self, who: SignedIn, mode: Mode) -> None:
        """Look at test or live data from now on."""
        self._keep(replace(who.session, mode=mode))

    def sign_out(self, token: str) -> None:
        """End a session, whatever is left of it."""
        with self._store.work() as uow:
            session = uow.users.session(_digest(token))
            if session is not None:
                uow.users.end_session(session.merchant_id, session.id)
                uow.commit()

    def sign_out_everywhere(self, user: User) -> None:
        """End every session of a user's."""
        with self._store.work() as uow:
            uow.users.end_sessions_of(user.merchant_id, user.id)
            uow.commit()

    def _opened(self, user: User, *, proved: bool, old_token: str) -> str:
        token = secrets.token_urlsafe(32)

        def write() -> None:
            now = self._clock()
            with self._store.work() as uow:
                self._end(uow, old_token)
                uow.users.prune_sessions(now)
                uow.users.add_session(self._new(uow, token, user, now, proved=proved))
                if proved:
                    stored = uow.users.get(user.merchant_id, user.id, lock=True) or user
                    fresh = replace(stored, failures=0, locked_until=None, version=stored.version + 1)
                    uow.users.update(fresh)
                    write_down(uow, user, Deed(what="signed in", subject_id=user.id), now)
                uow.commit()

        again_if_crossed(write)
        return token

    def _new(self, uow: UnitOfWork, token: str, user: User, now: datetime, *, proved: bool) -> Session:
        """Live data at first, or test data where there is no live account yet."""
        live = bool(uow.accounts.list(user.merchant_id, "live"))
        return Session(
            id=_digest(token),
            merchant_id=user.merchant_id,
            user_id=user.id,
            mode="live" if live else "test",
            proved=proved,
            created_at=now,
            seen_at=now,
            ends_at=now + timedelta(hours=self._settings.longest_h),
        )

    def _end(self, uow: UnitOfWork, token: str) -> None:
        old = uow.users.session(_digest(token)) if token else None
        if old is not None:
            uow.users.end_session(old.merchant_id, old.id)

    def _session(self, token: str) -> Session:
        with self._store.look() as uow:
            session = uow.users.session(_digest(token)) if token else None
        now = self._clock()
        if session is None or session.ends_at <= now:
            raise NotSignedIn("sign in first")
        if now - session.seen_at > timedelta(minutes=self._settings.idle_min):
            raise NotSignedIn("nothing was done for a while: sign in again")
        return session

    def _keep(self, session: Session) -> None:
        with self._store.work() as uow:
            uow.users.keep_session(session)
            uow.commit()

    def _code_failed(self, session: Session) -> None:
        with self._store.look() as uow:
            user = uow.users.get(session.merchant_id, session.user_id)
        if user is not None:
            self._failed(user)

    def _failed(self, user: User) -> None:
        """Count it; from the fifth in a row on the account is locked, each time for twice as long."""

        def write() -> None:
            with self._store.work() as uow:
                stored = uow.users.get(user.merchant_id, user.id, lock=True)
                if stored is None:
                    return
                now, failures = self._clock(), stored.failures + 1
                counted = replace(stored, failures=failures, version=stored.version + 1)
                if failures >= FREE_TRIES:
                    lock = min(FIRST_LOCK * 2 ** min(failures - FREE_TRIES, 10), LONGEST_LOCK)
                    counted = replace(counted, locked_until=now + lock)
                    write_down(uow, stored, Deed(what="was locked out", subject_id=stored.id), now)
                uow.users.update(counted)
                uow.commit()

        again_if_crossed(write)


def form_token(token: str) -> str:
    """What a session's forms carry: only who holds the session's token can make it. It looks otherwise each time, so
    that nobody guesses it by how well pages are packed that hold it (see `gateway.console.shrinking`).
    """
    mask = secrets.token_bytes(MASK)
    return (mask + _masked(mask, token)).hex()


def is_form_token(given: str, token: str) -> bool:
    """Whether it was made for this session."""
    try:
        told = bytes.fromhex(given)
    except ValueError:
        return False
    return len(told) == 2 * MASK and hmac.compare_digest(told[MASK:], _masked(told[:MASK], token))


def _masked(mask: bytes, token: str) -> bytes:
    made = hmac.digest(token.encode(), b"doorstep console form", "sha256")
    return bytes(one ^ other for one, other in zip(mask, made, strict=True))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
