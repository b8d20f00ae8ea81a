"""Customers are pseudonyms from the door on: keyed hashes of the shop's own IDs."""

import re
from collections.abc import Collection, Iterable

from medgan_fashion.imaging.cases.pseudonyms import pseudonym, pseudonym_key

PREFIX = "C-"
_PSEUDONYM = re.compile(r"C-[0-9a-f]{10}")


def customer_pseudonyms(identities: Iterable[str]) -> dict[str, str]:
    """The shop's ID -> "C-" and 10 hexadecimal digits, under this user's key (imaging.pseudonyms)."""
    key = pseudonym_key()
    return {identity: pseudonym(key, identity, PREFIX) for identity in identities}


def find_customer(customer: str, known: Collection[str]) -> str | None:
    """The one of those pseudonyms that is meant by the shop's ID or by the pseudonym itself; None where none is.

    An ID may look like a pseudonym ("C-0000012345"), so it is looked up as it is given before it is hashed.

    Raises:
        ValueError: empty.
    """
    customer = customer.strip()
    if not customer:
        raise ValueError("no customer given: use the shop's ID or the pseudonym C-...")
    names = (customer, customer_pseudonyms([customer])[customer])
    return next((name for name in names if name in known), None)


def known_as(customer: str) -> str:
    """The pseudonym of a customer given by the shop's ID or by the pseudonym itself, where it cannot be looked up.

    Raises:
        ValueError: empty.
    """
    customer = customer.strip()
    if not customer:
        raise ValueError("no customer given: use the shop's ID or the pseudonym C-...")
    return customer if _PSEUDONYM.fullmatch(customer) else customer_pseudonyms([customer])[customer]
