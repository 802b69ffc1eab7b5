; Of two that overlap, the one that begins first counts.
(function_definition declarator: (function_declarator declarator: (_) @name)) @definition.function
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)))
  @definition.function
(declaration declarator: (function_declarator declarator: (_) @name)) @definition.function
(declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (_) @name)))
  @definition.function
(struct_specifier name: (_) @name body: (_)) @definition.class
(union_specifier name: (_) @name body: (_)) @definition.class
(enum_specifier name: (_) @name body: (_)) @definition.class
(type_definition declarator: (_) @name) @definition.type
(preproc_def name: (_) @name) @definition.variable
(preproc_function_def name: (_) @name) @definition.function
(translation_unit (declaration declarator: (init_declarator declarator: (_) @name)) @definition.variable)
(translation_unit (declaration declarator: (identifier) @name) @definition.variable)
