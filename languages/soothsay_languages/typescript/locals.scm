; Blocks and functions are scopes; a function's own name, and a class's, belong to the one around it.
(statement_block) @local.scope
(for_statement) @local.scope
(for_in_statement) @local.scope
(catch_clause) @local.scope
(function_declaration name: (identifier) @outer.definition.function) @local.scope
(generator_function_declaration name: (identifier) @outer.definition.function) @local.scope
(function_expression) @local.scope
(arrow_function) @local.scope
(method_definition) @local.scope

(import_clause (identifier) @local.definition.import)
(import_specifier !alias name: (identifier) @local.definition.import)
(import_specifier alias: (identifier) @local.definition.import)
(namespace_import (identifier) @local.definition.import)

; What is required is imported.
(variable_declarator
  name: (identifier) @local.definition.import
  value: (call_expression function: (identifier) @_required arguments: (arguments . (string) .))
  (#eq? @_required "require"))
(variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @local.definition.import)
  value: (call_expression function: (identifier) @_required arguments: (arguments . (string) .))
  (#eq? @_required "require"))
(variable_declarator
  name: (object_pattern (pair_pattern value: (identifier) @local.definition.import))
  value: (call_expression function: (identifier) @_required arguments: (arguments . (string) .))
  (#eq? @_required "require"))

(variable_declarator name: (identifier) @local.definition.value)
(for_in_statement left: (identifier) @local.definition.value)
(catch_clause parameter: (identifier) @local.definition.value)
(arrow_function parameter: (identifier) @local.definition.parameter)

; What is taken apart: `{a, b: c, d = 1, ...e}` and `[a, b]`.
(shorthand_property_identifier_pattern) @local.definition.value
(pair_pattern value: (identifier) @local.definition.value)
(pair_pattern value: (assignment_pattern left: (identifier) @local.definition.value))
(array_pattern (identifier) @local.definition.value)
(rest_pattern (identifier) @local.definition.value)
