"""Validates rendered manifests: validate.py VERSION CUSTOM_RESOURCES FILE...

Kinds of Kubernetes against its schemas of that version, strictly: an unknown field is an error. Custom resources against
the schemas in CUSTOM_RESOURCES. A kind without a schema is an error. Prints one line for each error.
"""

import sys

import jsonschema
import kubernetes_validate
import yaml


def strict(schema):
    """Rejects fields that a schema does not name, at every depth."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            strict(value)
    elif isinstance(schema, list):
        for value in schema:
            strict(value)
    return schema


def errors(document, version, custom):
    key = f"{document['apiVersion']}/{document['kind']}"
    if key in custom:
        for error in jsonschema.Draft202012Validator(custom[key]).iter_errors(document["spec"]):
            yield f"spec.{'.'.join(map(str, error.absolute_path))}: {error.message}"
        return
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        yield f"there is no schema of {key}"
    except kubernetes_validate.ValidationError as error:
        yield f"{'.'.join(map(str, error.path))}: {error.message}"


def main():
    version, schemas, *files = sys.argv[1:]
    with open(schemas, encoding="utf-8") as file:
        custom = strict(yaml.safe_load(file))
    failed = False
    for name in files:
        with open(name, encoding="utf-8") as file:
            for document in yaml.load_all(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                for error in errors(document, version, custom):
                    failed = True
                    print(f"{name.rsplit('/', 1)[-1]}: {document['kind']} {document['metadata']['name']}: {error}")
    return 1 if failed else 0


sys.exit(main())
