"""
A forger with a good key: changes a seal as he likes and signs again, so that the arithmetic is right
and only the sin itself is left to be caught.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from schemas import safe_xml
from signing.seal import DS, XADES

SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
MD5 = "http://www.w3.org/2001/04/xmldsig-more#md5"

Change = Callable[[etree._Element], None]

_HASHES: dict[str, type[hashes.SHA1 | hashes.MD5 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "sha1": hashes.SHA1,
    "md5": hashes.MD5,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def tree(seal: bytes) -> etree._Element:
    return safe_xml.parse(seal).root


def text(root: etree._Element) -> bytes:
    return etree.tostring(root, method="c14n")


def find(root: etree._Element, name: str) -> etree._Element:
    """The first element of this local name."""
    found = root.find(f".//{{{DS}}}{name}")
    if found is None:
        found = root.find(f".//{{{XADES}}}{name}")
    assert found is not None, name
    return found


def references(root: etree._Element) -> list[etree._Element]:
    return root.findall(f".//{{{DS}}}SignedInfo/{{{DS}}}Reference")


def forge(seal: bytes, key: object, change: Change) -> bytes:
    """The seal after `change`, with inner digests and the signature value made right again."""
    root = tree(seal)
    change(root)
    for reference in references(root):
        uri = reference.get("URI") or ""
        target = root.find(f".//*[@Id='{uri[1:]}']") if uri.startswith("#") else None
        if target is not None:
            data = etree.tostring(target, method="c14n")
            _set_digest(reference, data)
    signed = etree.tostring(find(root, "SignedInfo"), method="c14n")
    method = find(root, "SignatureMethod").get("Algorithm") or ""
    find(root, "SignatureValue").text = b64encode(_sign(key, method, signed)).decode()
    return text(root)


def _set_digest(reference: etree._Element, data: bytes) -> None:
    algorithm = find(reference, "DigestMethod").get("Algorithm") or ""
    name = algorithm.rpartition("#")[2]
    find(reference, "DigestValue").text = b64encode(hashlib.new(name, data).digest()).decode()


def _sign(key: object, method: str, data: bytes) -> bytes:
    name = method.rpartition("#")[2]
    if name.startswith("hmac"):
        # The old trick: the verifier's own public key as the secret.
        assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hmac.digest(public, data, name.removeprefix("hmac-"))
    chosen = _HASHES[name.rpartition("-")[2]]()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), chosen)
    if isinstance(key, dsa.DSAPrivateKey):
        r, s = utils.decode_dss_signature(key.sign(data, chosen))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(chosen)))
    length = (key.key_size + 7) // 8
    return r.to_bytes(length, "big") + s.to_bytes(length, "big")
