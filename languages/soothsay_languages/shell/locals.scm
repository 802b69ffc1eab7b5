; Functions, and variables that are set anywhere, belong to the whole script.
(function_definition name: (word) @global.definition.function) @local.scope
(variable_assignment name: (variable_name) @global.definition.value)
(variable_assignment name: (subscript name: (variable_name) @global.definition.value))
(for_statement variable: (variable_name) @global.definition.value)
(declaration_command ["export" "readonly"] (variable_name) @global.definition.value)

; `local`, `declare` and `typeset` in a function make variables of its own.
(declaration_command ["local" "declare" "typeset"] (variable_name) @local.definition.value)
(declaration_command ["local" "declare" "typeset"]
  (variable_assignment name: (variable_name) @local.definition.value))

; Commands that set the variables that they are given.
((command name: (command_name (word) @_command) argument: (word) @global.definition.value)
  (#any-of? @_command "read" "mapfile" "readarray")
  (#match? @global.definition.value "^[A-Za-z_][A-Za-z_0-9]*$"))
((command name: (command_name (word) @_command) argument: (_) . argument: (word) @global.definition.value)
  (#eq? @_command "getopts")
  (#match? @global.definition.value "^[A-Za-z_][A-Za-z_0-9]*$"))
((command name: (command_name (word) @_command) argument: (word) @_option . argument: (word) @global.definition.value)
  (#eq? @_command "printf") (#eq? @_option "-v"))

(simple_expansion (variable_name) @local.reference)
(expansion (variable_name) @local.reference)
(expansion (subscript name: (variable_name) @local.reference))
(command name: (command_name (word) @local.reference))
