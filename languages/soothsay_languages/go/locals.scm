; Functions, blocks, and the statements whose heads bind names are scopes; a function's own name belongs to the file.
(function_declaration name: (identifier) @outer.definition.function) @local.scope
(method_declaration) @local.scope
(func_literal) @local.scope
(block) @local.scope
(if_statement) @local.scope
(for_statement) @local.scope
(expression_switch_statement) @local.scope
(type_switch_statement) @local.scope
(expression_case) @local.scope
(type_case) @local.scope
(communication_case) @local.scope

; A package is called by the last part of its path, unless it says another name: a path of one part is a name.
(import_spec name: (package_identifier) @local.definition.import)
((import_spec !name path: (_ (interpreted_string_literal_content) @local.definition.import))
  (#match? @local.definition.import "^\\w+$"))

(parameter_declaration name: (identifier) @local.definition.parameter)
(variadic_parameter_declaration name: (identifier) @local.definition.parameter)
(type_parameter_declaration name: (identifier) @local.definition.class)

(const_spec name: (identifier) @local.definition.value)
(var_spec name: (identifier) @local.definition.value)
(short_var_declaration left: (expression_list (identifier) @local.definition.value))
(range_clause left: (expression_list (identifier) @local.definition.value))
(receive_statement left: (expression_list (identifier) @local.definition.value))
(type_switch_statement alias: (expression_list (identifier) @local.definition.value))

(type_spec name: (type_identifier) @local.definition.class)
(type_alias name: (type_identifier) @local.definition.class)

(identifier) @local.reference
