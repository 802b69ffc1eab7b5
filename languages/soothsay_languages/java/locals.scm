; Types, methods, blocks and the statements whose heads bind names are scopes.
(class_declaration name: (identifier) @outer.definition.class) @local.scope
(interface_declaration name: (identifier) @outer.definition.class) @local.scope
(enum_declaration name: (identifier) @outer.definition.class) @local.scope
(record_declaration name: (identifier) @outer.definition.class) @local.scope
(method_declaration name: (identifier) @outer.definition.function) @local.scope
(constructor_declaration) @local.scope
(lambda_expression) @local.scope
(block) @local.scope
(for_statement) @local.scope
(enhanced_for_statement) @local.scope
(try_with_resources_statement) @local.scope
(catch_clause) @local.scope
(switch_rule) @local.scope

(import_declaration (scoped_identifier name: (identifier) @local.definition.import))

(formal_parameter name: (identifier) @local.definition.parameter)
(spread_parameter (variable_declarator name: (identifier) @local.definition.parameter))
(catch_formal_parameter name: (identifier) @local.definition.parameter)
(inferred_parameters (identifier) @local.definition.parameter)
(lambda_expression parameters: (identifier) @local.definition.parameter)
(type_parameter (type_identifier) @local.definition.class)

(local_variable_declaration declarator: (variable_declarator name: (identifier) @local.definition.value))
(field_declaration declarator: (variable_declarator name: (identifier) @local.definition.value))
(enhanced_for_statement name: (identifier) @local.definition.value)
(resource name: (identifier) @local.definition.value)
(instanceof_expression name: (identifier) @local.definition.value)
(type_pattern (identifier) @local.definition.value)
(enum_constant name: (identifier) @local.definition.value)

(identifier) @local.reference
