; Functions, closures, blocks and arms are scopes; a function's own name belongs to the scope around it.
(function_item name: (identifier) @outer.definition.function) @local.scope
(closure_expression) @local.scope
(block) @local.scope
(if_expression) @local.scope
(while_expression) @local.scope
(for_expression) @local.scope
(match_arm) @local.scope
(mod_item name: (identifier) @outer.definition.value) @local.scope
(impl_item) @local.scope
(trait_item name: (type_identifier) @outer.definition.class) @local.scope

(use_declaration argument: (identifier) @local.definition.import)
(use_declaration argument: (scoped_identifier name: (identifier) @local.definition.import))
(use_list (identifier) @local.definition.import)
(use_list (scoped_identifier name: (identifier) @local.definition.import))
(use_as_clause alias: (identifier) @local.definition.import)

(parameter pattern: (identifier) @local.definition.parameter)
(closure_parameters (identifier) @local.definition.parameter)
(type_parameter name: (type_identifier) @local.definition.class)

(let_declaration pattern: (identifier) @local.definition.value)
(for_expression pattern: (identifier) @local.definition.value)
(const_item name: (identifier) @local.definition.value)
(static_item name: (identifier) @local.definition.value)

; What is taken apart: `Some(x)`, `(a, b)`, `P { x, y: q }`, `m @ 1`.
(tuple_struct_pattern type: (_) (identifier) @local.definition.value)
(tuple_pattern (identifier) @local.definition.value)
(slice_pattern (identifier) @local.definition.value)
(ref_pattern (identifier) @local.definition.value)
(mut_pattern (identifier) @local.definition.value)
(reference_pattern (identifier) @local.definition.value)
(captured_pattern . (identifier) @local.definition.value)
(field_pattern name: (shorthand_field_identifier) @local.definition.value)
(field_pattern pattern: (identifier) @local.definition.value)
(match_pattern . (identifier) @local.definition.value)

(struct_item name: (type_identifier) @local.definition.class)
(enum_item name: (type_identifier) @local.definition.class)
(union_item name: (type_identifier) @local.definition.class)
(type_item name: (type_identifier) @local.definition.class)
(macro_definition name: (identifier) @local.definition.function)

(identifier) @local.reference
