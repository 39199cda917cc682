"""Mail over SMTP, against a real server on loopback."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.domain.clock import utc_now
from gateway.domain.errors import Unprocessable
from gateway.domain.notifications import Channel, Sender
from gateway.engines.notices.mail import SmtpCourier, is_address
from gateway.engines.notices.sink import MailSink
from gateway.services.ports.notifications import Letter, Unreachable
from gateway.settings import Notifications
from tests.engines.notices.stuck import Stuck, stuck

SETTINGS = Notifications(
    timeout_s=3.0,
    session_s=20.0,
    senders_at_once=2,
    retry_min=(1,),
    rest_s=30,
    private_hosts=(),
    ca_file="",
    allow_private=True,
)
LETTER = Letter(
    id="ntf_1",
    to="kari@example.com",
    text="Hei på deg",
    subject="Pakken er på vei",
    html="<p>Hei på deg</p>",
    language="no",
    unsubscribe=f"https://doorstep.example/u/{'x' * 200}",
)


def sender(sink: MailSink | Stuck, **options: object) -> Sender:
    given = {"host": "127.0.0.1", "port": sink.port, "security": "none", "from": "parcels@shop.example", **options}
    now = utc_now()
    return Sender(
        id="snd_1",
        merchant_id="mer_1",
        mode="test",
        channel=Channel.EMAIL,
        options=given,
        secrets={"password": "right"},
        created_at=now,
        updated_at=now,
    )


def courier(settings: Notifications = SETTINGS) -> SmtpCourier:
    return SmtpCourier(settings, "https://doorstep.example", utc_now)


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink() as sink:
        yield sink


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody but ourselves has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail on loopback")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def guarded(certificate: Path) -> Iterator[MailSink]:
    """A server that insists on STARTTLS and a login."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with MailSink(login=("parcels", "right"), tls=context) as sink:
        yield sink


def test_a_mail_has_both_parts_and_every_header(sink: MailSink) -> None:
    with courier().open(sender(sink, from_name="Sjøbua", reply_to="help@shop.example")) as post:
        outcome = post.send(LETTER)
    (mail,) = sink.mails
    assert (outcome.state, outcome.size) == ("sent", len(mail.content))
    assert (mail.sender, mail.to) == ("parcels@shop.example", ("kari@example.com",))
    message = mail.message
    assert message.get_content_type() == "multipart/alternative"
    assert (mail.part("plain").strip(), mail.part("html").strip()) == (LETTER.text, LETTER.html)
    assert message["From"] == "Sjøbua <parcels@shop.example>"
    assert message["Reply-To"] == "help@shop.example"
    assert message["Message-ID"] == "<ntf_1@doorstep.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert f"List-Unsubscribe: <{LETTER.unsubscribe}>\r\n".encode() in mail.content, "neither folded nor encoded"


@pytest.mark.parametrize(
    "hostile", ["a\r\nBcc: all@example.com", "a\nBcc: all@example.com", "a\x00\x0bb\x85c\u2028Bcc: x", "é" * 300]
)
def test_nothing_in_a_header_begins_another(sink: MailSink, hostile: str) -> None:
    with courier().open(sender(sink, from_name=hostile)) as post:
        assert post.send(replace(LETTER, subject=hostile)).state == "sent"
    (mail,) = sink.mails
    assert mail.message["Bcc"] is None
    assert mail.to == ("kari@example.com",)
    assert "\n" not in str(mail.message["Subject"])


NO_ADDRESSES = (
    *("kari", "kari@", "a b@example.com", "a@b@example.com", '"a"@example.com', "<a@example.com>"),
    *("a@example.com\r\nRCPT TO:<x@y.example>", "a@example.com,b@example.com", "a@localhost", "a@[127.0.0.1]"),
    *("a..b@example.com", ".a@example.com", "a.@example.com", f"a@{'ü' * 70}.example.com"),
    "a" * 250 + "@example.com",
)


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_not_sent_to(sink: MailSink, address: str) -> None:
    assert not is_address(address)
    with courier().open(sender(sink)) as post:
        assert post.send(replace(LETTER, to=address)).state == "refused"
    assert sink.mails == []


@pytest.mark.parametrize(
    ("address", "taken_as"),
    [("jørgen@example.com", "jørgen@example.com"), ("kari@blåbær.example.com", "kari@xn--blbr-roah.example.com")],
)
def test_addresses_in_other_letters_are_written_to(address: str, taken_as: str, sink: MailSink) -> None:
    with courier().open(sender(sink, **{"from": "parcels@sjøbua.example.com", "from_name": "Sjøbua"})) as post:
        assert [post.send(replace(LETTER, to=to)).state for to in (address, "kari@example.com")] == ["sent", "sent"]
    mail, after = sink.mails
    assert (mail.sender, mail.to) == ("parcels@xn--sjbua-wua.example.com", (taken_as,))
    assert str(mail.message["To"]) == taken_as
    assert str(mail.message["From"]) == "Sjøbua <parcels@xn--sjbua-wua.example.com>"
    assert (str(mail.message["Subject"]), after.message["Subject"]) == (LETTER.subject, LETTER.subject)
    assert mail.part("plain").strip() == LETTER.text


def test_one_connection_carries_many(sink: MailSink) -> None:
    with courier().open(sender(sink)) as post:
        outcomes = [post.send(replace(LETTER, id=f"ntf_{n}", to=to)).state for n, to in enumerate(["a", "gone", "b"])]
        addresses = ["a@example.com", "gone@example.com", "full@example.com", "b@example.com"]
        states = [post.send(replace(LETTER, to=address)).state for address in addresses]
    assert outcomes == ["refused"] * 3
    assert states == ["sent", "refused", "later", "sent"]
    assert {mail.connection for mail in sink.mails} == {1}


def test_credentials_go_encrypted_to_a_server_that_proves_its_name(guarded: MailSink, certificate: Path) -> None:
    trusting = courier(replace(SETTINGS, ca_file=str(certificate)))
    with trusting.open(sender(guarded, security="starttls", username="parcels")) as post:
        assert post.send(LETTER).state == "sent"
    (mail,) = guarded.mails
    assert mail.encrypted
    assert mail.login == "parcels"


def test_a_server_that_nobody_vouches_for_gets_nothing(guarded: MailSink) -> None:
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        courier().open(sender(guarded, security="starttls", username="parcels")).__enter__()
    assert guarded.mails == []


def test_a_server_without_starttls_gets_nothing(sink: MailSink) -> None:
    with pytest.raises(Unreachable, match="STARTTLS"):
        courier().open(sender(sink, security="starttls", username="parcels")).__enter__()


def test_refused_credentials_are_told_as_such(guarded: MailSink, certificate: Path) -> None:
    trusting = courier(replace(SETTINGS, ca_file=str(certificate)))
    wrong = replace(sender(guarded, security="starttls", username="parcels"), secrets={"password": "wrong"})
    with pytest.raises(Unreachable, match="refuses the credentials"):
        trusting.open(wrong).__enter__()


def test_a_server_that_breaks_off_may_have_taken_it(sink: MailSink) -> None:
    with courier().open(sender(sink)) as post:
        assert post.send(replace(LETTER, to="break@example.com")).state == "unknown"
        assert post.send(LETTER).state == "unreachable", "over a broken connection nothing was sent"
    assert len(sink.mails) == 1


def test_a_server_that_does_not_answer_has_not_taken_it(sink: MailSink) -> None:
    with courier(replace(SETTINGS, timeout_s=0.5)).open(sender(sink)) as post:
        assert post.send(replace(LETTER, to="slow@example.com")).state == "unreachable"


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "localhost", "evil host", "a/b", ""])
def test_private_hosts_are_refused_unless_allowed(sink: MailSink, host: str) -> None:
    strict = courier(replace(SETTINGS, allow_private=False))
    if host == "localhost":  # a name: found out when it is called
        with pytest.raises(Unreachable, match="not public"):
            strict.open(sender(sink, host=host)).__enter__()
        return
    with pytest.raises(Unprocessable) as refused:
        strict.check(sender(sink, host=host))
    assert refused.value.pointer == "/smtp/host"


def test_a_private_host_that_the_operator_names_is_called(sink: MailSink) -> None:
    named = courier(replace(SETTINGS, allow_private=False, private_hosts=("127.0.0.1",)))
    named.check(sender(sink))
    with named.open(sender(sink)) as post:
        assert post.send(LETTER).state == "sent"


def test_a_server_that_never_comes_to_an_end_is_left_when_the_sessions_time_is_up() -> None:
    with stuck() as server, pytest.raises(Unreachable, match=r"did not come to an end within 0\.2 s"):
        courier(replace(SETTINGS, session_s=0.2)).open(sender(server)).__enter__()
