"""`tillbridge`: agent, pay, payments, show, resume, rehearse, pause, journal, doctor, pack ...

Exit 0 = done, 1 = not done, 2 = misused.

Sentences come from strings; nothing here knows a rule about money.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tillbridge.apps.agent.routes import DECISIONS, ROUTES
from tillbridge.apps.cli.asked import add_option, add_options
from tillbridge.domain.errors import OperatorError, TillbridgeError
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.strings import number, sentence

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Errors become one sentence on stderr with their code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        _refuse_card_numbers(words)
        options = _parser().parse_args(words)
        command: Command = options.command
        return command(options)
    except TillbridgeError as error:
        told = number(error.code, error.facts)
        print(f"{sentence(error.code, error.facts)}  {told} [{error.code}]", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(sentence("interrupted", section="cli"), file=sys.stderr)
        return 130


def _refuse_card_numbers(words: Sequence[str]) -> None:
    """Before anything else reads them. Raises OperatorError `card_number_typed` (rule 14)."""
    if looks_like_card_number(" ".join(words)) or any(looks_like_card_number(word) for word in words):
        raise OperatorError("card_number_typed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillbridge", description=sentence("about", section="cli"))
    parser.add_argument("--home", type=Path, default=None, help=sentence("home", section="cli"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "agent")
    _asked_commands(commands)
    _care_commands(commands)
    return parser


def _add(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=sentence(name, section="cli"))
    parser.set_defaults(command=lambda options: _run(name, options))
    return parser


SETTLEMENT = frozenset({"settle", "strangers", "end_stranger"})
OWN_OPTIONS = frozenset({"pause", "resume"})
"""Their options read better by hand than from the table."""


def _asked_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """A command for each request that has one."""
    for route in ROUTES:
        if route.command:
            parser = commands.add_parser(route.word, help=sentence(route.name, section="route"))
            parser.set_defaults(command=lambda options, name=route.name: _run(name, options))
            if route.name not in OWN_OPTIONS:
                add_options(parser, route)
            elif route.name == "pause":
                _pause_options(parser)
            else:
                _resume_options(parser)


def _pause_options(pause: argparse.ArgumentParser) -> None:
    minutes = sentence("minutes", section="field")
    pause.add_argument("minutes", nargs="?", type=int, default=None, help=minutes)
    pause.add_argument("--end", action="store_true", help=sentence("end_pause", section="route"))


def _resume_options(resume: argparse.ArgumentParser) -> None:
    """Every verb can be said here, too: `resume ID --do posted` is `posted ID`."""
    words = [route.word for route in DECISIONS if route.name != "resume"]
    resume.add_argument("payment_id", metavar="ID", help=sentence("show_id", section="cli"))
    resume.add_argument("--do", choices=words, default=None, help=sentence("resume_do", section="cli"))
    for field in {
        field.name: field for route in DECISIONS for field in route.fields if field.command
    }.values():
        add_option(resume, field)


def _care_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    journal = _add(commands, "journal")
    journal.add_argument(
        "what",
        choices=["check", "salvage", "missing", "accept"],
        help=sentence("journal_what", section="cli"),
    )
    journal.add_argument("--person", default="", help=sentence("person", section="field"))
    _add(commands, "doctor")
    pack = _add(commands, "pack")
    pack.add_argument("what", choices=["lint"])
    pack.add_argument("folder", type=Path, help=sentence("pack_folder", section="cli"))


def _run(name: str, options: argparse.Namespace) -> int:
    """Import a command's module only when it is asked for: the command line stays quick."""
    if name in ("journal", "pack"):
        from tillbridge.apps.cli import care

        return care.run(name, options)
    if name == "doctor":
        from tillbridge.apps.cli import doctor

        return doctor.run(options)
    if name == "agent":
        from tillbridge.apps.agent.process import run_agent
        from tillbridge.wiring import home_folder, load_site

        run_agent(load_site(options.home or home_folder()))
        return 0
    if name in ("invoice", "software", "terminals", "rehearse", "pause", "recheck", *SETTLEMENT):
        from tillbridge.apps.cli import screen

        return screen.run(name, options)
    if name in (
        "record_consent",
        "revoke_consent",
        "stored_cards",
        "forget_card",
        "account",
        "payment_methods",
    ):
        from tillbridge.apps.cli import clients

        return clients.run(name, options)
    if name in ("links", "qr"):
        from tillbridge.apps.cli import links

        return links.run(name, options)
    if name in ("payments", "show", "support"):
        from tillbridge.apps.cli import telling

        return telling.run(name, options)
    if name == "agreement":
        from tillbridge.apps.cli import agreement

        return agreement.run(options)
    if name == "ready_to_close":
        from tillbridge.apps.cli import closing

        return closing.run(options)
    if name == "receipt":
        from tillbridge.apps.cli import receipt

        return receipt.run(options)
    from tillbridge.apps.cli import money

    return money.run(name, options)


if __name__ == "__main__":
    sys.exit(main())
