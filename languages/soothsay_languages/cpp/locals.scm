; Blocks, functions and loops are scopes; a function's own name, and a type's, belong to the one around it.
(compound_statement) @local.scope
(for_statement) @local.scope
(function_definition) @local.scope

(function_definition declarator: (function_declarator declarator: (identifier) @outer.definition.function))
(function_definition declarator: (pointer_declarator
  declarator: (function_declarator declarator: (identifier) @outer.definition.function)))
(declaration declarator: (function_declarator declarator: (identifier) @local.definition.function))
(declaration declarator: (pointer_declarator
  declarator: (function_declarator declarator: (identifier) @local.definition.function)))

(declaration declarator: (identifier) @local.definition.value)
(declaration declarator: (pointer_declarator declarator: (identifier) @local.definition.value))
(declaration declarator: (array_declarator declarator: (identifier) @local.definition.value))
(init_declarator declarator: (identifier) @local.definition.value)
(init_declarator declarator: (pointer_declarator declarator: (identifier) @local.definition.value))
(init_declarator declarator: (pointer_declarator
  declarator: (pointer_declarator declarator: (identifier) @local.definition.value)))
(init_declarator declarator: (array_declarator declarator: (identifier) @local.definition.value))

(parameter_declaration declarator: (identifier) @local.definition.parameter)
(parameter_declaration declarator: (pointer_declarator declarator: (identifier) @local.definition.parameter))
(parameter_declaration declarator: (pointer_declarator
  declarator: (pointer_declarator declarator: (identifier) @local.definition.parameter)))
(parameter_declaration declarator: (array_declarator declarator: (identifier) @local.definition.parameter))
(parameter_declaration declarator: (function_declarator
  declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @local.definition.parameter))))

(struct_specifier name: (type_identifier) @local.definition.class body: (_))
(union_specifier name: (type_identifier) @local.definition.class body: (_))
(enum_specifier name: (type_identifier) @local.definition.class body: (_))
(enumerator name: (identifier) @local.definition.value)
(type_definition declarator: (type_identifier) @local.definition.class)
(preproc_def name: (identifier) @local.definition.value)
(preproc_function_def name: (identifier) @local.definition.function)
