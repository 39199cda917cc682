"""People who may sign in to the console."""

from __future__ import annotations

import click

from gateway.cli.merchants import merchant_of
from gateway.cli.running import services
from gateway.domain.people import Role


@click.group()
def users() -> None:
    """People who may sign in to the console."""


@users.command("create")
@click.option("--merchant", required=True, help="The merchant's id or name; a new name makes a new merchant.")
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--name", required=True, help="What colleagues call them.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.SUPPORT.value, show_default=True)
def create_user(merchant: str, email: str, name: str, role: str) -> None:
    """Add a user and print their password, this once."""
    bound = services()
    _, password = bound.staff.people.add(merchant_of(bound, merchant), email, name, role)
    click.echo(password)


@users.command("list")
@click.option("--merchant", required=True)
def list_users(merchant: str) -> None:
    """Print a merchant's users."""
    bound = services()
    for user in bound.staff.people.list(merchant_of(bound, merchant, create=False)):
        state = "may not sign in" if user.disabled_at else "one-time codes" if user.codes_on else ""
        click.echo("  ".join(word for word in (user.id, user.email, user.role.value, user.name, state) if word))
