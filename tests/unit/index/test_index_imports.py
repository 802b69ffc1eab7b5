from soothsay_languages.python.imports import parse_imports, resolve_relative


def test_aliases_say_what_a_local_name_stands_for():
    found = parse_imports("import numpy as np\nimport os.path\nfrom numpy import unstack as u, split\n")
    assert found.aliases == {"np": "numpy", "os": "os", "u": "numpy.unstack", "split": "numpy.split"}
    assert "os.path" in found.modules
    assert found.roots == ("numpy", "os")


def test_relative_imports_are_resolved_against_the_file():
    found = parse_imports("from . import x\nfrom ..a import b\n", module="p.m.n")
    assert found.aliases == {"x": "p.m.x", "b": "p.a.b"}
    inside = parse_imports("from . import x\n", module="p.m", is_package=True)
    assert inside.aliases == {"x": "p.m.x"}


def test_a_relative_import_out_of_the_package_is_left_out():
    assert resolve_relative(3, "x", "p.m", False) is None
    assert parse_imports("from ...x import y", module="m").aliases == {}


def test_broken_code_still_tells_its_imports():
    found = parse_imports("import numpy as np\ndef f(:\n  import json\n")
    assert found.aliases["np"] == "numpy"
    assert "json" in found.aliases


def test_service_clients_are_seen_however_they_are_made():
    text = 'boto3.client("bedrock")\nsession.client(service_name="s3")\nboto3.resource("ec2", region)\nclient(name)\n'
    assert parse_imports(text).services == ("bedrock", "s3", "ec2")


def test_imports_in_strings_and_comments_are_none():
    assert parse_imports('# import numpy\nx = "import os"\n').aliases == {}


def test_stars_are_known_because_they_open_a_module():
    assert parse_imports("from shapes import *").stars == ("shapes",)
