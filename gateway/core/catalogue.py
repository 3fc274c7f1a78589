"""
The public catalogue of what can go wrong: codes are stable, docs/errors.md is generated from here.

A code is never reused or given another meaning. Severity ERROR stops a letter, WARNING travels with it.
"""

from __future__ import annotations

from gateway.core.errors import Blame, Fault, Severity

E, W = Severity.ERROR, Severity.WARNING

# fmt: off

# 1xx · reading bytes as XML (schemas/safe_xml, core/split)
NOT_XML = Fault("TRUC-101", "not-xml", E, Blame.SENDER, 400,
    "Tệp không phải XML đúng cú pháp: {detail}",
    "The file is not well-formed XML: {detail}",
    "Xuất lại tệp từ phần mềm quản lý văn bản rồi gửi lại",
    "Export the file again from the document system and send it again")
TRUNCATED = Fault("TRUC-102", "truncated", E, Blame.SENDER, 400,
    "Tệp bị cắt cụt: kết thúc khi {detail}",
    "The file is truncated: it ends while {detail}",
    "Gửi lại tệp đầy đủ; kiểm tra dung lượng trước khi gửi",
    "Send the whole file again; check its size first")
NOT_UTF8 = Fault("TRUC-103", "not-utf8", E, Blame.SENDER, 400,
    "Tệp không mã hóa UTF-8 ({detail})",
    "The file is not encoded in UTF-8 ({detail})",
    "Lưu tệp bằng mã UTF-8 rồi gửi lại",
    "Save the file as UTF-8 and send it again")
STRAY_BYTES = Fault("TRUC-104", "stray-bytes", E, Blame.SENDER, 400,
    "Có ký tự lạ trước phần mở đầu XML: {detail}",
    "There are stray bytes before the XML prolog: {detail}",
    "Xóa mọi ký tự đứng trước «<?xml»",
    "Remove everything that stands before \"<?xml\"")
DOCTYPE = Fault("TRUC-105", "doctype", E, Blame.SENDER, 400,
    "Tệp có khai báo DOCTYPE, không được phép",
    "The file declares a DOCTYPE, which is not allowed",
    "Bỏ dòng <!DOCTYPE …>",
    "Remove the <!DOCTYPE …> line")
ENTITY = Fault("TRUC-106", "entity", E, Blame.SENDER, 400,
    "Tệp dùng thực thể XML ({detail}), không được phép",
    "The file uses an XML entity ({detail}), which is not allowed",
    "Thay thực thể bằng chính ký tự đó",
    "Replace the entity by the character itself")
TOO_DEEP = Fault("TRUC-107", "too-deep", E, Blame.SENDER, 400,
    "XML lồng quá {limit} cấp",
    "The XML is nested deeper than {limit} levels",
    "Kiểm tra phần mềm tạo tệp",
    "Check the software that made the file")
TOO_MANY_ELEMENTS = Fault("TRUC-108", "too-many-elements", E, Blame.SENDER, 400,
    "Tệp có hơn {limit} phần tử XML",
    "The file has more than {limit} XML elements",
    "Kiểm tra phần mềm tạo tệp",
    "Check the software that made the file")
ATTRIBUTE_TOO_LONG = Fault("TRUC-109", "attribute-too-long", E, Blame.SENDER, 400,
    "Một thuộc tính hoặc thẻ XML dài quá {limit} byte",
    "An XML attribute or tag is longer than {limit} bytes",
    "Kiểm tra phần mềm tạo tệp",
    "Check the software that made the file")
TEXT_TOO_LONG = Fault("TRUC-110", "text-too-long", E, Blame.SENDER, 400,
    "Một đoạn văn bản ngoài tệp đính kèm dài quá {limit} byte",
    "A text outside the attachments is longer than {limit} bytes",
    "Chuyển nội dung dài vào tệp đính kèm",
    "Move long content into an attachment")
ENVELOPE_TOO_LARGE = Fault("TRUC-111", "envelope-too-large", E, Blame.SENDER, 413,
    "Phần thông tin (không kể tệp đính kèm) lớn quá {limit} byte",
    "The message without its attachments is larger than {limit} bytes",
    "Rút gọn nội dung hoặc chuyển vào tệp đính kèm",
    "Shorten it or move content into attachments")
DOCUMENT_TOO_LARGE = Fault("TRUC-112", "document-too-large", E, Blame.SENDER, 413,
    "Văn bản lớn quá {limit} byte",
    "The document is larger than {limit} bytes",
    "Chia nhỏ hoặc nén tệp đính kèm",
    "Split or compress the attachments")
INSTRUCTION = Fault("TRUC-113", "processing-instruction", E, Blame.SENDER, 400,
    "Tệp có chỉ thị xử lý XML «{detail}», không được phép",
    "The file holds an XML processing instruction \"{detail}\", which is not allowed",
    "Bỏ chỉ thị đó",
    "Remove it")
BOM = Fault("TRUC-114", "bom", W, Blame.SENDER, 400,
    "Tệp bắt đầu bằng dấu BOM; đã bỏ qua khi đọc",
    "The file starts with a byte order mark; it was skipped when reading",
    "Không cần làm gì; nên lưu UTF-8 không BOM",
    "Nothing to do; better save as UTF-8 without BOM")
TRAILING_SPACE = Fault("TRUC-115", "trailing-space", W, Blame.SENDER, 400,
    "Có khoảng trắng sau khi XML kết thúc; đã bỏ qua khi đọc",
    "There is white space after the end of the XML; it was skipped when reading",
    "Không cần làm gì",
    "Nothing to do")
TRAILING_JUNK = Fault("TRUC-116", "trailing-junk", E, Blame.SENDER, 400,
    "Có dữ liệu lạ sau khi XML kết thúc",
    "There is other data after the end of the XML",
    "Xóa mọi dữ liệu sau thẻ </edXML>",
    "Remove everything after </edXML>")
PREFIX_REPAIRED = Fault("TRUC-117", "prefix-repaired", W, Blame.SENDER, 400,
    "Tiền tố «{prefix}» chưa khai báo; đã bổ sung khi đọc",
    "The prefix \"{prefix}\" is not declared; the declaration was added when reading",
    "Khai báo tiền tố ở thẻ gốc",
    "Declare the prefix on the root element")
EMPTY = Fault("TRUC-118", "empty", E, Blame.SENDER, 400,
    "Không có dữ liệu",
    "There is no data",
    "Gửi nội dung tệp edXML",
    "Send the content of an edXML file")
TOO_MANY_ATTACHMENTS = Fault("TRUC-119", "too-many-attachments", E, Blame.SENDER, 400,
    "Có hơn {limit} tệp đính kèm",
    "There are more than {limit} attachments",
    "Gộp các tệp đính kèm",
    "Put the attachments together")

# 2xx · reading XML as edXML (core/edxml)
WRONG_ROOT = Fault("TRUC-201", "wrong-root", E, Blame.SENDER, 400,
    "Thẻ gốc là «{found}», không phải edXML",
    "The root element is \"{found}\", not edXML",
    "Gửi gói tin edXML theo QCVN 102:2016",
    "Send an edXML message as in QCVN 102:2016")
WRONG_NAMESPACE = Fault("TRUC-202", "wrong-namespace", E, Blame.SENDER, 400,
    "Không gian tên «{found}» không phải của QCVN 102:2016",
    "The namespace \"{found}\" is not that of QCVN 102:2016",
    "Dùng http://www.mic.gov.vn/TBT/QCVN_102_2016",
    "Use http://www.mic.gov.vn/TBT/QCVN_102_2016")
OLD_PROTOCOL = Fault("TRUC-203", "old-protocol", E, Blame.SENDER, 400,
    "Gói tin theo giao thức SOAP trước năm 2016, cổng Trục không nhận",
    "This is a message of the SOAP protocol from before 2016, which the axis does not take",
    "Nâng cấp phần mềm lên edXML QCVN 102:2016",
    "Upgrade the document system to edXML of QCVN 102:2016")
MISSING_ELEMENT = Fault("TRUC-204", "missing-element", E, Blame.SENDER, 400,
    "Thiếu phần tử bắt buộc {element}",
    "The required element {element} is missing",
    "Bổ sung phần tử đó",
    "Add it")
NO_RECIPIENT = Fault("TRUC-205", "no-recipient", E, Blame.SENDER, 400,
    "Không có đơn vị nhận",
    "There is no recipient",
    "Ghi ít nhất một To/OrganId (trạng thái: ResponseFor/OrganId)",
    "Name at least one To/OrganId (for a status: ResponseFor/OrganId)")
SCHEMA = Fault("TRUC-206", "schema", E, Blame.SENDER, 400,
    "Không đúng lược đồ: {detail}",
    "Against the schema: {detail}",
    "Sửa phần tử được nêu",
    "Correct the named element")
ALIAS_NAME = Fault("TRUC-207", "alias-name", W, Blame.SENDER, 400,
    "Tên phần tử «{found}» được hiểu là «{name}»",
    "The element name \"{found}\" was read as \"{name}\"",
    "Nên ghi đúng tên trong QCVN 102:2016",
    "Better write the name of QCVN 102:2016")
EMPTY_ELEMENT = Fault("TRUC-208", "empty-element", W, Blame.SENDER, 400,
    "Phần tử rỗng, coi như không có: {detail}",
    "Empty elements, read as absent: {detail}",
    "Không cần làm gì",
    "Nothing to do")
PLACEHOLDER = Fault("TRUC-209", "placeholder", W, Blame.SENDER, 400,
    "Giá trị «{found}» được coi như không có",
    "The value \"{found}\" was read as absent",
    "Bỏ phần tử khi không có giá trị",
    "Leave the element out when there is no value")
DATE_FORM = Fault("TRUC-210", "date-form", W, Blame.SENDER, 400,
    "Ngày «{found}» không theo dạng yyyy/MM/dd",
    "The date \"{found}\" is not written as yyyy/MM/dd",
    "Ghi ngày theo dạng yyyy/MM/dd",
    "Write dates as yyyy/MM/dd")
DATE_UNREADABLE = Fault("TRUC-211", "date-unreadable", W, Blame.SENDER, 400,
    "Không đọc được ngày «{found}»",
    "The date \"{found}\" cannot be read",
    "Ghi ngày theo dạng yyyy/MM/dd",
    "Write dates as yyyy/MM/dd")
NUMBER_UNREADABLE = Fault("TRUC-212", "number-unreadable", W, Blame.SENDER, 400,
    "«{found}» không phải là số; một số phần mềm nhận sẽ báo lỗi",
    "\"{found}\" is not a number; some receiving systems fail on it",
    "Ghi một số nguyên",
    "Write an integer")
DUMMY_SIGNATURE = Fault("TRUC-213", "dummy-signature", W, Blame.SENDER, 400,
    "Chữ ký XML trong phần đầu không kiểm tra được; được chuyển nguyên trạng",
    "The XML signature in the header cannot be verified; it is passed on as it is",
    "Không cần làm gì: giá trị pháp lý nằm ở chữ ký số trên tệp PDF",
    "Nothing to do: legal value rests on the signatures in the PDF files")
ELEMENT_ORDER = Fault("TRUC-214", "element-order", W, Blame.SENDER, 400,
    "Thứ tự phần tử trong {parent} khác SDK của Trục quốc gia",
    "The order of elements in {parent} differs from the SDK of the national axis",
    "Không cần làm gì",
    "Nothing to do")
UNKNOWN_ELEMENT = Fault("TRUC-215", "unknown-element", W, Blame.SENDER, 400,
    "Phần tử «{found}» không có trong quy chuẩn; được chuyển nguyên trạng",
    "The element \"{found}\" is not in the standard; it is passed on as it is",
    "Không cần làm gì; Trục quốc gia sẽ bỏ phần tử này",
    "Nothing to do; the national axis would drop it")
PREFIXES = Fault("TRUC-216", "prefixes", W, Blame.SENDER, 400,
    "Dùng lẫn tiền tố và không gian tên mặc định trong {parent}",
    "Prefix and default namespace are mixed in {parent}",
    "Không cần làm gì",
    "Nothing to do")
CONTENT_ID_FORM = Fault("TRUC-217", "content-id-form", W, Blame.SENDER, 400,
    "ContentId «{found}» được so sánh không kể tiền tố cid:",
    "ContentId \"{found}\" was compared without its cid: prefixes",
    "Ghi một tiền tố cid: ở cả hai nơi",
    "Write one cid: prefix at both places")
STATUS_CODE_FORM = Fault("TRUC-218", "status-code-form", W, Blame.SENDER, 400,
    "Mã trạng thái «{found}» được hiểu là «{code}»",
    "The status code \"{found}\" was read as \"{code}\"",
    "Ghi mã trạng thái bằng hai chữ số",
    "Write the status code with two digits")
ATTACHMENT_MISSING = Fault("TRUC-220", "attachment-missing", E, Blame.SENDER, 400,
    "Danh mục nêu tệp «{name}» nhưng không có nội dung kèm theo",
    "The manifest names \"{name}\", but no such attachment is there",
    "Đính kèm tệp hoặc bỏ khỏi danh mục",
    "Attach the file or remove it from the manifest")
ATTACHMENT_UNLISTED = Fault("TRUC-221", "attachment-unlisted", W, Blame.SENDER, 400,
    "Tệp đính kèm «{name}» không có trong danh mục",
    "The attachment \"{name}\" is not in the manifest",
    "Bổ sung Reference cho tệp đó",
    "Add a Reference for it")
NOT_BASE64 = Fault("TRUC-222", "not-base64", E, Blame.SENDER, 400,
    "Nội dung tệp «{name}» không phải base64",
    "The content of \"{name}\" is not base64",
    "Mã hóa lại nội dung tệp bằng base64",
    "Encode the content of the file in base64")
ATTACHMENT_EMPTY = Fault("TRUC-223", "attachment-empty", E, Blame.SENDER, 400,
    "Tệp đính kèm «{name}» rỗng",
    "The attachment \"{name}\" is empty",
    "Đính kèm lại tệp có nội dung",
    "Attach the file again with its content")
ATTACHMENT_WRAPPED = Fault("TRUC-224", "attachment-wrapped", W, Blame.SENDER, 400,
    "Tệp «{name}» được SDK bọc trong một tệp ZIP; được mở khi đọc",
    "The SDK wrapped \"{name}\" in a ZIP; it is opened for reading",
    "Không cần làm gì",
    "Nothing to do")
CONTENT_TYPE_WRONG = Fault("TRUC-225", "content-type-wrong", W, Blame.SENDER, 400,
    "Loại nội dung «{found}» không đúng với tệp «{name}»",
    "The content type \"{found}\" does not fit the file \"{name}\"",
    "Không cần làm gì",
    "Nothing to do")
ARCHIVE_RATIO = Fault("TRUC-226", "archive-ratio", E, Blame.SENDER, 400,
    "Tệp nén «{name}» bung ra quá {limit} lần",
    "The archive \"{name}\" expands more than {limit} times",
    "Gửi tệp chưa nén hoặc nén bình thường",
    "Send the files uncompressed or normally compressed")
ARCHIVE_NESTED = Fault("TRUC-227", "archive-nested", E, Blame.SENDER, 400,
    "Tệp nén «{name}» chứa tệp nén khác («{inner}»)",
    "The archive \"{name}\" holds another archive (\"{inner}\")",
    "Giải nén tệp bên trong rồi đính kèm lại",
    "Unpack the inner archive and attach again")
ARCHIVE_DAMAGED = Fault("TRUC-228", "archive-damaged", W, Blame.SENDER, 400,
    "Tệp nén «{name}» có thể bị hỏng",
    "The archive \"{name}\" seems damaged",
    "Kiểm tra tệp và gửi bổ sung nếu cần",
    "Check the file and send it again if needed")
PAIRED_BY_POSITION = Fault("TRUC-229", "paired-by-position", W, Blame.SENDER, 400,
    "Tệp «{name}» được ghép với danh mục theo vị trí hoặc tên tệp vì ContentId không khớp",
    "\"{name}\" was paired with the manifest by position or name, since the ContentIds differ",
    "Ghi cùng một ContentId ở cả hai nơi",
    "Write the same ContentId at both places")
ARCHIVE_ENTRIES = Fault("TRUC-230", "archive-entries", E, Blame.SENDER, 400,
    "Tệp nén «{name}» chứa hơn {limit} mục",
    "The archive \"{name}\" holds more than {limit} entries",
    "Chia thành nhiều tệp nén nhỏ hơn",
    "Split it into smaller archives")
REPEATED_ELEMENT = Fault("TRUC-231", "repeated-element", W, Blame.SENDER, 400,
    "Phần tử {element} lặp lại; chỉ đọc lần đầu",
    "The element {element} is there more than once; the first was read",
    "Ghi phần tử đó một lần",
    "Write it once")

# 3xx · business rules (core/validate)
CODE_SHAPE = Fault("TRUC-301", "code-shape", W, Blame.SENDER, 400,
    "Mã định danh «{found}» không đúng dạng",
    "The agency code \"{found}\" has an unusual form",
    "Kiểm tra mã định danh trong danh mục đơn vị",
    "Check the code in the list of agencies")
TOO_LONG = Fault("TRUC-303", "too-long", W, Blame.SENDER, 400,
    "{element} dài {length} ký tự, quy định {limit}",
    "{element} has {length} characters, the rule says {limit}",
    "Không bị từ chối; nên rút gọn",
    "Not refused; better shorten it")
OPERATION_UNKNOWN = Fault("TRUC-304", "operation-unknown", W, Blame.SENDER, 400,
    "Loại nghiệp vụ «{found}» không có trong quy chuẩn; coi là văn bản mới",
    "The operation \"{found}\" is not in the standard; read as new",
    "Ghi BussinessDocType 0, 1, 2 hoặc 3",
    "Write BussinessDocType 0, 1, 2 or 3")
OPERATION_TARGET = Fault("TRUC-305", "operation-target", W, Blame.SENDER, 400,
    "Văn bản {operation} không nêu văn bản liên quan",
    "The document ({operation}) does not name the document it concerns",
    "Nêu văn bản liên quan trong ResponseFor hoặc Bussiness",
    "Name it in ResponseFor or Bussiness")
STATUS_UNKNOWN = Fault("TRUC-307", "status-unknown", W, Blame.SENDER, 400,
    "Mã trạng thái «{found}» chưa biết; được chuyển nguyên trạng",
    "The status code \"{found}\" is not known; it is passed on as it is",
    "Kiểm tra mã trạng thái",
    "Check the status code")
REASON_MISSING = Fault("TRUC-308", "reason-missing", W, Blame.SENDER, 400,
    "Trạng thái {code} cần nêu lý do trong Description",
    "Status {code} needs a reason in Description",
    "Ghi rõ lý do",
    "Give the reason")
STATE_SECRET = Fault("TRUC-309", "state-secret", E, Blame.SENDER, 403,
    "Văn bản mang dấu độ mật ({element}): không được gửi qua trục này",
    "The document bears a secrecy mark ({element}): it may not travel on this axis",
    "Gửi theo quy định về bảo vệ bí mật nhà nước; cổng không lưu nội dung văn bản này",
    "Send it by the rules for state secrets; its content was not kept here")
PERHAPS_SECRET = Fault("TRUC-310", "perhaps-secret", W, Blame.SENDER, 400,
    "Có thể là dấu độ mật trong {element}",
    "There may be a secrecy mark in {element}",
    "Kiểm tra lại độ mật trước khi gửi",
    "Check the secrecy level before sending")
DUPLICATE_DOCUMENT = Fault("TRUC-311", "duplicate-document", W, Blame.SENDER, 400,
    "Đã có văn bản cùng mã định danh hoặc số, ký hiệu gửi ngày {at}",
    "A document with the same id or number and notation was sent on {at}",
    "Kiểm tra xem có gửi trùng không; văn bản vẫn được chuyển",
    "Check whether it was sent twice; it is delivered all the same")
PRIORITY_UNKNOWN = Fault("TRUC-312", "priority-unknown", W, Blame.SENDER, 400,
    "Độ khẩn «{found}» chưa biết; coi là thường",
    "The priority \"{found}\" is not known; read as ordinary",
    "Ghi 0, 1, 2, 3 hoặc 4",
    "Write 0, 1, 2, 3 or 4")
ISSUED_AHEAD = Fault("TRUC-313", "issued-ahead", W, Blame.SENDER, 400,
    "Ngày ban hành {issued} ở sau ngày gửi",
    "The date of issue {issued} lies after the day of sending",
    "Kiểm tra lại ngày ban hành",
    "Check the date of issue")
DUE_BEFORE_ISSUE = Fault("TRUC-314", "due-before-issue", W, Blame.SENDER, 400,
    "Hạn xử lý {due} trước ngày ban hành {issued}",
    "The due date {due} lies before the date of issue {issued}",
    "Kiểm tra lại hạn xử lý",
    "Check the due date")
RECIPIENT_TWICE = Fault("TRUC-316", "recipient-twice", W, Blame.SENDER, 400,
    "Đơn vị nhận {organ} được nêu hai lần; chỉ chuyển một lần",
    "The recipient {organ} is named twice; it gets the letter once",
    "Không cần làm gì",
    "Nothing to do")
TTL_CUT = Fault("TRUC-317", "ttl-cut", W, Blame.SENDER, 400,
    "Thời hạn yêu cầu dài hơn mức của trục; văn bản có thời hạn tới {expires_at}",
    "More time was asked for than the axis gives; the letter has until {expires_at}",
    "Không cần làm gì; quá hạn mà chưa tới nơi thì Trục trả lại và báo lý do",
    "Nothing to do; what has not arrived by then is returned with the reason")
HOUR_PASSED = Fault("TRUC-318", "hour-passed", E, Blame.SENDER, 400,
    "Giờ hẹn giao {at} đã qua",
    "The hour {at} by which it is to be delivered has passed",
    "Ghi giờ hẹn còn ở phía trước, hoặc bỏ giờ hẹn rồi gửi lại",
    "Name an hour that is still to come, or send it again without one")
HOUR_TOO_LATE = Fault("TRUC-319", "hour-too-late", E, Blame.SENDER, 400,
    "Giờ hẹn giao {at} muộn hơn thời hạn trên trục {expires_at}: đến giờ đó văn bản đã bị trả lại",
    "The hour {at} by which it is to be delivered lies after {expires_at}, when the axis returns it",
    "Ghi giờ hẹn sớm hơn; ttl nếu có phải dài hơn giờ hẹn",
    "Name an earlier hour; a ttl, if there is one, must reach beyond it")

# 32x · a letter described in an information file (adapters/folder)
SIDECAR_MISSING = Fault("TRUC-320", "sidecar-missing", E, Blame.SENDER, 400,
    "«{name}» chưa có tệp thông tin đi kèm",
    "\"{name}\" has no information file beside it",
    "Chép MAU-THONG-TIN.txt thành tệp .txt cùng tên với văn bản rồi điền vào",
    "Copy MAU-THONG-TIN.txt to a .txt file of the same name as the document and fill it in")
SIDECAR_UNREADABLE = Fault("TRUC-321", "sidecar-unreadable", E, Blame.SENDER, 400,
    "Không đọc được tệp thông tin «{name}»: {detail}",
    "The information file \"{name}\" cannot be read: {detail}",
    "Ghi mỗi dòng một mục «tên mục: giá trị», lưu tệp bằng mã UTF-8",
    "Write one \"field: value\" a line and save the file as UTF-8")
FIELD_MISSING = Fault("TRUC-322", "field-missing", E, Blame.SENDER, 400,
    "Tệp thông tin thiếu mục «{field}»",
    "The information file lacks \"{field}\"",
    "Bổ sung mục đó rồi lưu lại",
    "Add it and save the file")
FIELD_UNKNOWN = Fault("TRUC-323", "field-unknown", E, Blame.SENDER, 400,
    "Tệp thông tin có mục «{found}» không rõ là gì; mục gần giống: «{nearest}»",
    "The information file has a field \"{found}\" that is not known; the nearest is \"{nearest}\"",
    "Sửa tên mục như trong MAU-THONG-TIN.txt, hoặc xóa dòng đó",
    "Spell the field as in MAU-THONG-TIN.txt, or remove the line")
FIELD_VALUE = Fault("TRUC-324", "field-value", E, Blame.SENDER, 400,
    "Mục «{field}» ghi «{found}» không dùng được: {detail}",
    "\"{field}\" says \"{found}\", which cannot be used: {detail}",
    "Sửa giá trị rồi lưu lại",
    "Correct the value and save the file")
RECIPIENT_AMBIGUOUS = Fault("TRUC-325", "recipient-ambiguous", E, Blame.SENDER, 422,
    "Chưa rõ nơi nhận «{organ}» là đơn vị nào. Có thể là: {candidates}",
    "It is not clear which agency \"{organ}\" is. Perhaps: {candidates}",
    "Ghi mã định danh thay cho tên",
    "Write the agency code in place of the name")
FILES_MIXED = Fault("TRUC-326", "files-mixed", E, Blame.SENDER, 400,
    "Các tệp «{name}» không thành một văn bản: {detail}",
    "The files \"{name}\" do not make one letter: {detail}",
    "Xếp lại các tệp: mỗi văn bản một tên hoặc một thư mục riêng",
    "Sort the files: each letter has a name or a folder of its own")
CAME_BEFORE = Fault("TRUC-327", "came-before", W, Blame.SENDER, 400,
    "Cùng số và ký hiệu (hoặc mã định danh) với văn bản của {organ} đã đến ngày {at}",
    "The same number and notation (or id) as a document of {organ} that came on {at}",
    "Kiểm tra xem có phải văn bản gửi trùng không trước khi vào sổ",
    "Check whether it was sent twice before you register it")

# 4xx · who may send to whom, and the API (core/validate, doors/intake, http)
UNAUTHENTICATED = Fault("TRUC-401", "unauthenticated", E, Blame.SENDER, 401,
    "Chưa xác thực hoặc khóa truy cập sai",
    "Not authenticated, or a wrong key",
    "Kiểm tra khóa truy cập của đơn vị",
    "Check the agency's key")
NOT_ALLOWED = Fault("TRUC-402", "not-allowed", E, Blame.SENDER, 403,
    "Khóa truy cập hoặc tài khoản này không được làm việc đó",
    "This key or account may not do that",
    "Liên hệ người quản trị nút",
    "Ask the operator of the node")
SENDER_NOT_CALLER = Fault("TRUC-403", "sender-not-caller", E, Blame.SENDER, 403,
    "Bên gửi {organ} không phải đơn vị của khóa truy cập",
    "The sender {organ} is not an agency of this key",
    "Ghi From/OrganId đúng mã đã đăng ký",
    "Write the registered code into From/OrganId")
UNKNOWN_LETTER = Fault("TRUC-404", "unknown-letter", E, Blame.SENDER, 404,
    "Không có văn bản {letter_id} trong hộp của đơn vị",
    "There is no letter {letter_id} in the agency's mailbox",
    "Kiểm tra mã; văn bản của đơn vị khác không hiển thị",
    "Check the id; letters of other agencies are not shown")
RECIPIENT_UNKNOWN = Fault("TRUC-405", "recipient-unknown", E, Blame.SENDER, 422,
    "Đơn vị nhận {organ} không tồn tại",
    "The recipient {organ} does not exist",
    "Kiểm tra mã định danh trong danh mục đơn vị",
    "Check the code in the list of agencies")
RECIPIENT_CLOSED = Fault("TRUC-406", "recipient-closed", E, Blame.SENDER, 422,
    "Mã {organ} đã đóng, cơ quan kế thừa: {successor}",
    "The code {organ} is closed; its successor is {successor}",
    "Gửi tới mã kế thừa",
    "Send to the successor")
RECIPIENT_LOCKED = Fault("TRUC-407", "recipient-locked", E, Blame.SENDER, 422,
    "Đơn vị nhận {organ} đã khóa",
    "The recipient {organ} is locked",
    "Liên hệ đơn vị nhận hoặc người quản trị",
    "Ask the recipient or the operator")
NO_KNOWN_RECIPIENT = Fault("TRUC-408", "no-known-recipient", E, Blame.SENDER, 422,
    "Không đơn vị nhận nào nhận được văn bản này",
    "None of the recipients can get this letter",
    "Sửa danh sách đơn vị nhận",
    "Correct the recipients")
KEY_REUSED = Fault("TRUC-409", "key-reused", E, Blame.SENDER, 409,
    "Idempotency-Key đã dùng cho nội dung khác",
    "The Idempotency-Key was used for other content",
    "Dùng khóa mới cho nội dung mới",
    "Use a new key for new content")
RECIPIENT_FOLLOWED = Fault("TRUC-410", "recipient-followed", W, Blame.SENDER, 400,
    "Mã {organ} đã đóng; văn bản được chuyển tới cơ quan kế thừa {successor}",
    "The code {organ} is closed; the letter goes to its successor {successor}",
    "Cập nhật mã đơn vị nhận",
    "Update the recipient's code")
SENDER_UNKNOWN = Fault("TRUC-412", "sender-unknown", E, Blame.SENDER, 403,
    "Đơn vị gửi {organ} không đăng ký tại nút này",
    "The sender {organ} is not registered at this node",
    "Đăng ký đơn vị với người quản trị nút",
    "Register the agency with the operator of the node")
BODY_TOO_LARGE = Fault("TRUC-413", "body-too-large", E, Blame.SENDER, 413,
    "Dữ liệu gửi lên lớn quá {limit} byte",
    "The request is larger than {limit} bytes",
    "Chia nhỏ văn bản",
    "Split the document")
BAD_REQUEST = Fault("TRUC-414", "bad-request", E, Blame.SENDER, 400,
    "Yêu cầu không đúng: {detail}",
    "The request is wrong: {detail}",
    "Xem tài liệu API",
    "See the API documentation")
NO_SUCH_PATH = Fault("TRUC-415", "no-such-path", E, Blame.SENDER, 404,
    "Không có đường dẫn {path}",
    "There is no such path as {path}",
    "Xem tài liệu API",
    "See the API documentation")
NO_SUCH_METHOD = Fault("TRUC-416", "no-such-method", E, Blame.SENDER, 405,
    "Đường dẫn này không nhận phương thức {method}",
    "This path does not take {method}",
    "Xem tài liệu API",
    "See the API documentation")
NOT_FETCHED = Fault("TRUC-417", "not-fetched", E, Blame.SENDER, 409,
    "Văn bản {letter_id} chưa được lấy về nên chưa thể xác nhận",
    "The letter {letter_id} was not fetched yet, so it cannot be acknowledged",
    "Lấy văn bản về rồi xác nhận",
    "Fetch it, then acknowledge it")
BODY_TOO_SLOW = Fault("TRUC-418", "body-too-slow", E, Blame.SENDER, 408,
    "Dữ liệu gửi lên quá chậm nên cổng đã ngừng nhận",
    "The request came in too slowly, so it was broken off",
    "Kiểm tra đường truyền rồi gửi lại",
    "Check the line, then send it again")
KEY_LOCKED = Fault("TRUC-419", "key-locked", E, Blame.SENDER, 403,
    "Khóa truy cập này đã bị khóa",
    "This key is locked",
    "Liên hệ người quản trị nút",
    "Ask the operator of the node")
UNKNOWN_ATTACHMENT = Fault("TRUC-420", "unknown-attachment", E, Blame.SENDER, 404,
    "Văn bản {letter_id} không có tệp đính kèm số {index}",
    "The letter {letter_id} has no attachment {index}",
    "Xem danh sách tệp đính kèm của văn bản",
    "See the list of the letter's attachments")
CERTIFICATE_MISMATCH = Fault("TRUC-421", "certificate-mismatch", E, Blame.SENDER, 403,
    "Khóa truy cập này chỉ dùng được cùng chứng thư máy khách đã đăng ký",
    "This key works only together with the client certificate that it is bound to",
    "Kết nối bằng chứng thư đã đăng ký, hoặc liên hệ người quản trị nút",
    "Connect with that certificate, or ask the operator of the node")
RATE_LIMIT = Fault("TRUC-422", "rate-limit", E, Blame.SENDER, 429,
    "Khóa truy cập này gửi quá {limit} yêu cầu mỗi phút",
    "This key makes more than {limit} requests a minute",
    "Chờ số giây ghi trong Retry-After rồi gửi lại; hỏi thưa hơn",
    "Wait for the seconds in Retry-After, then send it again; ask less often")
RECIPIENT_SIZE = Fault("TRUC-423", "recipient-size", E, Blame.SENDER, 422,
    "Hệ thống của {organ} chỉ nhận văn bản tới {limit} byte; văn bản này {size} byte",
    "The system of {organ} takes documents of up to {limit} bytes; this one has {size}",
    "Giảm dung lượng tệp đính kèm, hoặc gửi đơn vị đó bằng cách khác",
    "Make the attachments smaller, or reach that agency in another way")
RECIPIENT_TYPES = Fault("TRUC-424", "recipient-types", E, Blame.SENDER, 422,
    "Hệ thống của {organ} không nhận tệp «{file}»; chỉ nhận: {types}",
    "The system of {organ} does not take the file \"{file}\"; it takes: {types}",
    "Chuyển tệp sang định dạng đơn vị đó nhận được",
    "Convert the file to a type that the agency takes")
GROUP_UNKNOWN = Fault("TRUC-425", "group-unknown", E, Blame.SENDER, 422,
    "Không có nhóm nhận «{group}»; các nhóm: {known}",
    "There is no group of recipients \"{group}\"; groups are: {known}",
    "Ghi @cấp hoặc @cấp:mã, ví dụ @xa:H14",
    "Write @tier or @tier:code, such as @xa:H14")
GROUP_EMPTY = Fault("TRUC-426", "group-empty", E, Blame.SENDER, 422,
    "Nhóm nhận «{group}» hiện không có đơn vị nào",
    "The group of recipients \"{group}\" has no agency now",
    "Kiểm tra tên nhóm và danh mục đơn vị",
    "Check the group's name and the list of agencies")
GROUP_TOO_LARGE = Fault("TRUC-427", "group-too-large", E, Blame.SENDER, 422,
    "Có {count} đơn vị nhận, nhiều hơn {limit}",
    "There are {count} recipients, more than {limit}",
    "Gửi theo nhóm nhỏ hơn",
    "Send to smaller groups")
QUOTA = Fault("TRUC-429", "quota", E, Blame.SENDER, 429,
    "Đơn vị vượt hạn mức {limit}",
    "The agency is over its quota of {limit}",
    "Gửi tiếp vào ngày mai, hoặc đề nghị người quản trị nút nâng hạn mức",
    "Send the rest tomorrow, or ask the operator of the node for more")
UNKNOWN_UPLOAD = Fault("TRUC-430", "unknown-upload", E, Blame.SENDER, 404,
    "Không có lượt tải lên {upload_id}, hoặc đã hết hạn",
    "There is no upload {upload_id}, or it has expired",
    "Tạo lượt tải lên mới (POST /v1/uploads) rồi gửi lại từ đầu",
    "Create a new upload (POST /v1/uploads) and send the bytes again")
UPLOAD_OFFSET = Fault("TRUC-431", "upload-offset", E, Blame.SENDER, 409,
    "Upload-Offset là {found}, nhưng lượt tải lên đang có {held} byte",
    "Upload-Offset is {found}, but the upload holds {held} bytes",
    "Hỏi lại bằng HEAD rồi gửi tiếp từ Upload-Offset trong câu trả lời",
    "Ask with HEAD and go on from the Upload-Offset of the answer")
UPLOAD_UNFINISHED = Fault("TRUC-432", "upload-unfinished", E, Blame.SENDER, 409,
    "Lượt tải lên mới có {held} trong {length} byte",
    "The upload holds {held} of {length} bytes so far",
    "Tải lên cho đủ rồi gửi lại yêu cầu này",
    "Upload the rest, then send this request again")
TUS_VERSION = Fault("TRUC-433", "tus-version", E, Blame.SENDER, 412,
    "Cần tiêu đề Tus-Resumable: {version}",
    "The header Tus-Resumable: {version} is needed",
    "Dùng thư viện tus phiên bản 1.0",
    "Use a library for tus version 1.0")
UPLOAD_CHECKSUM = Fault("TRUC-434", "upload-checksum", E, Blame.SENDER, 460,
    "Đoạn vừa tải lên không khớp Upload-Checksum và đã được bỏ đi",
    "The piece does not fit its Upload-Checksum and was dropped",
    "Gửi lại đoạn đó",
    "Send that piece again")
TOO_MANY_UPLOADS = Fault("TRUC-435", "too-many-uploads", E, Blame.SENDER, 429,
    "Khóa này đã có {limit} lượt tải lên chưa gửi",
    "This key has {limit} uploads already that were not sent",
    "Gửi hoặc xóa bớt (DELETE) các lượt tải lên đang mở",
    "Send them, or end some of them (DELETE)")
MEDIA_TYPE = Fault("TRUC-436", "media-type", E, Blame.SENDER, 415,
    "Content-Type của nội dung phải là {wanted}",
    "The Content-Type of the body must be {wanted}",
    "Đặt đúng Content-Type rồi gửi lại",
    "Set that Content-Type and send it again")
RANGE = Fault("TRUC-437", "range", E, Blame.SENDER, 416,
    "Tệp chỉ có {size} byte, không có đoạn được hỏi",
    "The file has {size} bytes only, and none where the range asks",
    "Hỏi đoạn nằm trong tệp, hoặc tải cả tệp",
    "Ask for a range within the file, or for all of it")
UPLOAD_BUSY = Fault("TRUC-438", "upload-busy", E, Blame.SENDER, 503,
    "Lượt tải lên này đang nhận dữ liệu qua một kết nối khác",
    "Another connection is writing to this upload now",
    "Chờ vài giây, hỏi lại bằng HEAD rồi gửi tiếp",
    "Wait a few seconds, ask with HEAD and go on")
KEY_REPLACED = Fault("TRUC-439", "key-replaced", E, Blame.SENDER, 409,
    "Khóa {key_id} đã được thay bằng khóa khác",
    "The key {key_id} was replaced by another one already",
    "Đổi khóa mới, hoặc đề nghị người quản trị nút cấp khóa",
    "Change the new key instead, or ask the operator of the node for one")
CODE_TAKEN = Fault("TRUC-440", "code-taken", E, Blame.SENDER, 409,
    "Mã {organ} đã là của {name}",
    "The code {organ} belongs to {name} already",
    "Đăng ký mã khác, hoặc liên hệ người quản trị nút",
    "Register another code, or ask the operator of the node")
UNKNOWN_KEY = Fault("TRUC-441", "unknown-key", E, Blame.SENDER, 404,
    "Không có khóa {key_id}",
    "There is no key {key_id}",
    "Xem danh sách: truc key list",
    "See the list: truc key list")
UNKNOWN_SUBSCRIPTION = Fault("TRUC-442", "unknown-subscription", E, Blame.SENDER, 404,
    "Không có đăng ký nhận thông báo {subscription_id}",
    "There is no subscription {subscription_id}",
    "Xem danh sách đăng ký của đơn vị",
    "See the list of the agency's subscriptions")
UNKNOWN_NOTICE = Fault("TRUC-443", "unknown-notice", E, Blame.SENDER, 404,
    "Không có thông báo số {number}",
    "There is no notice {number}",
    "Xem danh sách thông báo của đơn vị",
    "See the list of the agency's notices")
HASH_MISMATCH = Fault("TRUC-450", "hash-mismatch", E, Blame.SENDER, 400,
    "Mã băm {claimed} không phải của tệp nhận được ({found})",
    "The digest {claimed} is not that of the file that came ({found})",
    "Gửi lại tệp đầy đủ; mã băm tính trên tệp, không kể CRLF ở cuối",
    "Send the whole file again; the digest is of the file without the CRLF after it")
VXP_REFUSED = Fault("TRUC-451", "vxp-refused", E, Blame.SENDER, 422,
    "Trục VXP tại {url} từ chối với mã {code}: {detail}",
    "The VXP axis at {url} refused with code {code}: {detail}",
    "Sửa theo lý do mà trục nêu; mã 15: kiểm tra SystemId và SecretKey",
    "Correct what it names; with code 15 check SystemId and SecretKey")
AXIS_RECIPIENT_UNKNOWN = Fault("TRUC-452", "axis-recipient-unknown", E, Blame.SENDER, 422,
    "Trục phía trên không có đơn vị nhận {organ} (mã 18)",
    "The axis above does not know the recipient {organ} (code 18)",
    "Kiểm tra mã định danh trong danh mục đơn vị của trục đó",
    "Check the code in that axis' list of agencies")
AXIS_RECIPIENT_LOCKED = Fault("TRUC-453", "axis-recipient-locked", E, Blame.SENDER, 422,
    "Trục phía trên đã khóa đơn vị nhận {organ} (mã 23)",
    "The axis above has locked the recipient {organ} (code 23)",
    "Liên hệ đơn vị nhận để biết mã đang dùng",
    "Ask the recipient which code it uses now")
AXIS_BAD_EDXML = Fault("TRUC-454", "axis-bad-edxml", E, Blame.SENDER, 422,
    "Trục phía trên không nhận gói edXML: không đúng chuẩn của trục đó (mã 22)",
    "The axis above does not take this edXML: it does not keep to that axis' standard (code 22)",
    "Kiểm tra gói tin bằng truc check, sửa rồi gửi lại; nếu gói đúng, báo người quản trị nút",
    "Check the message with truc check, correct it and send again; if it is sound, tell the operator")
AXIS_BAD_FILE = Fault("TRUC-455", "axis-bad-file", E, Blame.SENDER, 422,
    "Trục phía trên không nhận tệp: hỏng, quá lớn hoặc không được phép (mã 10)",
    "The axis above does not take the file: broken, too large or not allowed (code 10)",
    "Kiểm tra tệp và dung lượng, sửa rồi gửi lại",
    "Check the file and its size, correct it and send again")

# people at the console (gateway/accounts, gateway/http/console)
LOGIN_REFUSED = Fault("TRUC-460", "login-refused", E, Blame.SENDER, 403,
    "Tên đăng nhập, mật khẩu hoặc mã một lần không đúng, hoặc tài khoản đang bị khóa",
    "The name, password or one-time code is wrong, or the account is locked",
    "Kiểm tra rồi thử lại; sau nhiều lần sai phải chờ một lúc. Quên mật khẩu thì báo người quản trị nút",
    "Check and try again; after several wrong tries there is a wait. Ask the node's administrator for a new password")
PASSWORD_WEAK = Fault("TRUC-461", "password-weak", E, Blame.SENDER, 400,
    "Mật khẩu dễ đoán hoặc quá ngắn ({detail})",
    "The password is easily guessed or too short ({detail})",
    "Đặt mật khẩu dài hơn, nhiều ký tự khác nhau, không chứa tên đăng nhập",
    "Choose a longer one, with many different characters and without the account's name")
ACCOUNT_NAME = Fault("TRUC-462", "account-name", E, Blame.SENDER, 400,
    "Tên đăng nhập «{name}» không đúng dạng",
    "The account name \"{name}\" does not have the right form",
    "Dùng 2–64 chữ thường không dấu, chữ số, dấu chấm, gạch hoặc @",
    "Use 2-64 lower-case letters without marks, digits, dots, dashes or @")
ACCOUNT_TAKEN = Fault("TRUC-463", "account-taken", E, Blame.SENDER, 409,
    "Đã có tài khoản {name}",
    "There is an account {name} already",
    "Chọn tên đăng nhập khác",
    "Choose another name")
UNKNOWN_ACCOUNT = Fault("TRUC-464", "unknown-account", E, Blame.SENDER, 404,
    "Không có tài khoản {name}",
    "There is no account {name}",
    "Xem danh sách: truc console account list",
    "See the list: truc console account list")
LAST_ADMINISTRATOR = Fault("TRUC-465", "last-administrator", E, Blame.SENDER, 409,
    "{name} là người quản trị duy nhất còn hoạt động",
    "{name} is the only administrator left",
    "Cấp quyền quản trị cho người khác trước",
    "Make somebody else an administrator first")
FORM_STALE = Fault("TRUC-466", "form-stale", E, Blame.SENDER, 403,
    "Biểu mẫu không còn hiệu lực hoặc không đến từ trang này",
    "The form is no longer valid, or does not come from this site",
    "Mở lại trang rồi làm lại",
    "Open the page again and repeat")
FORM_TOO_LARGE = Fault("TRUC-475", "form-too-large", E, Blame.SENDER, 413,
    "Nội dung điền vào biểu mẫu lớn quá {limit} KiB",
    "What was filled into the form is larger than {limit} KiB",
    "Chia ra gửi nhiều lần",
    "Send it in several parts")
OPENID_REFUSED = Fault("TRUC-467", "openid-refused", E, Blame.OPERATOR, 403,
    "Không đăng nhập được bằng tài khoản dùng chung: {detail}",
    "The shared login was not accepted: {detail}",
    "Thử lại; nếu vẫn vậy, báo người quản trị nút",
    "Try again; if it stays so, tell the node's administrator")
NO_SUCH_PAGE = Fault("TRUC-469", "no-such-page", E, Blame.SENDER, 404,
    "Không có trang này",
    "There is no such page",
    "Kiểm tra địa chỉ, hoặc đi từ trang đầu",
    "Check the address, or go on from the first page")
CONTENT_CLOSED = Fault("TRUC-468", "content-closed", E, Blame.SENDER, 403,
    "Tài khoản không có quyền xem nội dung văn bản",
    "The account has no right to open the content of letters",
    "Đề nghị người quản trị nút cấp quyền nếu công việc cần đến",
    "Ask the node's administrator for the right if your work needs it")
MOVED_ON = Fault("TRUC-474", "moved-on", E, Blame.SENDER, 409,
    "Văn bản không còn ở tình trạng cho phép việc này",
    "The letter does not stand any more where this can be done",
    "Mở lại trang để xem tình trạng mới",
    "Open the page again to see how it stands now")

# 5xx · between nodes (doors/relay, doors/arrival, broker)
HOP_LIMIT = Fault("TRUC-501", "hop-limit", E, Blame.OPERATOR, 500,
    "Văn bản đã qua {hops} chặng, quá giới hạn hoặc bị lặp vòng",
    "The letter has crossed {hops} hops: over the limit, or in a loop",
    "Kiểm tra danh mục nút",
    "Check the directory's nodes")
NO_ROUTE = Fault("TRUC-502", "no-route", E, Blame.OPERATOR, 500,
    "Không có đường tới nút {node}",
    "There is no way to the node {node}",
    "Kiểm tra danh mục nút",
    "Check the directory's nodes")
EXPIRED = Fault("TRUC-503", "expired", E, Blame.OPERATOR, 504,
    "Văn bản quá hạn chuyển ({expires_at}) khi chưa giao được",
    "The letter expired ({expires_at}) before it could be handed over",
    "Kiểm tra đường nối, rồi gửi lại văn bản",
    "Check the link, then send the letter again")
LINK_DOWN = Fault("TRUC-504", "link-down", E, Blame.OPERATOR, 503,
    "Không nối được tới nút kề {neighbour}: {detail}",
    "The neighbour {neighbour} cannot be reached: {detail}",
    "Cổng sẽ tự thử lại",
    "It will be tried again")
FRAME_VERSION = Fault("TRUC-505", "frame-version", E, Blame.NEIGHBOUR, 500,
    "Khung tin có phiên bản lạ ({detail})",
    "A frame has an unknown version ({detail})",
    "Nâng cấp nút cũ hơn",
    "Upgrade the older node")
FRAME_DAMAGED = Fault("TRUC-506", "frame-damaged", E, Blame.NEIGHBOUR, 500,
    "Khung tin hỏng: {detail}",
    "A damaged frame: {detail}",
    "Cổng sẽ yêu cầu gửi lại",
    "It will be asked for again")
PART_DIGEST = Fault("TRUC-507", "part-digest", E, Blame.NEIGHBOUR, 500,
    "Phần «{part}» không khớp mã băm",
    "The part \"{part}\" does not match its digest",
    "Cổng sẽ yêu cầu gửi lại",
    "It will be asked for again")
WRONG_LINK = Fault("TRUC-508", "wrong-link", E, Blame.NEIGHBOUR, 500,
    "Văn bản từ nút {origin} không thể đến qua đường nối {neighbour}",
    "A letter of the node {origin} cannot come over the link {neighbour}",
    "Kiểm tra danh mục nút ở hai đầu",
    "Check the directory at both ends")
NOT_CONFIRMED = Fault("TRUC-509", "not-confirmed", W, Blame.OPERATOR, 504,
    "Quá hạn mà nút {neighbour} chưa xác nhận đã giữ văn bản",
    "The letter expired before {neighbour} confirmed that it holds it",
    "Theo dõi: văn bản có thể đã đến",
    "Watch it: the letter may have arrived")
BROKER_REFUSED = Fault("TRUC-510", "broker-refused", E, Blame.OPERATOR, 503,
    "Trạm trung chuyển từ chối: {detail}",
    "The broker refused: {detail}",
    "Kiểm tra cấu hình và dung lượng trạm trung chuyển",
    "Check the broker's configuration and space")
UNREADABLE = Fault("TRUC-511", "unreadable", E, Blame.OPERATOR, 500,
    "Không xử lý được sau {tries} lần; đã cách ly",
    "It could not be processed after {tries} tries and was quarantined",
    "Xem mục cách ly và báo nhà phát triển",
    "Look at the quarantine and tell the developers")
NOT_PICKED_UP = Fault("TRUC-512", "not-picked-up", W, Blame.RECEIVER, 504,
    "Đơn vị {organ} chưa lấy văn bản về sau một ngày làm việc",
    "{organ} has not fetched the letter for a working day",
    "Liên hệ đơn vị nhận",
    "Call the recipient")
RETURNED = Fault("TRUC-513", "returned", E, Blame.OPERATOR, 500,
    "Trục trả lại văn bản: {detail}",
    "The axis returned the letter: {detail}",
    "Đọc lý do, sửa rồi gửi lại",
    "Read the reason, correct it and send again")
FRAME_UNKNOWN_LETTER = Fault("TRUC-514", "frame-of-finished-letter", W, Blame.NEIGHBOUR, 500,
    "Khung tin của văn bản đã kết thúc ({letter_id})",
    "A frame of a letter that is finished ({letter_id})",
    "Không cần làm gì",
    "Nothing to do")
MANIFEST_MISMATCH = Fault("TRUC-515", "manifest-mismatch", E, Blame.NEIGHBOUR, 500,
    "Cùng letter_id {letter_id} nhưng danh mục phần khác",
    "The same letter_id {letter_id} came with another manifest",
    "Kiểm tra nút gửi",
    "Check the sending node")
PUT_IN_QUARANTINE = Fault("TRUC-516", "put-in-quarantine", W, Blame.OPERATOR, 500,
    "Người quản trị đã cách ly văn bản",
    "An operator put the letter in quarantine",
    "Chờ kiểm tra",
    "Wait for the check")
STOPPED = Fault("TRUC-517", "stopped", W, Blame.SENDER, 409,
    "Văn bản đã dừng trên đường theo yêu cầu của bên gửi",
    "The letter was stopped on its way at the sender's request",
    "Không cần làm gì",
    "Nothing to do")
GIVEN_BACK = Fault("TRUC-518", "given-back", E, Blame.OPERATOR, 500,
    "Trục trả lại bên gửi: người vận hành nút quyết định không chuyển tiếp văn bản này",
    "The axis gave the letter back: an operator of a node decided that it goes no further",
    "Hỏi đơn vị vận hành nút để biết lý do, sửa rồi gửi lại",
    "Ask the operator of the node for the reason, correct it and send again")

# 6xx · the seal (signing, doors/intake, doors/handover)
NO_SEAL = Fault("TRUC-601", "no-seal", E, Blame.NEIGHBOUR, 403,
    "Văn bản không có niêm phong của nút",
    "The letter bears no seal of a node",
    "Nâng cấp hoặc kiểm tra nút gửi",
    "Check or upgrade the sending node")
SEAL_FAILED = Fault("TRUC-602", "seal-failed", E, Blame.NEIGHBOUR, 403,
    "Niêm phong của nút không hợp lệ: {detail}",
    "The node's seal is not valid: {detail}",
    "Báo người quản trị nút gửi; gửi lại văn bản",
    "Tell the operator of the sending node; send the letter again")
SEAL_UNDETERMINED = Fault("TRUC-603", "seal-undetermined", E, Blame.OPERATOR, 503,
    "Chưa đủ căn cứ kiểm tra niêm phong: {detail}",
    "The seal cannot be verified yet: {detail}",
    "Bổ sung danh sách thu hồi (CRL); cổng sẽ thử lại",
    "Supply the revocation list (CRL); it will be tried again")
NOT_ADDRESSED = Fault("TRUC-604", "not-addressed", E, Blame.NEIGHBOUR, 403,
    "Văn bản niêm phong không ghi gửi tới {organ}",
    "The sealed letter is not addressed to {organ}",
    "Báo người quản trị nút gửi",
    "Tell the operator of the sending node")
NOT_ENTITLED = Fault("TRUC-605", "not-entitled", E, Blame.NEIGHBOUR, 403,
    "Nút {node} không được niêm phong thay {organ}",
    "The node {node} may not seal for {organ}",
    "Kiểm tra danh mục đơn vị",
    "Check the directory")

FROM_THE_FUTURE = Fault("TRUC-606", "from-the-future", E, Blame.NEIGHBOUR, 503,
    "Văn bản ghi giờ tiếp nhận trong tương lai ({at}); chờ tới giờ đó mới kiểm tra được",
    "The letter says it was accepted in the future ({at}); it can only be judged then",
    "Chỉnh đồng hồ nút gửi; cổng sẽ tự thử lại",
    "Set the clock of the sending node; it will be tried again")
CONTAINER_REFUSED = Fault("TRUC-607", "container-refused", E, Blame.SENDER, 400,
    "Tệp .asice không dùng được: {detail}",
    "The .asice file cannot be used: {detail}",
    "Niêm phong lại bằng truc seal, hoặc gửi tệp edXML",
    "Seal it again with truc seal, or send the edXML file")
ORIGINAL_DIFFERS = Fault("TRUC-608", "original-differs", E, Blame.NEIGHBOUR, 403,
    "Các phần ghép lại không ra bản gốc ghi trong routing.json: {detail}",
    "The parts do not join to the original that routing.json names: {detail}",
    "Báo người quản trị nút gửi",
    "Tell the operator of the sending node")
SIGNER_NOT_ORIGIN = Fault("TRUC-609", "signer-not-origin", W, Blame.NEIGHBOUR, 403,
    "Chứng thư mang tên «{signer}», không phải nút gốc {node}",
    "The certificate names \"{signer}\", not the origin node {node}",
    "Hỏi người quản trị nút gốc xem chứng thư này có phải của nút không",
    "Ask the operator of the origin node whether this certificate is its own")
REVOKED_SINCE = Fault("TRUC-610", "revoked-since", E, Blame.NEIGHBOUR, 403,
    "{member}: chứng thư bị thu hồi lúc {at}, sau thời điểm xét; không có dấu thời gian chứng minh niêm phong có trước lúc đó",
    "{member}: the certificate was revoked at {at}, after the time it is judged at; no time-stamp shows that the seal is older",
    "Dùng --at nếu có căn cứ khác rằng tệp đã có trước lúc thu hồi",
    "Use --at if you know otherwise that the file existed before the revocation")
AGENCY_SEAL_UNDETERMINED = Fault("TRUC-611", "agency-seal-undetermined", W, Blame.OPERATOR, 400,
    "Chưa đủ căn cứ kiểm tra niêm phong của đơn vị; được giữ kèm văn bản: {detail}",
    "The agency's own seal cannot be verified yet; it is kept with the letter: {detail}",
    "Không cần làm gì; bổ sung danh sách thu hồi (CRL) ở nút",
    "Nothing to do; supply the revocation list (CRL) at the node")
AGENCY_CERTIFICATE = Fault("TRUC-612", "agency-certificate", W, Blame.SENDER, 400,
    "Chứng thư đã niêm phong không nằm trong các chứng thư của {organ} ghi trong danh mục",
    "The certificate that sealed it is not one that the directory has for {organ}",
    "Kiểm tra chứng thư; nếu mới đổi, đề nghị người quản trị cập nhật danh mục",
    "Check the certificate; if it is a new one, ask the operator to update the directory")
EDITION_UNREADABLE = Fault("TRUC-613", "edition-unreadable", E, Blame.NEIGHBOUR, 400,
    "Bản cập nhật danh mục không đọc được: {detail}",
    "The edition of the directory cannot be read: {detail}",
    "Báo người quản trị nút ký; không áp dụng gì",
    "Tell the operator of the node that signed it; nothing was applied")
EDITION_SIGNER = Fault("TRUC-614", "edition-signer", E, Blame.NEIGHBOUR, 403,
    "Bản cập nhật danh mục ghi là của nút {node} nhưng chứng thư mang tên «{signer}»",
    "The edition says that it is of the node {node}, but the certificate names \"{signer}\"",
    "Báo người quản trị nút ký; không áp dụng gì",
    "Tell the operator of the node that signed it; nothing was applied")
EDITION_CHAIN = Fault("TRUC-615", "edition-chain", E, Blame.NEIGHBOUR, 409,
    "Bản cập nhật danh mục số {number} của nút {node} không nối tiếp bản trước: {detail}",
    "The edition {number} of the node {node} does not follow the one before it: {detail}",
    "Báo người quản trị nút ký; không áp dụng gì",
    "Tell the operator of the node that signed it; nothing was applied")
EDITION_REPLACED = Fault("TRUC-616", "edition-replaced", E, Blame.NEIGHBOUR, 409,
    "Bản cập nhật danh mục số {number} của nút {node} đã có với nội dung khác",
    "The edition {number} of the node {node} is known with another content",
    "Hỏi người quản trị nút ký bản nào là thật; bản đang có được giữ nguyên",
    "Ask the operator of the signing node which one is true; the one that is here stays")
EDITION_NOT_ENTITLED = Fault("TRUC-617", "edition-not-entitled", E, Blame.NEIGHBOUR, 403,
    "Nút {node} không được thay đổi {what}: {detail}",
    "The node {node} may not change {what}: {detail}",
    "Nút cấp trên của cả hai phải công bố thay đổi này; kiểm tra danh mục",
    "The node above both must publish this change; check the directory")
EDITION_TOO_LARGE = Fault("TRUC-618", "edition-too-large", E, Blame.OPERATOR, 413,
    "Bản cập nhật danh mục lớn quá {limit} byte",
    "The edition of the directory is larger than {limit} bytes",
    "Chia thành nhiều tệp, công bố lần lượt",
    "Split it into several files and publish one after another")

# 7xx · room and machines (store, node)
DISK_FULL = Fault("TRUC-701", "disk-full", E, Blame.OPERATOR, 507,
    "Hết dung lượng lưu trữ",
    "The disk is full",
    "Giải phóng dung lượng; bên gửi thử lại sau",
    "Free some space; the sender may try later")
STORE_BUSY = Fault("TRUC-702", "store-busy", E, Blame.OPERATOR, 503,
    "Kho dữ liệu đang bận: {detail}",
    "The store is busy: {detail}",
    "Thử lại sau ít phút",
    "Try again in a few minutes")
DRAINING = Fault("TRUC-703", "draining", E, Blame.OPERATOR, 503,
    "Nút đang dừng để bảo trì",
    "The node is shutting down for maintenance",
    "Thử lại sau ít phút",
    "Try again in a few minutes")
BLOB_DAMAGED = Fault("TRUC-704", "blob-damaged", E, Blame.OPERATOR, 500,
    "Nội dung lưu trữ bị hỏng: {detail}",
    "Stored content is damaged: {detail}",
    "Khôi phục từ bản sao lưu",
    "Restore it from the backup")
NODE_UNREACHABLE = Fault("TRUC-705", "node-unreachable", E, Blame.OPERATOR, 503,
    "Không nối được tới nút tại {url}: {detail}",
    "The node at {url} cannot be reached: {detail}",
    "Kiểm tra địa chỉ và xem nút có đang chạy không",
    "Check the address, and whether the node is running")
NOTICE_UNHEARD = Fault("TRUC-706", "notice-unheard", E, Blame.RECEIVER, 503,
    "Không tới được nơi nhận thông báo: {detail}",
    "The receiver of the notice cannot be reached: {detail}",
    "Kiểm tra địa chỉ, tường lửa và chứng thư của nơi nhận; cổng sẽ tự thử lại",
    "Check the receiver's address, firewall and certificate; it will be tried again")
NOTICE_REFUSED = Fault("TRUC-707", "notice-refused", E, Blame.RECEIVER, 502,
    "Nơi nhận không nhận thông báo: {detail}",
    "The receiver did not take the notice: {detail}",
    "Xem nhật ký của nơi nhận, rồi yêu cầu gửi lại thông báo",
    "Look at the receiver's log, then ask for the notice again")
RECEIVER_GONE = Fault("TRUC-708", "receiver-gone", E, Blame.RECEIVER, 502,
    "Nơi nhận thông báo cho biết địa chỉ đã bỏ (HTTP 410); đăng ký bị ngừng",
    "The receiver of notices says that its address is given up (HTTP 410); the subscription is stopped",
    "Đặt địa chỉ mới cho đăng ký rồi bật lại",
    "Give the subscription a new address and make it active again")
VXP_UNREACHABLE = Fault("TRUC-710", "vxp-unreachable", E, Blame.OPERATOR, 503,
    "Trục VXP tại {url} chưa trả lời được ({code}): {detail}",
    "The VXP axis at {url} gives no usable answer ({code}): {detail}",
    "Thử lại sau; nếu kéo dài, kiểm tra địa chỉ và báo đơn vị vận hành trục đó",
    "Try again later; if it lasts, check the address and tell those who run that axis")
AXIS_SENDING = Fault("TRUC-711", "axis-sending", E, Blame.OPERATOR, 503,
    "Văn bản đang được gửi lên trục phía trên",
    "The letter is being sent to the axis above",
    "Không cần làm gì; cổng sẽ xem lại sau ít phút",
    "Nothing to do; it is looked at again in a moment")
FOLDER_UNREACHABLE = Fault("TRUC-720", "folder-unreachable", E, Blame.OPERATOR, 503,
    "Thư mục trao đổi của {organ} chưa dùng được: {detail}",
    "The exchange folder of {organ} cannot be used now: {detail}",
    "Kiểm tra thư mục, quyền ghi và ổ mạng; cổng sẽ tự thử lại",
    "Check the folder, its permissions and its share; it will be tried again")
OPENID_UNREACHABLE = Fault("TRUC-730", "openid-unreachable", E, Blame.OPERATOR, 503,
    "Hệ thống đăng nhập dùng chung không trả lời ({detail})",
    "The OpenID provider does not answer ({detail})",
    "Thử lại sau; tài khoản cấp tại nút này vẫn dùng được",
    "Try again later; accounts of this node itself still work")

# 8xx · configuration (config, directory)
CONFIG_UNKNOWN_KEY = Fault("TRUC-801", "config-unknown-key", E, Blame.OPERATOR, 500,
    "Khóa cấu hình «{key}» không có; gần nhất là «{nearest}»",
    "There is no setting \"{key}\"; the nearest is \"{nearest}\"",
    "Sửa tên khóa",
    "Correct its name")
CONFIG_BAD_VALUE = Fault("TRUC-802", "config-bad-value", E, Blame.OPERATOR, 500,
    "Giá trị của «{key}» không dùng được: {detail}",
    "The value of \"{key}\" cannot be used: {detail}",
    "Sửa giá trị",
    "Correct it")
CONFIG_NO_FILE = Fault("TRUC-803", "config-no-file", E, Blame.OPERATOR, 500,
    "Không đọc được tệp {path}: {detail}",
    "The file {path} cannot be read: {detail}",
    "Kiểm tra đường dẫn và quyền đọc",
    "Check its path and permissions")
KEY_FILE_OPEN = Fault("TRUC-804", "key-file-open", E, Blame.OPERATOR, 500,
    "Tệp khóa {path} cho người khác đọc",
    "The key file {path} can be read by others",
    "Chạy chmod 600 cho tệp đó",
    "Run chmod 600 on it")
DIRECTORY_BROKEN = Fault("TRUC-805", "directory-broken", E, Blame.OPERATOR, 500,
    "Danh mục không nhất quán: {detail}",
    "The directory is inconsistent: {detail}",
    "Sửa danh mục",
    "Correct the directory")
BROKER_MISMATCH = Fault("TRUC-806", "broker-mismatch", E, Blame.OPERATOR, 500,
    "Hàng đợi «{queue}» có tham số khác: {detail}",
    "The queue \"{queue}\" exists with other arguments: {detail}",
    "Chạy truc broker check rồi xử lý",
    "Run truc broker check, then mend it")
SCHEMA_OLD = Fault("TRUC-807", "schema-old", E, Blame.OPERATOR, 500,
    "Cơ sở dữ liệu ở phiên bản {found}, cần {wanted}",
    "The database is at version {found}, {wanted} is needed",
    "Chạy truc migrate",
    "Run truc migrate")

AGENCY_UNKNOWN = Fault("TRUC-808", "agency-unknown", E, Blame.OPERATOR, 404,
    "Không có đơn vị {organ} tại nút này",
    "There is no agency {organ} at this node",
    "Xem danh sách: truc agency list",
    "See the list: truc agency list")

PROGRAM_MISSING = Fault("TRUC-809", "program-missing", E, Blame.OPERATOR, 500,
    "Máy này chưa cài {program}",
    "{program} is not installed on this machine",
    "Cài đặt rồi chạy lại, ví dụ trên Debian: apt-get install rabbitmq-server",
    "Install it and run this again, on Debian for example: apt-get install rabbitmq-server")
PROGRAM_FAILED = Fault("TRUC-810", "program-failed", E, Blame.OPERATOR, 500,
    "{program} không chạy được: {detail}",
    "{program} does not run: {detail}",
    "Xem nhật ký của chương trình đó",
    "Look at what that program logged")
VAULT_KEY = Fault("TRUC-811", "vault-key", E, Blame.OPERATOR, 500,
    "Tệp khóa {path} không mở được các mật khẩu đã cất",
    "The key file {path} does not open the secrets that are kept",
    "Khôi phục đúng tệp khóa của nút này, hoặc cấp lại các mật khẩu",
    "Restore the key file of this very node, or give out the secrets anew")
CALENDAR_PROVISIONAL = Fault("TRUC-812", "calendar-provisional", W, Blame.OPERATOR, 500,
    "Lịch nghỉ lễ, làm bù năm {year} chưa có quyết định của Chính phủ; thời hạn đang tính theo Bộ luật Lao động",
    "The Government's decisions on days off and make-up days of {year} are not known here; the Labour Code is used",
    "Khi có thông báo lịch nghỉ, ghi vào calendar.extra_holidays và calendar.make_up_days",
    "Once they are announced, write them into calendar.extra_holidays and calendar.make_up_days")
DIRECTORY_ODD = Fault("TRUC-813", "directory-odd", W, Blame.OPERATOR, 500,
    "Danh mục dùng được nhưng có điều cần xem lại: {detail}",
    "The directory can be used, but look at this: {detail}",
    "Sửa danh mục nếu đó không phải chủ ý",
    "Correct the directory if this is not meant")

# 9xx · ourselves
INTERNAL = Fault("TRUC-900", "internal", E, Blame.TRUC, 500,
    "Lỗi của cổng Trục (mã tra cứu {incident})",
    "A fault of Trục (incident {incident})",
    "Báo mã tra cứu cho người quản trị",
    "Tell the operator the incident id")

FAULTS: dict[str, Fault] = {f.code: f for f in list(globals().values()) if isinstance(f, Fault)}
