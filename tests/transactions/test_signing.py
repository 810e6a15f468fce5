"""Standard Webhooks signatures: what the reference library says of ours, what we say of its, and every wrong one."""

import random
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from transactions import signing
from transactions.signing import BadSecret, NotVerified

NOW = 1_790_000_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"type":"transaction.succeeded"}'


def signed(**changes: str) -> dict[str, str]:
    headers = signing.signed_headers([SECRET], id="msg_1", at=NOW, body=BODY)
    return headers | {name.replace("_", "-"): value for name, value in changes.items()}


def why_not(headers: dict[str, str], body: bytes = BODY, now: float = NOW) -> str:
    with pytest.raises(NotVerified) as refused:
        signing.verify([SECRET], headers, body, now=now)
    return str(refused.value)


def test_the_reference_library_and_ours_agree_on_a_thousand_messages_both_ways() -> None:
    dice = random.Random(8)
    for _ in range(1_000):
        secret, name = signing.new_secret(), f"msg_{dice.randbytes(dice.randint(1, 20)).hex()}"
        at = int(time.time()) - dice.randint(-200, 200)
        text = "".join(chr(dice.choice((dice.randint(0, 127), dice.randint(0xA0, 0xD7FF)))) for _ in range(50))
        library, body = Webhook(secret), text.encode()

        ours = signing.signed_headers([secret], id=name, at=at, body=body)
        library.verify(body, ours, json_parse=False)

        theirs = library.sign(name, datetime.fromtimestamp(at, UTC), text)
        assert theirs == ours[signing.SIGNATURE]
        headers = {"Webhook-Id": name, "Webhook-Timestamp": str(at), "Webhook-Signature": theirs}
        assert signing.verify([secret], headers, body, now=time.time()) == name


def test_a_message_signed_with_two_secrets_is_known_by_either() -> None:
    new = signing.new_secret()
    headers = signing.signed_headers([new, SECRET], id="msg_1", at=NOW, body=BODY)
    for one in (new, SECRET):
        assert signing.verify([one], headers, BODY, now=NOW) == "msg_1"
    with pytest.raises(NotVerified):
        signing.verify([signing.new_secret()], headers, BODY, now=NOW)


@pytest.mark.parametrize("name", [signing.ID, signing.TIMESTAMP, signing.SIGNATURE])
@pytest.mark.parametrize("value", [None, ""])
def test_a_header_that_is_missing_is_named(name: str, value: str | None) -> None:
    headers = signed()
    del headers[name]
    if value is not None:
        headers[name] = value
    assert name in why_not(headers)


@pytest.mark.parametrize(
    "signature",
    [
        "v1",
        "v1,",
        ",",
        "v1,!!!",
        "v1a,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        "v2,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        "v1,\udcff",
        "v1,ü",
        " " * 10_000,
    ],
)
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    assert "No signature fits" in why_not(signed(webhook_signature=signature))


def test_what_was_signed_cannot_be_changed() -> None:
    assert "No signature fits" in why_not(signed(), BODY + b" ")
    assert "No signature fits" in why_not(signed(webhook_id="msg_2"))
    assert "No signature fits" in why_not(signed(webhook_timestamp=str(NOW + 1)))
    good = signed()[signing.SIGNATURE]
    assert "No signature fits" in why_not(signed(webhook_signature=good.replace("v1,", "v2,")))


@pytest.mark.parametrize("sent", ["now", "-1", "1e9", "17.5", "９", "9" * 30, " 1"])
def test_a_time_that_is_no_number_is_refused(sent: str) -> None:
    assert "no number of seconds" in why_not(signed(webhook_timestamp=sent))


@pytest.mark.parametrize(("later", "words"), [(301, "more than 300 s ago"), (-301, "300 s from now")])
def test_a_message_is_taken_for_five_minutes(later: int, words: str) -> None:
    assert words in why_not(signed(), now=NOW + later)
    for within in (-300, 300):
        assert signing.verify([SECRET], signed(), BODY, now=NOW + within) == "msg_1"


def test_one_good_signature_among_others_is_enough_but_not_the_hundredth() -> None:
    good = signed()[signing.SIGNATURE]
    assert signing.verify([SECRET], signed(webhook_signature=f"v1,other v1a,x {good}"), BODY, now=NOW)
    assert "No signature fits" in why_not(signed(webhook_signature="v1,x " * 99 + good))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!", "whsec_ü", "secret one"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(BadSecret):
        signing.sign(secret, id="msg_1", at=NOW, body=BODY)
