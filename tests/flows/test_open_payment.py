"""What a person has typed so far into an open payment window, read together with the invoice, touching nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.flows.fake_impromed import Clinic, order
from tillbridge.domain.money import Money
from tillbridge.flows.practice import PackPractice
from tillbridge.ports.practice import Entering, InvoiceSeen


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def entering(clinic: Clinic) -> Entering | None:
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen), seen
    assert clinic.software.backend.log == []
    return seen.entering


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def test_no_window_is_nothing(clinic: Clinic) -> None:
    assert entering(clinic) is None


def test_amount_method_and_reference_are_read_as_they_stand(clinic: Clinic) -> None:
    clinic.software.open_payment()
    window = clinic.software.payment
    window["cboMethod"].text = "Check"
    window["txtAmount"].text = "100.00"
    window["txtReference"].shown = True
    window["txtReference"].text = " 4711 "
    assert entering(clinic) == Entering(amount=usd(10_000), method="Check", reference="4711")


def test_a_reference_that_is_hidden_says_nothing(clinic: Clinic) -> None:
    clinic.software.open_payment()
    clinic.software.payment["txtReference"].text = "4711"
    assert entering(clinic) == Entering(amount=usd(21_240), method="Cash", reference="")


@pytest.mark.parametrize("typed", ["", "1", "21", "212.", "212.4", "abc"])
def test_an_amount_that_is_half_typed_is_none_and_never_guessed(clinic: Clinic, typed: str) -> None:
    clinic.software.open_payment()
    clinic.software.payment["txtAmount"].text = typed
    seen = entering(clinic)
    assert seen is not None
    assert seen.amount is None


def test_a_control_that_is_gone_says_nothing(clinic: Clinic) -> None:
    clinic.software.open_payment()
    window = clinic.software.payment
    window.controls.remove(window["cboMethod"])
    assert entering(clinic) == Entering(amount=usd(21_240), method="", reference="")


def test_our_own_forgotten_window_is_told_by_its_marker(clinic: Clinic) -> None:
    clinic.software.open_payment()
    window = clinic.software.payment
    window["txtReference"].shown, window["txtReference"].text = True, order().marker
    seen = entering(clinic)
    assert seen is not None
    assert seen.reference == order().marker


def test_a_pack_that_does_not_say_how_reads_none(clinic: Clinic) -> None:
    [pack] = clinic.practice.packs
    flows = {name: flow for name, flow in pack.flows.items() if name != "read_open_payment"}
    clinic.practice = PackPractice(clinic.desk, [replace(pack, flows=flows)])
    clinic.software.open_payment()
    assert entering(clinic) is None
