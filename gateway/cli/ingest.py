"""Events in bulk; what could not be applied; how an account reads its carrier's codes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway.cli.merchants import MODES, merchant_of
from gateway.cli.rate_cards import AUTHOR, of_account, tell_faults
from gateway.cli.running import services, settings
from gateway.domain.errors import InvalidValue, Unavailable
from gateway.domain.messages import InboxState
from gateway.domain.sheets import BadSheet
from gateway.services.bound import Services
from gateway.services.ingest import Form, Intake, Report, Share
from gateway.services.line_cells import lines_of
from gateway.services.ports import Mode
from gateway.services.ports.inbox import InboxSearch
from gateway.services.rereading import Difference

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
PAUSES_S = (1, 5, 15, 60)
"""A file is long: the database may be restarted meanwhile. What is done is done, and the batch at hand is done anew."""
KILLED = (
    "a process that was taking in its share of the file was killed from outside (is there too little memory?). What it "
    "had taken in is kept, the rest of its share is missing: run the same command again, nothing is taken in twice"
)
FORMS: dict[str, Form] = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}


@click.command()
@of_account
@click.argument("file", type=FILE)
@click.option("--timezone", default="", help="Of times without an offset; the carrier's own when left out.")
@click.option("--refuse", is_flag=True, help="Take nothing in unless every line is good.")
@click.option("--check", is_flag=True, help="Only say what is wrong with it; nothing is kept.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Each reads the file and takes in its share of the numbers. On PostgreSQL.",
)
def ingest(
    merchant: str, mode: Mode, account: str, file: Path, timezone: str, refuse: bool, check: bool, processes: int
) -> None:
    """Take in tracking events from a .csv or .ndjson file; exit code 1 when lines are at fault, each named."""
    bound = services()
    form = FORMS.get(file.suffix.lower())
    if form is None:
        raise click.UsageError(f"{file} ends in none of {', '.join(FORMS)}")
    merchant_id = merchant_of(bound, merchant, create=False)
    if processes > 1 and not settings().database.url.startswith("postgresql"):
        raise click.UsageError("SQLite has one writer: more processes than one only help on PostgreSQL")
    where = Where(merchant_id, mode, account, form, timezone)
    intake = where.opened(bound)
    with file.open("rb") as opened:
        if check or refuse:
            checked = bound.ingest.check(intake, lines_of(opened))
            if check or checked.fault_count:
                click.echo(f"{checked.lines} lines, {checked.fault_count} at fault; nothing was taken in")
                _tell(checked, file)
                return
    report = _taken(where, file, processes)
    click.echo(
        f"{report.lines} lines: {report.new} new events, {report.duplicates} that were there, "
        f"{report.new_trackers} new trackers, {report.fault_count} lines at fault"
    )
    _tell(report, file)


@dataclass(frozen=True, slots=True)
class Where:
    """What `Ingest.open` wants to know."""

    merchant_id: str
    mode: Mode
    account: str
    form: Form
    timezone: str

    def opened(self, bound: Services) -> Intake:
        """Raises as `Ingest.open`."""
        return bound.ingest.open(self.merchant_id, self.mode, self.account, self.form, self.timezone)


def _taken(where: Where, file: Path, processes: int) -> Report:
    """All shares: the first by this process, each of the others by one of its own."""
    mine, *theirs = [Share(place, processes) for place in range(processes)]
    if not theirs:
        return _share(where, file, mine)
    with ProcessPoolExecutor(len(theirs), get_context("spawn")) as pool:
        others = [pool.submit(_share, where, file, share) for share in theirs]
        total = _share(where, file, mine)
        try:
            for other in others:
                total.add(other.result())
        except BrokenProcessPool:
            raise Unavailable(KILLED) from None
    return total


def _share(where: Where, file: Path, share: Share) -> Report:
    bound = services()
    with file.open("rb") as opened:
        return bound.ingest.take(where.opened(bound), lines_of(opened), share, PAUSES_S)


def _tell(report: Report, file: Path) -> None:
    """The faults; exit code 1 when there are any."""
    for fault in report.faults:
        click.echo(f"{file}, {fault}", err=True)
    if report.fault_count:
        raise click.exceptions.Exit(1)


@click.group()
def quarantine() -> None:
    """What carriers sent and could not be applied (yet)."""


@quarantine.command("list")
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
def list_waiting(merchant: str, mode: Mode, limit: int) -> None:
    """Print waiting messages, newest first, and codes that no table explains."""
    bound = services()
    merchant_id = merchant_of(bound, merchant, create=False)
    for each in bound.quarantine.list(merchant_id, InboxSearch(mode=mode, limit=limit)).items:
        click.echo(f"{each.id}  {each.received_at:%F %R}  {each.state.value}  {each.source}  {each.why}")
    for code in bound.quarantine.codes(merchant_id, mode):
        word = " ".join(filter(None, (code.carrier_code, code.carrier_qualifier)))
        click.echo(f"unmapped: {code.account}  {word!r}  {code.events} events of {code.trackers} trackers")


@quarantine.command("replay")
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.argument("message_id", required=False)
def replay(merchant: str, mode: Mode, message_id: str | None) -> None:
    """Let the worker read a message again, or all that are in quarantine."""
    bound = services()
    merchant_id = merchant_of(bound, merchant, create=False)
    if message_id is not None:
        bound.quarantine.replay(merchant_id, mode, message_id)
        click.echo(f"{message_id} is read again")
        return
    search = InboxSearch(mode=mode, state=InboxState.QUARANTINED, limit=200)
    click.echo(f"{bound.quarantine.replay_all(merchant_id, search)} messages are read again")


@quarantine.command("dismiss")
@click.option("--merchant", required=True)
@click.option("--mode", type=MODES, default="test", show_default=True)
@click.option("--why", required=True, help="Why it matters to nobody.")
@click.argument("message_id")
def dismiss(merchant: str, mode: Mode, why: str, message_id: str) -> None:
    """Say that a message need not wait for a person any more."""
    bound = services()
    merchant_id = merchant_of(bound, merchant, create=False)
    bound.quarantine.dismiss(merchant_id, mode, message_id, AUTHOR, why)
    click.echo(f"{message_id} is dismissed")


@quarantine.command("reread")
@of_account
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first day, in UTC.")
def read_again(merchant: str, mode: Mode, account: str, since: datetime) -> None:
    """Read again what an account was told and what counts as applied, after a fault of ours that lost some of it.

    Each scan is kept once: what was not lost stays as it is. Raw messages are kept for `[retention] inbox_days`.
    """
    bound = services()
    record = bound.accounts.named(merchant_of(bound, merchant, create=False), mode, account)
    found = bound.told_again.reread(record, since.replace(tzinfo=UTC))
    click.echo(f"{found.messages} messages read again, {found.new} events were new, {found.unread} could not be read")


@click.group("status-table")
def status_table() -> None:
    """What a carrier's codes mean in one account."""


@status_table.command("put")
@of_account
@click.argument("file", type=FILE)
def put_table(merchant: str, mode: Mode, account: str, file: Path) -> None:
    """Give an account the next version of its own table, from CSV; then look at `replay`."""
    bound = services()
    merchant_id = merchant_of(bound, merchant, create=False)
    account_id = bound.accounts.named(merchant_id, mode, account).id
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{file} is not UTF-8 ({error.reason})") from error
    try:
        made = bound.status_tables.put(merchant_id, mode, account_id, text, AUTHOR)
    except BadSheet as error:
        tell_faults(error, file)
    click.echo(f"version {made.version} with {made.rows} rows")


@status_table.command("replay")
@of_account
@click.option("--apply", "digest", help="The digest of the difference that was shown.")
def reread(merchant: str, mode: Mode, account: str, digest: str | None) -> None:
    """Show what the account's table changes of the past; with the digest of what was shown, apply it."""
    bound = services()
    merchant_id = merchant_of(bound, merchant, create=False)
    account_id = bound.accounts.named(merchant_id, mode, account).id
    if digest:
        found = bound.rereading.apply(merchant_id, mode, account_id, digest)
    else:
        found = bound.rereading.show(merchant_id, mode, account_id)
    _show(found)


def _show(found: Difference) -> None:
    table = Table("tracking number", "shipment", "from", "to", "events")
    for each in found.moved:
        cells = (each.tracking_number, each.shipment_id or "-", " ".join(each.before), " ".join(each.after))
        table.add_row(*cells, str(each.events))
    Console().print(table)
    done = "applied" if found.applied else f"to apply it: --apply {found.digest}"
    click.echo(f"{found.events} events are read otherwise, {len(found.moved)} trackers move; {done}")
