((call_expression
  function: (selector_expression operand: (identifier) @_of field: (field_identifier) @_name)
  arguments: (argument_list . (interpreted_string_literal (interpreted_string_literal_content) @variable)))
  (#eq? @_of "os") (#any-of? @_name "Getenv" "LookupEnv"))
