from soothsay_languages.python.sources.botocore_models import BotocoreModels, snake_case, special_names
from soothsay_languages.python.sources.installed import PythonEnvironment


def test_operations_are_named_as_boto3_names_them():
    assert snake_case("CreateModelCustomizationJob") == "create_model_customization_job"
    assert snake_case("ListWebACLs") == "list_web_acls"
    assert snake_case("DescribeDBInstances") == "describe_db_instances"
    assert snake_case("GetHTTPSEndpoint2") == "get_https_endpoint2"
    assert snake_case("ListHITsForQualificationType", {"ListHITsForQualificationType": "x"}) == "x"


def test_naming_agrees_with_the_installed_botocore():
    import botocore

    special = special_names(__import__("pathlib").Path(botocore.__file__).parent)
    assert special["CreateCachediSCSIVolume"] == "create_cached_iscsi_volume"
    for name in (*special, "PutObject", "GetIPSet", "ListMFADevices", "AssumeRoleWithSAML", "BatchGetItem"):
        assert snake_case(name, special) == botocore.xform_name(name)


def models(site):
    return BotocoreModels(site / "botocore" / "data", "9.9")


def test_a_service_model_becomes_one_symbol_an_operation(site):
    source = models(site)
    (release,) = source.releases()
    assert release.key == "botocore@9.9/kitchen"
    harvest = source.harvest(release)
    bake = next(symbol for symbol in harvest.symbols if symbol.name == "bake_bread")
    assert (bake.owner, bake.qualified_name, bake.kind) == (
        "botocore:kitchen",
        "kitchen.bake_bread",
        "operation",
    )
    assert (bake.package, bake.version) == ("botocore", "9.9")
    assert bake.summary == "Bakes a loaf of bread from dough."
    # botocore fills in idempotency tokens itself, so a call without one is valid
    assert [(p.name, p.required, p.annotation) for p in bake.parameters or ()] == [
        ("doughId", True, "str"),
        ("minutes", False, "int"),
        ("clientToken", False, "str"),
    ]
    assert all(p.kind == "keyword_only" for p in bake.parameters or ())
    assert "doughId (str, required): Which dough." in bake.doc


def test_the_clients_other_methods_are_there_so_the_owner_is_closed(site):
    source = models(site)
    harvest = source.harvest(source.releases()[0])
    assert {"get_paginator", "get_waiter", "exceptions", "meta", "close"} <= {s.name for s in harvest.symbols}
    assert harvest.owners[0].closed


def harvest(environment):
    source = PythonEnvironment(environment)
    release = source.release_of("shapes")
    assert release is not None
    return source.harvest(release)


def test_re_exports_are_found_under_the_name_a_user_writes(environment):
    symbols = {symbol.qualified_name: symbol for symbol in harvest(environment).symbols}
    area = symbols["shapes.area_of"]
    assert area.owner == "shapes"
    assert area.summary == "The area of a shape."
    assert area.uri.endswith("shapes/_impl.py")
    assert [(p.name, p.kind, p.required, p.default) for p in area.parameters or ()] == [
        ("shape", "positional_only", True, ""),
        ("scale", "positional_or_keyword", False, "1.0"),
    ]
    assert "shapes.grow" in symbols  # through import *
    assert not any("_impl" in name or "tests" in name for name in symbols)


def test_classes_have_constructor_parameters_and_inherited_methods(environment):
    symbols = {symbol.qualified_name: symbol for symbol in harvest(environment).symbols}
    assert [p.name for p in symbols["shapes.Square"].parameters or ()] == ["side", "name"]
    assert [p.name for p in symbols["shapes.Square.move"].parameters or ()] == ["dx", "dy"]
    assert "shapes.Square.side" in symbols


def test_overloads_become_one_signature_that_denies_nothing(environment):
    symbols = {symbol.qualified_name: symbol for symbol in harvest(environment).symbols}
    assert [(p.name, p.required) for p in symbols["shapes.fast.cut"].parameters or ()] == [
        ("a", True),
        ("where", False),
        ("deep", False),
    ]


def test_only_what_is_certain_is_closed(environment):
    closed = {facts.owner: facts.closed for facts in harvest(environment).owners}
    assert closed["shapes"]
    assert closed["shapes.Square"]
    assert not closed["shapes.lazy"]
    assert not closed["shapes.fast"]  # a stub of something compiled
