"""Certificates: their fingerprints, and when they end. Of X.509 (RFC 5280) no more is read than that."""

from binascii import Error as NoBase64
from binascii import a2b_base64
from collections.abc import Iterator
from datetime import UTC, datetime

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
_SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _EXPLICIT_VERSION = 0x30, 0x17, 0x18, 0xA0
_LONG = 0x80


def der_certificates(pem: bytes) -> Iterator[bytes]:
    """The certificates of a PEM file, in DER; what is no base64 is left out."""
    for block in pem.split(_BEGIN)[1:]:
        body, end, _ = block.partition(_END)
        if end:
            try:
                yield a2b_base64(body)
            except NoBase64:
                continue


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate, in hexadecimal, as `openssl x509 -fingerprint -sha256` has it without colons."""
    from hashlib import sha256

    return sha256(der).hexdigest()


def not_after(der: bytes) -> datetime | None:
    """When a certificate ends; None where that cannot be read."""
    try:
        certificate = _contents(der, _SEQUENCE)[0]
        fields = _items(_contents(certificate, _SEQUENCE)[0])
        # version (left out in version 1), serialNumber, signature, issuer, validity
        validity = fields[4 if fields[0][0] == _EXPLICIT_VERSION else 3]
        (_, _), (tag, end) = _items(validity[1])[:2]
        return _time(tag, end.decode("ascii"))
    except (ValueError, IndexError):
        return None


def _time(tag: int, text: str) -> datetime:
    form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(tag)
    if form is None:
        raise ValueError("no time")
    found = datetime.strptime(text, form).replace(tzinfo=UTC)
    # RFC 5280, 4.1.2.5.1: of two digits, those from 50 on are of the last century; strptime has 69.
    return found.replace(year=found.year - 100) if tag == _UTC_TIME and found.year >= 2050 else found


def _contents(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first item, which has to have a tag, and what follows it."""
    found, content, rest = _item(der)
    if found != tag:
        raise ValueError("another item")
    return content, rest


def _items(der: bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    while der:
        tag, content, der = _item(der)
        found.append((tag, content))
    return found


def _item(der: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first item, and what follows it (X.690, 8.1: a length in one octet, or in several)."""
    tag, size, start = der[0], der[1], 2
    if size >= _LONG:
        start += size - _LONG
        size = int.from_bytes(der[2:start], "big")
    if start + size > len(der):
        raise ValueError("cut off")
    return tag, der[start : start + size], der[start + size :]
