"""The database is away: a page says so in words, and what was typed is on it."""

from __future__ import annotations

from pathlib import Path

from gateway.storage.migrate import migrate
from tests.console.world import Person
from tests.journeys.site import Gateway


def test_a_page_says_that_the_database_is_away_and_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "down.db"
    migrate(f"sqlite:///{file}")
    gateway = Gateway(f"sqlite:///{file}", CONSOLE__CODES_FOR_ADMINS="false")
    merchant_id = gateway.services.keys.add_merchant("Shop")
    _, password = gateway.services.staff.people.add(merchant_id, "a@down.example", "Anna", "admin")
    person = Person(client=gateway.app.test_client(), email="a@down.example", password=password).sign_in()
    token = person.token()
    gateway.close()
    for each in tmp_path.glob("down.db*"):
        each.unlink()
    file.mkdir()  # nothing can be opened where it was
    for path in ("/", "/shipments", "/developers/calls"):
        answer = person.get(path)
        assert answer.status_code == 503
        assert "The database does not answer" in answer.text
        assert answer.headers["Retry-After"] == "5"
    sent = person.client.post("/console/shipments/views", data={"csrf": token, "name": "half a <thought>"})
    assert sent.status_code == 503
    assert "half a &lt;thought&gt;" in sent.text
    assert token not in sent.text
    assert person.client.get("/console/sign-in").status_code == 200
    gateway.close()
