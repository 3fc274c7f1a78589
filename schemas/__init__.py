"""The forms: what edXML may look like, and the one place that parses XML."""
