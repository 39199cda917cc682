"""Writing a policy in the form, without scripts: every button is a round trip, and nothing that was typed is lost."""

from __future__ import annotations

import json
import re
from dataclasses import fields as parameters_of
from typing import Any

import pytest

from gateway.console.builder.pruning import pruned
from gateway.console.builder.shaping import data_of, tree_of
from gateway.console.builder.tree import grown
from gateway.console.builder.words import fitting, operators, plain, subjects, words
from gateway.domain.people import Role
from gateway.rules.actions import ACTIONS
from gateway.rules.differences import differences
from gateway.rules.fields import FIELDS, Scope
from gateway.rules.policy import Policy
from tests.console.forms import fields_of, send
from tests.console.test_hostile import HOSTILE
from tests.console.world import Person, World
from tests.rules.test_wording import POLICIES, SHORT

EDIT = "/policies/rural/edit"


@pytest.fixture(scope="module")
def boss(world: World) -> Person:
    made = world.shop.call("PUT", "/v1/policies/rural", {"data": POLICIES["rural"], "stage": "draft"})
    assert made.status_code == 200, made.text
    return world.person(Role.OPERATIONS)


@pytest.mark.parametrize("data", [SHORT, *POLICIES.values()])
def test_a_policy_comes_back_from_the_form_as_it_went_in(data: dict[str, Any]) -> None:
    again = data_of(pruned(tree_of(data)))
    assert differences(data, again) == []
    assert data_of(tree_of(again)) == again


def test_the_form_as_it_is_sent_is_the_policy(boss: Person) -> None:
    sent = fields_of(boss.see(EDIT))
    assert differences(POLICIES["rural"], data_of(pruned(grown(sent)))) == []


def test_every_field_action_and_weight_has_words() -> None:
    offered = [name for _, choices in subjects(Scope.RATE) for name, _ in choices]
    assert sorted(offered) == sorted(FIELDS)
    assert all(operators(field) and fitting(field, "nonsense") for field in FIELDS.values())
    assert list(words()["actions"]) == list(ACTIONS)
    parameters = {name for made in ACTIONS.values() for name in (each.name for each in parameters_of(made))}
    assert parameters <= set(words()["parameters"])


def test_buttons_add_move_and_remove(boss: Person) -> None:
    page = boss.see(EDIT)
    page = send(boss, EDIT, page, "add-rule ").text
    page = send(boss, EDIT, page, "up /rules/2", **{"__rules__2__name": "cheap enough"}).text
    page = send(boss, EDIT, page, "add-check /rules/1/when").text
    page = send(boss, EDIT, page, "refresh", **{"__rules__1__when__parts__0__field": "rate.price"}).text
    assert 'aria-label="Unit"' in page.split('id="/rules/1/when/parts/0"')[1].split("</li>")[0]
    page = send(boss, EDIT, page, "refresh", **{"__rules__1__when__parts__0__op": "between"}).text
    kept = fields_of(page)
    assert kept.count(("/rules/1/when/parts/0/value", "")) == 2
    page = send(boss, EDIT, page, "add-group /rules/1/when").text
    page = send(boss, EDIT, page, "remove /rules/1/when/parts/0").text
    page = send(boss, EDIT, page, "remove /fallback/0").text
    names = [value for name, value in fields_of(page) if name.endswith("/name")]
    assert names == ["no crowd couriers out there", "cheap enough", "heavy things go with our own vans"]
    assert 'value="remove /rules/1/when/parts/0"' in page
    for nonsense in (
        "up /rules/0",
        "down /rules/99",
        "remove /nowhere/1",
        "add-check /rules/77/when",
        "explode",
        "up x",
    ):
        assert [each for each in fields_of(send(boss, EDIT, page, nonsense).text) if each[0].endswith("/name")] == [
            (name, value) for name, value in fields_of(page) if name.endswith("/name")
        ]


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(boss: Person, world: World) -> None:
    typed = {
        "__rules__1__when__parts__0__value": "twenty",
        "__rules__1__then__0__minor": "ten",
        "__fallback__0__within_hours": "0",
        "__score__late_minor": "much",
    }
    answer = send(boss, EDIT, boss.see(EDIT), "save", **typed)
    assert answer.status_code == 422
    assert "Not kept yet" in answer.text
    assert "an amount such as 12.50 is needed here" in answer.text
    assert "it is from 1 to 10000" in answer.text
    assert "_minor" not in "".join(re.findall('<small class="error"[^>]*>([^<]*)', answer.text))
    for path in ("/rules/1/when/parts/0/value", "/fallback/0/within_hours"):
        field = answer.text.split(f'id="{path}"')[1].split(">")[0]
        assert 'aria-invalid="true"' in field
        assert f'id="e-{path}"' in answer.text
    sent = dict(fields_of(answer.text))
    assert {name: sent[name.replace("__", "/")] for name in typed} == typed
    assert len(world.shop.call("GET", "/v1/policies/rural").json or {}) > 3
    assert (world.shop.call("GET", "/v1/policies/rural").json or {})["version"] == 1


def test_faults_are_told_of_what_people_see() -> None:
    assert plain("late_minor is from 0 to 1000000000000", "/score/late_minor") == "that is too little or too much"
    assert plain("percent is from 1 to 99", "/rules/0/then/0/percent") == "it is from 1 to 99"
    assert plain("action max_price needs minor", "/rules/0/then/0/minor") == "an amount is needed"
    assert plain("a fallback rate needs minor", "/fallback/0/minor") == "an amount is needed"
    assert plain("no ''; there are shipment.weight, now.hour", "/rules/0/when/parts/0/field") == "choose one"
    assert plain("'x' is the name of another rule", "/rules/1/name") == "'x' is the name of another rule"


def test_a_policy_is_kept_as_a_draft_and_compared_and_published_with_a_note(boss: Person, world: World) -> None:
    kept = send(boss, EDIT, boss.see(EDIT), "save", **{"__score__redelivery_minor": "12.50"})
    assert kept.status_code == 303, kept.text
    assert kept.headers["Location"].endswith("/policies/rural?version=2&done=kept")
    found = world.shop.call("GET", "/v1/policies/rural").json or {}
    assert (found["version"], found["stage"], found["data"]["score"]["redelivery_minor"]) == (2, "draft", 1250)
    page = boss.see("/policies/rural/differences", old="1", new="2")
    assert "15.00 EUR" in page
    assert "12.50 EUR" in page
    assert "A second attempt" in page
    live = boss.post("/policies/rural/publish", version="2", stage="live", live="None", note="the vans got cheaper")
    assert live.status_code == 303
    page = boss.see("/policies/rural")
    assert "the vans got cheaper" in page
    assert "When weight is above 20 kg and carrier kind is own: it counts 10.00 EUR less." in page
    entries = world.site.services.staff.audit.list(world.shop.id, None, 5)
    assert "rural, version 2: live (the vans got cheaper)" in [each.reason for each in entries]


def test_whoever_is_overtaken_is_told_and_loses_nothing(boss: Person, world: World) -> None:
    page = boss.see(EDIT)
    assert (
        world.shop.call("PUT", "/v1/policies/rural", {"data": POLICIES["rural"], "stage": "draft"}).status_code == 200
    )
    late = send(boss, EDIT, page, "save", **{"__rules__0__name": "mine"})
    assert late.status_code == 409
    assert "has kept version" in late.text
    assert "API key" in late.text
    assert dict(fields_of(late.text))["/rules/0/name"] == "mine"
    again = send(boss, EDIT, late.text, "save")
    assert again.status_code == 303
    assert "mine" in boss.see("/policies/rural")


def test_the_same_policy_is_written_as_json(boss: Person) -> None:
    page = send(boss, EDIT, boss.see(EDIT), "text").text
    raw = json.loads(dict(fields_of(page))["raw"])
    assert raw["currency"] == "EUR"
    broken = send(boss, EDIT, page, "form", raw="{")
    assert broken.status_code == 422
    assert "this is not JSON" in broken.text
    assert dict(fields_of(broken.text))["raw"] == "{"
    raw["rules"][0]["then"] = {"do": "explode"}
    wrong = send(boss, EDIT, page, "save", raw=json.dumps(raw))
    assert wrong.status_code == 422
    assert "<code>/rules/0/then/do</code>" in wrong.text
    raw["rules"][0]["then"] = {"do": "keep"}
    back = send(boss, EDIT, page, "form", raw=json.dumps(raw))
    assert dict(fields_of(back.text))["/rules/0/then/0/do"] == "keep"


def test_a_new_policy_begins_as_another_one(boss: Person) -> None:
    assert "small letters" in boss.post("/policies/new", name="Not Good").text
    assert "There is a policy rural already" in boss.post("/policies/new", name="rural").text
    begun = boss.post("/policies/new", name="night-round", like="balanced")
    assert begun.headers["Location"].endswith("/policies/night-round/edit?like=balanced")
    path = "/policies/night-round/edit"
    taken = send(boss, path, boss.see(path), "preset", preset="reliable")
    assert "amounts of USD" in taken.text
    assert dict(fields_of(taken.text))["/score/late_minor"] == "100.00"
    assert send(boss, path, taken.text, "save").status_code == 303
    assert "Only drafts" in boss.see("/policies")


def test_names_that_mean_nothing_are_told_and_not_refused(boss: Person) -> None:
    page = send(boss, EDIT, boss.see(EDIT), "add-check /rules/0/when").text
    given = {"__rules__0__when__parts__2__field": "destination.zone"}
    page = send(boss, EDIT, page, "refresh", **given).text
    page = send(boss, EDIT, page, "refresh", **{"__rules__0__when__parts__2__value": "osloo"}).text
    assert "you have no zone" in page


def test_hostile_strings_are_told_as_text(boss: Person) -> None:
    page = boss.see(EDIT)
    rules = {f"__rules__{at}__name": text for at, text in enumerate(HOSTILE)}
    values = {f"__rules__{at}__then__0__minor": text for at, text in enumerate(HOSTILE)}
    actions = {f"__rules__{at}__then__0__do": "prefer" for at in range(len(HOSTILE))}
    checks = {f"__rules__0__when__parts__0__{name}": HOSTILE[0] for name in ("field", "op", "value", "unit")}
    answer = send(
        boss, EDIT, page, "save", **rules, **values, **actions, **checks, **{"__exchange__0__code": HOSTILE[2]}
    )
    assert answer.status_code == 422
    sent = dict(fields_of(answer.text))
    for name in ("name", "then/0/minor"):
        assert [sent[f"/rules/{at}/{name}"] for at in range(len(HOSTILE))] == [text.strip() for text in HOSTILE]
    assert not re.search(r"<(script(?! src)|iframe|img|svg|base|math)", answer.text)


@pytest.mark.parametrize(
    "fields",
    [
        {"/rules": "x", "/rules/0/name": "a"},
        {"/rules/0/when/parts/0/value/0/1": "a", "/rules/0/name": "a"},
        {"/rules/9999/name": "a", "/rules/x/name": "b", "/exchange/0/code": "NOK", "/cover/0/account": "a"},
        {"/rules/0" + "/when/parts/0" * 50 + "/match": "all"},
        {"/" * 60: "a", "/score": "3", "/currency/0": "EUR"},
        {"/rules/0/then/0/do": "prefer", "/rules/0/then/0/minor": "1e999999999", "/rules/0/name": "a"},
        {"/score/late_minor": "NaN", "/score/price_percent": "inf", "/currency": "EUR"},
    ],
)
def test_forms_that_no_page_of_ours_sends_are_answered(boss: Person, fields: dict[str, str]) -> None:
    for act in ("refresh", "save", "text", "add-rule ", "up /rules/1"):
        answer = boss.post(EDIT, act=act, based_on="x", focus="y", **fields)
        assert answer.status_code in (200, 422, 409), answer.text


def test_only_who_may_writes_policies(world: World, boss: Person) -> None:
    support = world.person(Role.SUPPORT)
    assert support.get(EDIT).status_code == 403
    assert "Write the next version" not in support.see("/policies/rural")
    assert Policy.parse("rural", 1, POLICIES["rural"]).rules[0].name in support.see("/policies/rural", version="1")


def test_a_simulation_is_drawn_with_its_numbers_beside(boss: Person, world: World) -> None:
    answer = boss.post("/policies/countryside/simulate", version="1", days="7")
    world.site.work()
    page = boss.see(answer.headers["Location"].removeprefix("/console"))
    drawn = re.findall(r"<figcaption><strong>([^<]+)</strong></figcaption><svg ", page)
    assert drawn[:2] == ["How much, and how sure", "Who would have carried them"]
    assert page.count('<summary class="soft">As a table</summary>') == len(drawn)
    assert "&lt;svg" not in page
    assert re.search(r'<th scope="row">sandbox-oslo</th><td class="num">\d+ \(', page)


def test_a_new_rule_does_nothing_until_somebody_says_what(boss: Person) -> None:
    page = send(boss, "/policies/countryside/edit", boss.see("/policies/countryside/edit"), "add-rule ").text
    added = [value for name, value in fields_of(page) if re.fullmatch(r"/rules/\d+/then/0/do", name)][-1]
    assert added == "keep"
