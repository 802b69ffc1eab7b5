((call_expression
  function: (scoped_identifier path: [(identifier) @_of (scoped_identifier name: (identifier) @_of)] name: (identifier) @_name)
  arguments: (arguments . (string_literal (string_content) @variable)))
  (#eq? @_of "env") (#any-of? @_name "var" "var_os"))
