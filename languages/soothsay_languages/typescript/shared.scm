; `process.env.NAME`, `process.env["NAME"]`
((member_expression
  object: (member_expression object: (identifier) @_of property: (property_identifier) @_env)
  property: (property_identifier) @variable)
  (#eq? @_of "process") (#eq? @_env "env"))
((subscript_expression
  object: (member_expression object: (identifier) @_of property: (property_identifier) @_env)
  index: (string (string_fragment) @variable))
  (#eq? @_of "process") (#eq? @_env "env"))
