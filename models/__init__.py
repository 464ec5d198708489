"""The classifier: its classes, its engines, its training and evaluation, and the released weights."""

import sys

# OpenVINO's conversion tools, which `import openvino` loads, report their use to their maker where this
# package can be imported. They do without it; Sayso sends nothing anywhere.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
