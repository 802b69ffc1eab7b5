((method_invocation
  object: (identifier) @_of name: (identifier) @_name
  arguments: (argument_list . (string_literal (string_fragment) @variable)))
  (#eq? @_of "System") (#eq? @_name "getenv"))
