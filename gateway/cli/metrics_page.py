"""
docs/metrics.md: every metric of a node, as the node itself declares it.
"""

from __future__ import annotations

from gateway.observe import Metrics

_HEAD = """\
# Số đo · Metrics

<!-- made by `make docs` from gateway/observe.py; edit there -->

`GET /metrics` của cổng API, dạng văn bản của Prometheus, với khóa của người vận hành
(`Authorization: Bearer`). `GET /metrics` of the API, in the text form of Prometheus, with an operator's key.

- [monitoring/prometheus.yml](monitoring/prometheus.yml): cách lấy số đo · how to scrape
- [monitoring/rules.yml](monitoring/rules.yml): quy tắc cảnh báo mẫu · example alerting rules
- [monitoring/grafana.json](monitoring/grafana.json): bảng theo dõi mẫu cho Grafana · example dashboard

Đơn vị không bao giờ là nhãn: có quá nhiều. Trang «Cảnh báo» của bảng điều khiển báo những việc nặng mà không
cần Prometheus. Agencies are never labels: there are too many. The console's page of alerts tells what is
severe without any Prometheus.

| số đo · metric | loại · kind | nhãn · labels | |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = []
    for line in sorted(Metrics().described, key=lambda line: line.name):
        labels = ", ".join(f"`{label}`" for label in line.labels)
        rows.append(f"| `{line.name}` | {line.kind} | {labels} | {line.sentence} |")
    return _HEAD + "\n".join(rows) + "\n"
