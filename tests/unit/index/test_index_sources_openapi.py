import json
from pathlib import PurePath

import pytest

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.openapi import OpenApi

PETS = """openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets/{id}:
    parameters:
      - $ref: '#/components/parameters/id'
    get:
      operationId: getPet
      summary: Get one pet.
      description: >-
        Looks it up
        by its id.
      parameters:
        - {name: fields, in: query, schema: {type: array, items: {type: string}}}
      responses:
        "200":
          description: The pet. It purrs.
          content:
            application/json: {schema: {$ref: '#/components/schemas/Pet'}}

    # told apart
    delete:
      deprecated: true
      responses: {}
  /pets:
    post:
      operationId: addPet
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Pet'}
          application/xml:
            schema: {$ref: '#/components/schemas/Pet'}
components:
  parameters:
    id: {name: id, in: path, required: true, description: Which pet. Really., schema: {type: integer}}
  schemas:
    Pet:
      type: object
      description: An animal.
      required: [name]
      properties:
        name: {type: string, description: What it is called.}
        kind: {enum: [cat, dog]}
        owner: {oneOf: [{$ref: '#/components/schemas/Person'}, {type: 'null'}]}
    Person:
      allOf:
        - $ref: '#/components/schemas/Named'
        - properties: {age: {type: [integer, 'null']}}
"""

SWAGGER = {
    "swagger": "2.0",
    "paths": {
        "/up": {
            "post": {
                "parameters": [
                    {
                        "in": "body",
                        "name": "b",
                        "schema": {"type": "array", "items": {"$ref": "#/definitions/X"}},
                    },
                    {"in": "query", "name": "limit", "type": "integer"},
                ],
                "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/X"}}},
            }
        }
    },
    "definitions": {"X": {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(40)}}},
}


def cut(text: str, path: str = "api/pets.yaml") -> FileFacts | None:
    return OpenApi().cut(text, IndexedFile(path, f"file:///{path}", "shop"))


def chunks_of(text: str, path: str = "api/pets.yaml"):
    facts = cut(text, path)
    assert facts is not None
    return {chunk.title: chunk for chunk in facts.chunks}


def test_one_chunk_an_operation_and_one_a_schema():
    chunks = chunks_of(PETS)
    assert list(chunks) == [
        "GET /pets/{id} getPet",
        "DELETE /pets/{id}",
        "POST /pets addPet",
        "schema Pet",
        "schema Person",
    ]
    assert chunks["GET /pets/{id} getPet"].text.split("\n") == [
        "GET /pets/{id} getPet (Pets)",
        "Get one pet.",
        "Looks it up by its id.",
        "id (path, integer, required): Which pet.",
        "fields (query, [string], optional)",
        "returns 200: Pet The pet.",
    ]
    assert "Deprecated." in chunks["DELETE /pets/{id}"].text
    assert chunks["POST /pets addPet"].text.endswith("\nbody: Pet")
    assert chunks["schema Pet"].text.split("\n") == [
        "Pet (object): An animal.",
        "name (string, required): What it is called.",
        'kind ("cat" | "dog")',
        "owner (Person | null)",
    ]
    assert chunks["schema Person"].text.split("\n") == ["Person (Named)", "age (integer | null)"]


def test_lines_are_those_of_the_operation():
    chunk = chunks_of(PETS)["GET /pets/{id} getPet"]
    lines = PETS.split("\n")
    assert lines[chunk.start_line - 1].strip() == "get:"
    assert lines[chunk.end_line - 1].strip().startswith("application/json")
    text = json.dumps(SWAGGER, indent=2)
    chunk = chunks_of(text, "swagger.json")["POST /up"]
    assert '"post"' in text.split("\n")[chunk.start_line - 1]


def test_swagger_2_in_json():
    chunks = chunks_of(json.dumps(SWAGGER), "swagger.json")
    assert chunks["POST /up"].text.split("\n") == [
        "POST /up",
        "limit (query, integer, optional)",
        "body: [X]",
        "returns 200: X ok",
    ]
    assert chunks["schema X"].text.endswith("and 10 more: " + ", ".join(f"p{n}" for n in range(30, 40)))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("services: {web: {image: x}}", "compose.yaml"),
        ("# openapi: no\na: 1\n", "x.yaml"),
        ("openapi: [", "x.yaml"),
        ("openapi: {a: 1}", "x.yaml"),
        ('{"openapi": ', "openapi.json"),
        ("", "openapi.yaml"),
        ("\x00openapi: 3", "openapi.yaml"),
    ],
)
def test_other_files_are_left_to_other_sources(text: str, path: str):
    assert cut(text, path) is None


@pytest.mark.parametrize(
    "text",
    [
        "openapi: 3.0.0\npaths: 7\ncomponents: [1]\n",
        "openapi: 3.0.0\npaths: {/a: {get: 3, post: [1], put: null}}\n",
        "openapi: 3.0.0\npaths: {/a: {get: {parameters: {x: 1}, responses: [1], requestBody: 2}}}\n",
        "openapi: 3.0.0\npaths: {/a: {get: {parameters: [{$ref: '#/no/where'}, {$ref: 'other.yaml#/x'}]}}}\n",
        "openapi: 3.0.0\ncomponents: {schemas: {A: &a {allOf: [*a, *a], properties: {x: *a}}}}\n",
        "openapi: 3.0.0\ncomponents: {schemas: {A: {$ref: '#/components/schemas/A'}}}\n",
    ],
)
def test_odd_descriptions_do_not_fail(text: str):
    facts = cut(text)
    assert facts is not None
    assert all(chunk.text for chunk in facts.chunks)


def test_a_description_cut_off_anywhere_does_not_fail():
    text = json.dumps(SWAGGER, indent=1)
    for end in range(0, len(text), 41):
        cut(text[:end], "openapi.json")
        cut(PETS[: end % len(PETS)])


@pytest.mark.parametrize(
    "name",
    [
        "openapi.json",
        "api/swagger-v2.json",
        "petstore.yaml",
        "openapi/pets.json",
        "api-docs.json",
        "oas3.json",
    ],
)
def test_wanted_names(name: str):
    assert OpenApi().handles(PurePath(name))


@pytest.mark.parametrize(
    "name", ["package.json", "data/1.json", "pnpm-lock.yaml", "conda-lock.yml", "a.toml", "oasis.json"]
)
def test_unwanted_names(name: str):
    assert not OpenApi().handles(PurePath(name))
