(namespace_definition) @local.scope
(lambda_expression) @local.scope
(for_range_loop) @local.scope
(catch_clause) @local.scope
(if_statement) @local.scope
(field_declaration_list) @local.scope

(function_definition declarator: (reference_declarator
  (function_declarator declarator: (identifier) @outer.definition.function)))
(declaration declarator: (reference_declarator (identifier) @local.definition.value))
(init_declarator declarator: (reference_declarator (identifier) @local.definition.value))
(init_declarator declarator: (reference_declarator
  (structured_binding_declarator (identifier) @local.definition.value)))
(structured_binding_declarator (identifier) @local.definition.value)
(condition_clause value: (declaration declarator: (identifier) @local.definition.value))
(for_range_loop declarator: (identifier) @local.definition.value)
(for_range_loop declarator: (reference_declarator (identifier) @local.definition.value))
(for_range_loop declarator: (pointer_declarator declarator: (identifier) @local.definition.value))
(lambda_capture_specifier (lambda_capture_initializer left: (identifier) @local.definition.value))

(parameter_declaration declarator: (reference_declarator (identifier) @local.definition.parameter))
(optional_parameter_declaration declarator: (identifier) @local.definition.parameter)
(optional_parameter_declaration declarator: (pointer_declarator declarator: (identifier) @local.definition.parameter))
(optional_parameter_declaration declarator: (reference_declarator (identifier) @local.definition.parameter))
(variadic_parameter_declaration declarator: (variadic_declarator (identifier) @local.definition.parameter))
(variadic_parameter_declaration declarator: (reference_declarator
  (variadic_declarator (identifier) @local.definition.parameter)))

(class_specifier name: (type_identifier) @local.definition.class body: (_))
(alias_declaration name: (type_identifier) @local.definition.class)
(namespace_alias_definition name: (namespace_identifier) @local.definition.value)
(using_declaration (qualified_identifier name: (identifier) @local.definition.import))
(type_parameter_declaration (type_identifier) @local.definition.class)
(concept_definition name: (identifier) @local.definition.class)
