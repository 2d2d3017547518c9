"""Certificates as openssl makes and reads them."""

import hashlib
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetscale_cicd.tools.certificates import der_certificates, fingerprint, not_after
from tests.support.oci import Authority, authority


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("certificates"))


def openssl(file: Path, *what: str) -> str:
    command = ("openssl", "x509", "-in", str(file), "-noout", *what)
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().partition("=")[2]


def test_every_certificate_of_a_file_has_the_fingerprint_that_openssl_gives_it(made: Authority) -> None:
    both = b"a word before\n" + made.ca.read_bytes() + made.certificate.read_bytes()
    expected = [
        openssl(each, "-fingerprint", "-sha256").replace(":", "").lower() for each in (made.ca, made.certificate)
    ]
    assert [fingerprint(der) for der in der_certificates(both)] == expected


def test_a_certificate_ends_when_openssl_says_so(made: Authority) -> None:
    (der,) = der_certificates(made.certificate.read_bytes())
    end = ssl.cert_time_to_seconds(openssl(made.certificate, "-enddate"))
    assert not_after(der) == datetime.fromtimestamp(end, UTC)


@pytest.mark.parametrize("end", ["20691231235959Z", "20491231235959Z", "20500101000000Z"])
def test_an_end_far_away_is_in_the_right_century(tmp_path: Path, end: str) -> None:
    """Up to 2049 a year has two digits in a certificate, and four from 2050 on (RFC 5280, 4.1.2.5)."""
    for name, content in {"index": "", "serial": "01\n"}.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "ca.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
        "policy=any\n[any]\ncommonName=supplied\n[req]\ndistinguished_name=name\n[name]\n"
    )
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key")
    request = ("openssl", "req", "-config", "ca.cnf", "-new", *key, "-subj", "/CN=far", "-out", "request")
    sign = ("openssl", "ca", "-config", "ca.cnf", "-batch", "-selfsign", "-keyfile", "key", "-in", "request")
    for command in (request, (*sign, "-enddate", end, "-out", "certificate")):
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    (der,) = der_certificates((tmp_path / "certificate").read_bytes())
    found = not_after(der)
    assert found
    assert found.strftime("%Y%m%d%H%M%SZ") == end


def test_the_last_century_is_that_of_two_digits_from_50_on() -> None:
    assert not_after(_with_end(b"\x17\x0d", b"500101000000Z")) == datetime(1950, 1, 1, tzinfo=UTC)
    assert not_after(_with_end(b"\x17\x0d", b"491231235959Z")) == datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("end", [b"991399000000Z", b"\xff" * 13, b"9912312359590"])
def test_a_time_that_is_none_is_no_end(end: bytes) -> None:
    assert not_after(_with_end(b"\x17\x0d", end)) is None


def _with_end(tag: bytes, end: bytes) -> bytes:
    """A certificate that holds nothing but its times: without a version, and with no signature."""
    validity = _sequence(b"\x17\x0d" + b"240101000000Z" + tag + end)
    return _sequence(_sequence(b"\x02\x01\x01" + _sequence(b"") + _sequence(b"") + validity))


def _sequence(content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([0x30, len(content)]) + content


@given(st.binary(max_size=60))
def test_what_is_no_certificate_has_no_end(content: bytes) -> None:
    assert not_after(content) is None
    assert len(fingerprint(content)) == len(hashlib.sha256().hexdigest())


@given(st.data())
def test_a_certificate_that_is_damaged_is_read_or_not_and_raises_nothing(made: Authority, data: st.DataObject) -> None:
    (der,) = der_certificates(made.certificate.read_bytes())
    at = data.draw(st.integers(0, len(der) - 1))
    damaged = (
        der[:at] + bytes([data.draw(st.integers(0, 255))]) + der[at + 1 : data.draw(st.integers(at + 1, len(der)))]
    )
    end = not_after(damaged)
    assert end is None or end.tzinfo is UTC
