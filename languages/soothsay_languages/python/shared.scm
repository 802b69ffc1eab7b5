; Environment variables that are read, and the options of programs.
((subscript value: [(identifier) @_of (attribute attribute: (identifier) @_of)] subscript: (string (string_content) @variable))
  (#eq? @_of "environ"))
((call
  function: (attribute object: [(identifier) @_of (attribute attribute: (identifier) @_of)])
  arguments: (argument_list . (string (string_content) @variable)))
  (#eq? @_of "environ"))
((call
  function: [(identifier) @_name (attribute attribute: (identifier) @_name)]
  arguments: (argument_list . (string (string_content) @variable)))
  (#eq? @_name "getenv"))
((call
  function: (attribute attribute: (identifier) @_name)
  arguments: (argument_list (string (string_content) @option)))
  (#any-of? @_name "add_argument" "option")
  (#match? @option "^--[a-z][a-z0-9-]*$"))
