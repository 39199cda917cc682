"""Is the folder complete: profile, registration, imports, status table, samples?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable

from carriers.base.conformance.check import whole
from carriers.base.conformance.operations import OPERATIONS, TRACKING, TRACKING_CASES
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.stage import Subject, arguments_of
from carriers.base.contract import Capability
from carriers.base.profile import Profile
from carriers.base.registry import GROUP
from carriers.base.statuses import StatusTable
from gateway.domain.errors import InvalidValue

# What an adapter would do input and output with, instead of awaiting self.http.
OUTSIDE = frozenset({"aiohttp", "asyncio", "http", "httpx", "pycurl", "requests", "socket", "subprocess", "urllib3"})
# Servers of their own are allowed to talk.
SIMULATOR = "simulator"
LEAST_SECRET = 8


@whole()
def the_profile_is_the_one_beside_the_code(subject: Subject) -> Iterator[str]:
    """profile.toml and statuses.csv load, and the class uses them."""
    carrier = subject.carrier
    try:
        if carrier.profile != Profile.load(subject.package):
            yield "the class's profile is not the profile.toml beside it"
        if carrier.statuses.rows != StatusTable.load(subject.package).rows:
            yield "the class's status table is not the statuses.csv beside it"
    except (AttributeError, InvalidValue, OSError) as error:
        yield str(error)


@whole()
def the_code_is_the_registered_name(subject: Subject) -> Iterator[str]:
    """Entry point and profile say the same name."""
    carrier = subject.carrier
    value = f"{carrier.__module__}:{carrier.__qualname__}"
    names = [entry.name for entry in entry_points(group=GROUP) if entry.value.replace(" ", "") == value]
    if names != [carrier.profile.code]:
        yield f"{value} is registered as {names or 'nothing'} in {GROUP}, not as {carrier.profile.code!r}"


@whole()
def only_carriers_base_is_imported(subject: Subject) -> Iterator[str]:
    """No other carrier, nothing of the gateway, no way out but self.http."""
    for path, source in _sources(files(subject.package), ""):
        for line, module in _imports(ast.parse(source)):
            why = _why_not(module, subject.package, simulates=path.startswith(SIMULATOR))
            if why:
                yield f"{path}, line {line}: imports {module}: {why}"


@whole()
def tracking_comes_as_the_profile_says(subject: Subject) -> Iterator[str]:
    """`tracking = "poll" | "push" | "both"` is what the class can do."""
    said = subject.carrier.profile.tracking
    for word, capability in (("poll", Capability.TRACKS), ("push", Capability.RECEIVES_WEBHOOKS)):
        able = capability in subject.has
        if able != (said in (word, "both")):
            yield f"the profile says tracking = {said!r}, but the class {'has' if able else 'lacks'} {capability}"


@whole()
def exemptions_name_checks(subject: Subject) -> Iterator[str]:
    """Every key of `[exempt]` is a check, with a reason."""
    from carriers.base.conformance.checks import CHECKS  # this check is one of them

    names = {check.name for check in CHECKS}
    for name, reason in subject.carrier.profile.exempt.items():
        if name not in names:
            yield f"[exempt] {name}: no such check"
        if not reason.strip():
            yield f"[exempt] {name}: no reason"


@whole()
def samples_are_well_formed(subject: Subject) -> Iterator[str]:
    """Every file can be read, and what it gives is what the method takes."""
    yield from subject.samples.problems
    for sample in subject.samples:
        problem = _problem(subject, sample)
        if problem:
            yield f"samples/{sample.name}.json: {problem}"


@whole()
def every_capability_is_shown(subject: Subject) -> Iterator[str]:
    """There are samples for each thing the carrier can do, and for nothing else."""
    shown = {sample.name for sample in subject.samples}
    for name, operation in OPERATIONS.items():
        if operation.capability in subject.has:
            yield from (f"no sample {name}.{case}" for case in operation.cases if f"{name}.{case}" not in shown)
    for sample in subject.samples:
        if OPERATIONS[sample.operation].capability not in subject.has:
            yield f"sample {sample.name}: the class has no {sample.operation}"
    if any(OPERATIONS[name].capability in subject.has for name in TRACKING):
        for case in TRACKING_CASES:
            if not any(f"{name}.{case}" in shown for name in TRACKING):
                yield f"no sample track.{case} and no webhook.{case}"
        yield from _silent(subject)


@whole()
def the_sample_account_fits_the_profile(subject: Subject) -> Iterator[str]:
    """Samples use the secrets and options that the profile declares, and secrets long enough to be noticed."""
    profile = subject.carrier.profile
    required = {name for name, facts in profile.options.items() if facts.required}
    for sample in subject.samples:
        options, secrets = set(sample.account.options), sample.account.secrets
        for name in sorted((options - set(profile.options)) | (set(secrets) - set(profile.secrets))):
            yield f"sample {sample.name}: the profile declares no {name}"
        for name in sorted((required - options) | (set(profile.secrets) - set(secrets))):
            yield f"sample {sample.name}: the account has no {name}"
        for name, secret in secrets.items():
            if 0 < len(secret) < LEAST_SECRET:
                yield f"sample {sample.name}: secret {name} has fewer than {LEAST_SECRET} characters"


def _silent(subject: Subject) -> Iterator[str]:
    """Ways of tracking that no sample shows."""
    for name in TRACKING:
        if OPERATIONS[name].capability in subject.has and not subject.shown(name):
            yield f"no sample of {name}"


def _problem(subject: Subject, sample: Sample) -> str:
    facts = sample.account
    unknown = {exchange.request.where for exchange in sample.exchanges} - set(
        subject.carrier.profile.urls.get(facts.mode, {})
    )
    if unknown:
        return f"the profile has no URL named {', '.join(sorted(unknown))}"
    try:
        account = subject.account(sample)
        if sample.call is None:
            arguments_of(sample, account.urls)
    except InvalidValue as error:
        return str(error)
    return ""


def _sources(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.is_dir() and file.name != "__pycache__":
            yield from _sources(file, f"{path}{file.name}/")
        elif file.name.endswith(".py"):
            yield f"{path}{file.name}", file.read_text("utf-8")


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from carriers import acme` imports a module too.
            names = [alias.name for alias in node.names] if node.module == "carriers" else [""]
            yield from ((node.lineno, f"{node.module or ''}.{name}".rstrip(".")) for name in names)


def _why_not(module: str, own: str, *, simulates: bool) -> str:
    top = module.partition(".")[0]
    if module == own or module.startswith(f"{own}."):
        return ""
    if top == "gateway":
        return "adapters know carriers.base only"
    if top == "carriers" and module != "carriers.base" and not module.startswith("carriers.base."):
        return "carriers do not know one another"
    if module.startswith("carriers.base.") and not simulates:
        return "carriers.base is the door; what lies behind it may change"
    if (top in OUTSIDE or module == "urllib.request") and not simulates:
        return "adapters await self.http and do nothing else outside"
    return ""
