#!/usr/bin/env python3
"""Holds documents to the published schemas: schema_test.py FILE… checks each *.plan.json (or
plan*.json) against planner/plan.schema.json and each *.world.json (or world*.json, or the file of a
simulated host) against planner/world.schema.json, what `health` says against
planner/health.schema.json, diagnostics against executor/report/diagnostics.schema.json, what `allow` says against executor/allow/allow.schema.json, what `history` says against executor/report/history.schema.json, and SARIF against sarif.schema.json beside this file. What a document is, it says itself. With --strict a key that the schema does not
describe is an error too, which it is not for readers."""

import copy
import json
import pathlib
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent


def closed(schema):
    """The same schema with no room for keys it does not describe."""
    schema = copy.deepcopy(schema)

    def close(node):
        if isinstance(node, list):
            for inner in node:
                close(inner)
        elif isinstance(node, dict):
            if "properties" in node and "additionalProperties" not in node:
                node["additionalProperties"] = False
            for inner in node.values():
                close(inner)

    close(schema)
    return schema


# By a key that only documents of that kind have.
SCHEMAS = {
    "steps": "planner/plan.schema.json",
    "diagnostics": "executor/report/diagnostics.schema.json",
    "verdicts": "planner/health.schema.json",
    "allowances": "executor/allow/allow.schema.json",
    "history": "executor/report/history.schema.json",
    "daemon": "executor/report/status.schema.json",
    "runs": "tests/sarif.schema.json",
}


def schema_of(document):
    kinds = [SCHEMAS[key] for key in SCHEMAS if isinstance(document, dict) and key in document]
    return kinds[0] if kinds else "planner/world.schema.json"


def load_schema(path, strict):
    schema = json.loads((ROOT / path).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(closed(schema) if strict else schema)


def problems(validator, document):
    for error in validator.iter_errors(document):
        deepest = jsonschema.exceptions.best_match([error])
        place = "/".join(str(part) for part in deepest.absolute_path)
        yield f"{place or 'document'}: {deepest.message}"


def main(arguments):
    strict = "--strict" in arguments
    files = [a for a in arguments if a != "--strict"]
    if not files:
        sys.exit("schema_test.py: no files given")
    failed = False
    for file in files:
        document = json.loads(pathlib.Path(file).read_text())
        validator = load_schema(schema_of(document), strict)
        for problem in problems(validator, document):
            print(f"{file}: {problem}")
            failed = True
    if failed:
        sys.exit(1)
    print(f"{len(files)} documents fit their schemas")


if __name__ == "__main__":
    main(sys.argv[1:])
