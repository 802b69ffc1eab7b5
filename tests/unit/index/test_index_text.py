from soothsay_index.text import first_sentence, search_text, split_identifier, stem, strip_html, terms


def test_identifiers_are_split_however_they_are_written():
    expected = ["create", "model", "customization", "job"]
    for text in (
        "createModelCustomizationJob",
        "create_model_customization_job",
        "CreateModelCustomizationJob",
    ):
        assert list(split_identifier(text)) == expected
    assert list(split_identifier("HTTPServer2")) == ["http", "server", "2"]


def test_endings_are_cut_so_that_prose_meets_names():
    for one, other in (
        ("tuning", "tune"),
        ("customization", "customize"),
        ("policies", "policy"),
        ("validation", "validate"),
        ("creates", "create"),
        ("listed", "list"),
        ("configuration", "configure"),
    ):
        assert stem(one) == stem(other), (one, other)
    assert stem("status") == "status"
    assert terms("the list of all buckets") == ["list", "bucket"]


def test_the_first_sentence_is_prose_not_a_signature():
    assert (
        first_sentence("arange([start,] stop)\n\nReturn evenly spaced values. More.")
        == "Return evenly spaced values."
    )
    assert first_sentence("Use e.g. this one. Next.") == "Use e.g. this one."
    assert first_sentence("") == ""


def test_html_is_stripped():
    assert strip_html("<p>Makes <code>a &lt; b</code>.</p>") == "Makes a < b."


def test_search_text_holds_the_name_and_its_words():
    text = search_text("createJob", "Starts it.")
    assert "createJob" in text and text.count("create job") == 3 and "starts it" in text
