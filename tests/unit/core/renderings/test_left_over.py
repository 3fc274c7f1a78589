from gateway.core.renderings.left_over import left_over
from schemas.safe_xml import DEFAULT_LIMITS
from tests.kit.messages import message, status_message

TRACE = "<TraceHeaderList><Business><Paper>1</Paper></Business></TraceHeaderList>"
SIGNATURE = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/></ds:Signature>'


def test_a_signature_is_found_under_any_prefix() -> None:
    found = left_over(message(trace=TRACE + SIGNATURE), DEFAULT_LIMITS).signature

    assert found is not None
    assert found.tag == "{http://www.w3.org/2000/09/xmldsig#}Signature"


def test_an_empty_digital_signature_is_none() -> None:
    assert left_over(message(trace="<DigitalSignature/>"), DEFAULT_LIMITS).signature is None


def test_empty_blocks_are_told_in_order_and_empty_leaves_are_not() -> None:
    header = (
        "<Subject/><ResponseFor><OrganId/><Code> </Code></ResponseFor><SignerInfo/>"
        "<ResponseFor><Code>1/A</Code></ResponseFor><Unheard/><ResponseFor/>"
    )

    rest = left_over(message(header), DEFAULT_LIMITS)

    assert rest.empty_blocks == ("ResponseFor", "SignerInfo", "ResponseFor")


def test_business_is_found_however_it_is_spelt() -> None:
    assert left_over(message(trace=TRACE), DEFAULT_LIMITS).has_business
    assert not left_over(message(trace="<TraceHeaderList/>"), DEFAULT_LIMITS).has_business
    assert not left_over(status_message("<StatusCode>01</StatusCode>"), DEFAULT_LIMITS).has_business
